using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Vibe.Load.Generators;
using Vibe.Testing;

namespace Vibe.Load.Clients;

/// <summary>What a program has done.</summary>
/// <param name="Done">How many calls, or documents.</param>
/// <param name="Seconds">In how long.</param>
internal sealed record Answer(long Done, double Seconds);

/// <summary>A program of some language that makes load as it is told, by JSON lines: by our client, or without it.</summary>
internal sealed class ClientProgram : IAsyncDisposable
{
    private const string Loaded = "loaded";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _name;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ClientProgram(string name, Process process) =>
        (_name, _process, _errors) = (name, process, process.StandardError.ReadToEndAsync());

    public int Id => _process.Id;

    /// <summary>How long it took from the start of the process until all was loaded that it needs.</summary>
    public TimeSpan LoadedAfter { get; private set; }

    /// <summary>Builds something of a language, and gives the lines that this wrote.</summary>
    /// <exception cref="MissingClientException">The machine lacks what that takes.</exception>
    public static async Task<string[]> BuildAsync(params string[] arguments)
    {
        var build = await Tool.RunAsync("client-load", arguments);
        return build.ExitCode switch
        {
            0 => build.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            Tool.LacksSomething => throw new MissingClientException(build.Errors.Trim()),
            _ => throw new LoadException($"{string.Join(' ', arguments)} does not build:\n{build.Errors}"),
        };
    }

    /// <summary>Starts it; returns when all is loaded.</summary>
    /// <param name="words">The program and its arguments, as they were built.</param>
    /// <param name="side">By what it makes the load.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<ClientProgram> StartAsync(
        IReadOnlyList<string> words,
        string side,
        CancellationToken cancellation
    )
    {
        var clock = Stopwatch.StartNew();
        var process = Process.Start(
            new ProcessStartInfo(words[0], [.. words.Skip(1), side])
            {
                WorkingDirectory = Checkout.Root,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            }
        )!;
        var program = new ClientProgram(side, process);
        try
        {
            var line = await program.LineAsync(cancellation);
            program.LoadedAfter = clock.Elapsed;
            if (!line.Contains(Loaded, StringComparison.Ordinal))
                throw new LoadException($"The program does not start: {line}");
            return program;
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a connection, which is used from then on.</summary>
    public async Task OpenAsync(Uri address, string token, CancellationToken cancellation)
    {
        await SendAsync(
            new
            {
                @do = "open",
                address,
                token,
            }
        );
        await LineAsync(cancellation);
    }

    /// <summary>Has something done, and waits until it is.</summary>
    public async Task<Answer> DoAsync(object request, CancellationToken cancellation)
    {
        await SendAsync(request);
        return await NextAsync(cancellation);
    }

    /// <summary>Waits for a further answer.</summary>
    public async Task<Answer> NextAsync(CancellationToken cancellation) =>
        JsonSerializer.Deserialize<Answer>(await LineAsync(cancellation), JsonSerializerOptions.Web)!;

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task SendAsync(object request)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request));
        await _process.StandardInput.FlushAsync();
    }

    private async Task<string> LineAsync(CancellationToken cancellation) =>
        await _process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(Patience, cancellation)
        ?? throw new LoadException($"The program '{_name}' ended:\n{await _errors}");
}
