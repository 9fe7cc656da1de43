using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Vibe.Access.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// Subscribers that stop reading while somebody writes to what they follow: their streams end within seconds, and neither
/// the log of the database nor the memory of the server nor the others' latency suffers.
/// </summary>
internal static class Stalled
{
    private const int PerGrant = 32;
    private const int MaxLogMiB = 64;
    private const int MaxGrowthMiB = 512;

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(45);

    // What the server waits for a stalled frame, and what it may take to get to the last of them.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Unharmed = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(Run run)
    {
        var count = run.Count ?? 500;
        await using var prepared = await VibeServer.StartAsync(run.Engine);
        var alice = await prepared.PersonAsync("alice");
        var apps = new List<Actor>();
        for (var grant = 0; grant * PerGrant < count; grant++)
        {
            var app = await alice.AppAsync($"stalled-{grant}", new Allow("load", [Operation.Read], "*"));
            apps.AddRange(Enumerable.Repeat(app.Actor, Math.Min(PerGrant, count - (grant * PerGrant))));
        }

        await using var server = await ServerProcess.StartAsync(
            prepared,
            ("Vibe__Subscriptions__StreamsPerAddress", $"{count + 10}")
        );
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var own = channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {alice.Own.Token}");
            return metadata;
        });
        var load = new Load(new(own));
        await using var healthy = await Tail.StartAsync(
            new SyncService.SyncServiceClient(own),
            Documents.Collection,
            load.Arrived
        );

        await load.WriteUntilAsync(() => load.Elapsed >= Calm);
        var calm = load.Take();
        Report("before", calm);
        var resident = server.ResidentMiB;

        // They have caught up, so that what they do not take is what is written from now on.
        var places = new Dictionary<Actor, Scope>();
        foreach (var app in apps.Distinct())
        {
            var page = await app.Sync.PullAsync(
                new PullRequest { Scope = new Scope { Collection = Documents.Collection } }
            );
            places[app] = new Scope { Collection = Documents.Collection, ResumeToken = page.Page.ResumeToken };
        }
        var readers = await StalledReaders.OpenAsync(server.Grpc, apps.Select(app => (app.Token!, places[app])));
        try
        {
            using (var opening = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
                while (readers.Sum(connection => connection.Answered) < count)
                    await Task.Delay(10, opening.Token);
            var (peakLog, peakResident) = (0L, 0L);
            TimeSpan? ended = null;
            load.Start();
            await load.WriteUntilAsync(() =>
            {
                peakLog = Math.Max(peakLog, LogMiB(prepared.Folder));
                peakResident = Math.Max(peakResident, server.ResidentMiB);
                if (ended is null && readers.All(connection => connection.Open == 0))
                    ended = load.Elapsed;
                return ended is not null && load.Elapsed > ended + TimeSpan.FromSeconds(3) || load.Elapsed > Longest;
            });
            var stalled = load.Take();
            Report("with stalled readers", stalled);
            Console.WriteLine(
                $"{count} stalled streams, ended after {ended?.TotalSeconds:f1} s; write-ahead log at most {peakLog} MiB; "
                    + $"resident {resident} MiB before, {peakResident} MiB at most, {server.ResidentMiB} MiB after"
            );
            run.Expect(ended is not null && ended < Patience, $"streams ended after {ended?.ToString() ?? "never"}");
            run.Expect(peakLog < MaxLogMiB, $"the write-ahead log grew to {peakLog} MiB");
            run.Expect(peakResident - resident < MaxGrowthMiB, $"memory grew by {peakResident - resident} MiB");
            var p99 = stalled.Latencies.Order().ElementAt((int)(stalled.Latencies.Count * 0.99));
            run.Expect(p99 < Unharmed, $"the p99 of the healthy subscriber was {p99.TotalMilliseconds:f0} ms");
            run.Expect(stalled.Missing == 0, $"the healthy subscriber missed {stalled.Missing} writes");
        }
        finally
        {
            foreach (var connection in readers)
                await connection.DisposeAsync();
        }
    }

    private static void Report(string when, Load.Figures figures)
    {
        Console.WriteLine($"{when}: {figures.WritesPerSecond:f0} writes/s");
        Run.PrintTimes($"{when}: write called to healthy subscriber", figures.Latencies);
    }

    private static long LogMiB(string folder)
    {
        var log = new FileInfo(Path.Combine(folder, "vibe.db-wal"));
        return log.Exists ? log.Length >> 20 : 0;
    }

    /// <summary>One writer after the other, and when somebody who follows has what was written.</summary>
    private sealed class Load(Vibe.Data.V1.DocumentService.DocumentServiceClient documents)
    {
        private const int DocumentCount = 50;

        private static readonly string Padding = new('x', 4000);

        private readonly ConcurrentDictionary<long, long> _called = new();
        private ConcurrentBag<TimeSpan> _latencies = [];
        private Stopwatch _clock = Stopwatch.StartNew();
        private long _written;
        private long _before;

        public TimeSpan Elapsed => _clock.Elapsed;

        public sealed record Figures(double WritesPerSecond, IReadOnlyList<TimeSpan> Latencies, int Missing);

        public void Start() => _clock = Stopwatch.StartNew();

        public void Arrived(Page page)
        {
            foreach (var change in page.Changes)
            {
                using var body = System.Text.Json.JsonDocument.Parse(change.Put.Json.Memory);
                // What came between two pages is in the later one alone.
                if (_called.TryRemove(body.RootElement.GetProperty("n").GetInt64(), out var called))
                    _latencies.Add(Stopwatch.GetElapsedTime(called));
            }
        }

        public async Task WriteUntilAsync(Func<bool> done)
        {
            while (!done())
            {
                var n = _written++;
                _called[n] = Stopwatch.GetTimestamp();
                var request = new Vibe.Data.V1.UpdateDocumentRequest
                {
                    Name = $"{Documents.Collection}/documents/d{n % DocumentCount}",
                    Document = new Vibe.Data.V1.Document
                    {
                        Json = Google.Protobuf.ByteString.CopyFromUtf8($$"""{"n":{{n}},"text":"{{Padding}}"}"""),
                    },
                    AllowMissing = true,
                };
                request.UpdatePaths.Add("*");
                await documents.UpdateDocumentAsync(request);
            }
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            while (_called.Count > 0 && !late.IsCancellationRequested)
                await Task.Delay(5);
        }

        public Figures Take()
        {
            var figures = new Figures(
                (_written - _before) / _clock.Elapsed.TotalSeconds,
                [.. _latencies],
                _called.Count
            );
            (_before, _latencies) = (_written, []);
            _called.Clear();
            _clock = Stopwatch.StartNew();
            return figures;
        }
    }
}
