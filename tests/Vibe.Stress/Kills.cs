using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// An import at 200 records a second with somebody who follows; server and importer are killed five times each, at random
/// counts of acknowledged records. In the end the follower has what a listing shows, each document once.
/// </summary>
internal static class Kills
{
    private const int Each = 5;

    public static async Task RunAsync(Run run)
    {
        var records = run.Count ?? 3201;
        using var world = await KilledWorld.MakeAsync(run, records);
        var copy = new ConcurrentDictionary<string, string>();
        var (twice, resets) = (0, 0);
        await world.ServeAsync();
        var calls = await world.CallsAsync();
        await using var tail = await Tail.StartAsync(
            new SyncService.SyncServiceClient(calls),
            Documents.Collection,
            page =>
            {
                resets += page.Reset ? 1 : 0;
                foreach (var change in page.Changes)
                    if (!copy.TryAdd(change.DocumentId, change.Put.Etag))
                        twice++;
            }
        );

        var victims = Enumerable.Repeat("server", Each).Concat(Enumerable.Repeat("importer", Each)).ToArray();
        run.Random.Shuffle(victims);
        var moments = new SortedSet<int>();
        while (moments.Count < victims.Length)
            moments.Add(run.Random.Next(1, records - 1));
        world.Import();
        foreach (var (victim, moment) in victims.Zip(moments))
        {
            var at = await world.AcknowledgedAsync(moment);
            Console.WriteLine($"{at} of {records} acknowledged: kill -9 {victim}");
            run.Expect(at < records, "the run was over before the kill");
            if (victim == "server")
                await world.KillServerAsync();
            else
                await world.KillImporterAsync();
        }
        await world.ImportedAsync();

        var listed = await new DocumentService.DocumentServiceClient(calls).ListAsync();
        var clock = Stopwatch.StartNew();
        while (copy.Count < listed.Count && clock.Elapsed < TimeSpan.FromSeconds(10))
            await Task.Delay(20);
        var differing = listed
            .Keys.Union(copy.Keys)
            .Count(id => listed.GetValueOrDefault(id) != copy.GetValueOrDefault(id));
        run.Expect(listed.Count == records, $"{listed.Count} listed of {records} records");
        run.Expect(differing == 0, $"{differing} documents differ from a listing");
        run.Expect(twice == 0, $"{twice} came twice after a stored token");
        run.Expect(resets == 1, $"{resets} snapshots began");
        Console.WriteLine(
            $"{listed.Count} listed, {copy.Count} followed, {differing} differ, {twice} twice, {resets} snapshot"
        );
    }
}

/// <summary>The processes of the scenario, and what they work on.</summary>
internal sealed class KilledWorld : IDisposable
{
    private const string Person = "kills";

    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-stress-").FullName;
    private readonly string _vibe;
    private readonly string _file;
    private readonly int _port = Ports.Free();
    private readonly string? _postgres;
    private readonly SemaphoreSlim _moved = new(0);
    private Process? _server;
    private Process? _importer;
    private volatile int _acknowledged;

    private KilledWorld(Run run, string? postgres)
    {
        _vibe = run.Vibe ?? Latency.Built("Vibe.Cli", "vibe.dll");
        _postgres = postgres;
        _file = Path.Combine(_folder, "records.jsonl");
    }

    public static async Task<KilledWorld> MakeAsync(Run run, int records)
    {
        var cluster = run.Engine == Engine.Postgres ? await PostgresCluster.FindAsync() : null;
        var world = new KilledWorld(run, cluster is null ? null : await cluster.CreateDatabaseAsync());
        await File.WriteAllLinesAsync(
            world._file,
            Enumerable.Range(0, records).Select(n => $$"""{"Title":"Record {{n}}","n":{{n}}}""")
        );
        await world.RunAsync("migrate");
        await world.RunAsync("account", "add", Person);
        return world;
    }

    /// <summary>Starts the server, and returns when it answers.</summary>
    public async Task ServeAsync()
    {
        _server = Start("serve", "--port", $"{_port}", "--json");
        var line = await _server.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        if (line is null)
            throw new InvalidOperationException("The server did not start.");
    }

    /// <summary>Calls to the server for the person, with a token of fifteen minutes.</summary>
    public async Task<CallInvoker> CallsAsync()
    {
        var token = (await RunAsync("token", "--as", Person)).Trim();
        var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{_port}",
            new GrpcChannelOptions { MaxReconnectBackoff = TimeSpan.FromMilliseconds(200) }
        );
        return channel
            .CreateCallInvoker()
            .Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {token}");
                return metadata;
            });
    }

    /// <summary>Starts the importer, from the first record on.</summary>
    public void Import()
    {
        _importer = Start("import", _file, "load", "--as", Person, "--rate", "200", "--json");
        _ = CountAsync(_importer);
    }

    /// <summary>Waits until so many records were acknowledged.</summary>
    public async Task<int> AcknowledgedAsync(int count)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (_acknowledged < count)
            await _moved.WaitAsync(late.Token);
        return _acknowledged;
    }

    public async Task KillServerAsync()
    {
        await KillAsync(_server!);
        await ServeAsync();
    }

    public async Task KillImporterAsync()
    {
        await KillAsync(_importer!);
        Import();
    }

    /// <summary>Waits until the importer has come to its end.</summary>
    public async Task ImportedAsync()
    {
        await _importer!.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        if (_importer.ExitCode != 0)
            throw new InvalidOperationException($"The import ended with {_importer.ExitCode}.");
    }

    public void Dispose()
    {
        foreach (var process in new[] { _server, _importer })
        {
            if (process is { HasExited: false })
                process.Kill();
            process?.WaitForExit();
            process?.Dispose();
        }
        _moved.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Process.Kill is SIGKILL.
    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task CountAsync(Process importer)
    {
        while (await importer.StandardOutput.ReadLineAsync() is { } line)
        {
            using var report = JsonDocument.Parse(line);
            if (!report.RootElement.TryGetProperty("acknowledged", out var count))
                continue;
            _acknowledged = Math.Max(_acknowledged, count.GetInt32());
            _moved.Release();
        }
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"vibe {arguments[0]} ended with {process.ExitCode}.")
            );
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [_vibe, .. arguments, "--data", Path.Combine(_folder, "data")])
        {
            RedirectStandardOutput = true,
        };
        if (_postgres is not null)
            start.Environment["VIBE_POSTGRES"] = _postgres;
        return Process.Start(start)!;
    }
}
