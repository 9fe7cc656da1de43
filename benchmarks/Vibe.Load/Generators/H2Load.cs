using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Vibe.Load.Measures;

namespace Vibe.Load.Generators;

/// <summary>
/// The generator of nghttp2, which costs far less than the servers it calls. It can only repeat one request, and does not
/// see the status of gRPC: whoever uses it counts afterwards what it has done.
/// </summary>
internal sealed partial class H2Load(string program) : Generator
{
    private const long MostRequests = 1_000_000;

    private static readonly TimeSpan Feeler = TimeSpan.FromSeconds(0.2);

    public override string Name => "h2load";

    /// <summary>Finds the program on the path.</summary>
    public static H2Load? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "h2load"))
            .FirstOrDefault(File.Exists)
            is { } program
            ? new H2Load(program)
            : null;

    public override Task<Outcome> RunAsync(
        Uri address,
        IReadOnlyList<Call> calls,
        Shape shape,
        TimeSpan length,
        CancellationToken cancellation
    ) =>
        calls is [{ IsConstant: true } call]
            ? RunAsync(PlainRequest.Of(address, call), shape, length, cancellation)
            : throw new NotSupportedException("h2load repeats one request.");

    /// <summary>Repeats any request for about some time.</summary>
    /// <exception cref="LoadException">Any of them failed.</exception>
    public async Task<Outcome> RunAsync(
        PlainRequest request,
        Shape shape,
        TimeSpan length,
        CancellationToken cancellation
    )
    {
        // It takes a number of requests and no time that can be counted after; so its speed is felt out first.
        var first = await RunAsync(request, shape, shape.InFlight * 10, cancellation);
        var second = await RunAsync(request, shape, Requests(first, Feeler), cancellation);
        var measured = await RunAsync(request, shape, Requests(second, length), cancellation);
        return measured with
        {
            Sent = first.Sent + second.Sent + measured.Sent,
            AnswerBytes = first.AnswerBytes + second.AnswerBytes + measured.AnswerBytes,
        };

        long Requests(Outcome felt, TimeSpan time) =>
            Math.Clamp(
                (long)(felt.Measured / felt.Elapsed.TotalSeconds * time.TotalSeconds),
                shape.InFlight,
                MostRequests
            );
    }

    private async Task<Outcome> RunAsync(
        PlainRequest request,
        Shape shape,
        long requests,
        CancellationToken cancellation
    )
    {
        // The log is no data of anybody's: beside the database it would share the disk with what is measured.
        var folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var file = Path.Combine(folder, $"vibe-load-{Guid.NewGuid():n}");
        try
        {
            if (request.Body is not null)
                await File.WriteAllBytesAsync($"{file}.body", request.Body, cancellation);
            string[] body = request.Body is null ? [] : [$"--data={file}.body"];
            string[] version = request.IsHttp1 ? ["--h1"] : [];
            var text = await RunAsync(
                [
                    $"--requests={requests}",
                    $"--clients={shape.Connections}",
                    $"--max-concurrent-streams={shape.Streams}",
                    $"--log-file={file}.log",
                    .. body,
                    .. version,
                    .. request.Headers.SelectMany(header => new[] { "-H", $"{header.Name}: {header.Value}" }),
                    $"{request.Address}",
                ],
                cancellation
            );
            return Read(text, requests, file);
        }
        finally
        {
            File.Delete($"{file}.body");
            File.Delete($"{file}.log");
        }
    }

    private async Task<string> RunAsync(string[] arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        try
        {
            var (output, errors) = (
                process.StandardOutput.ReadToEndAsync(cancellation),
                process.StandardError.ReadToEndAsync(cancellation)
            );
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode == 0 ? await output : throw new LoadException($"h2load failed: {await errors}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Outcome Read(string text, long requests, string file)
    {
        var succeeded = Number(Succeeded().Match(text).Groups[1].Value);
        if (succeeded != requests)
            throw new LoadException($"h2load had an answer to {succeeded} of {requests} requests:\n{text}");
        var latencies = new Latencies();
        var (start, end) = (long.MaxValue, 0L);
        foreach (var line in File.ReadLines($"{file}.log"))
        {
            var columns = line.Split('\t');
            var (began, took) = (Number(columns[0]), Number(columns[2]));
            (start, end) = (Math.Min(start, began), Math.Max(end, began + took));
            latencies.AddMicroseconds(took);
        }
        return new Outcome(
            requests,
            requests,
            TimeSpan.FromMicroseconds(end - start),
            latencies,
            Number(Data().Match(text).Groups[1].Value)
        );
    }

    private static long Number(string column) => long.Parse(column, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) succeeded")]
    private static partial Regex Succeeded();

    [GeneratedRegex(@"\((\d+)\) data")]
    private static partial Regex Data();
}
