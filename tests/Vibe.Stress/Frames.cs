using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;
using Vibe.Testing.Http2;

namespace Vibe.Stress;

/// <summary>
/// Floods of frames, and readers that do not read, beside a client that behaves: when they are cut, what they cost, and what
/// the other notices. Against a server alone, or an Envoy in front of one.
/// </summary>
/// <remarks>A flood comes from a process that gets what processor time the others leave, as if from another machine.</remarks>
internal static class Frames
{
    public const string Usage =
        "frames direct|envoy [KIND…] [--frames N] [--seconds N] [--json FILE] [--into docs/floods.md]";

    private const int Slow = 100;
    private const int PerGrant = 8;
    private const string Library = "library";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    private static readonly (
        string Kind,
        string About,
        int PerConnection,
        Func<Person, string, StalledCall> Call
    )[] Readers =
    [
        ("slow-streams", $"{Slow} subscriptions on one connection", Slow, Subscribe),
        ("slow-sockets", $"{Slow} subscriptions on a connection each", 1, Subscribe),
        ("slow-answers", $"{Slow} reads of a page of 3 MiB on a connection each", 1, List),
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        var options = new Dictionary<string, string>();
        var words = new List<string>();
        for (var i = 0; i < args.Length; i++)
            if (args[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < args.Length)
                options[args[i]] = args[++i];
            else
                words.Add(args[i]);
        var known = FrameFlood.All.Select(flood => flood.Name).Concat(Readers.Select(reader => reader.Kind)).ToList();
        var kinds = words.Skip(1).DefaultIfEmpty().SelectMany(word => word is null ? known : [word]).ToList();
        if (words is not ["direct" or "envoy", ..] || kinds.Except(known).Any())
        {
            await Console.Error.WriteLineAsync($"usage: {Usage}\nkinds: {string.Join(", ", known)}");
            return 2;
        }
        var frames = long.Parse(options.GetValueOrDefault("--frames", "20000000"), CultureInfo.InvariantCulture);
        var seconds = int.Parse(options.GetValueOrDefault("--seconds", "10"), CultureInfo.InvariantCulture);

        var report = new FrameReport(words[0], []);
        await using (var place = await Place.StartAsync(isBehindEnvoy: words[0] == "envoy"))
        {
            await Task.Delay(WarmUp);
            foreach (var kind in kinds)
            {
                var row = Readers.SingleOrDefault(reader => reader.Kind == kind) is { Call: not null } reader
                    ? await place.MeasureAsync(kind, reader.About, row => StallAsync(place, reader, row))
                    : await place.MeasureAsync(
                        kind,
                        FrameFlood.Of(kind).About,
                        async row => row with { Flood = await FloodAsync(place.Target, kind, frames, seconds) }
                    );
                report.Rows.Add(row);
                Console.WriteLine(row);
            }
        }
        if (options.TryGetValue("--json", out var file))
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(report, Json));
        if (options.TryGetValue("--into", out var page))
            await report.WriteIntoAsync(page);
        // What Envoy is in front for; a server alone is measured.
        var isMissed = report.Rows.Where(row => report.Way == "envoy" && row.Flood is { Cuts: 0 }).ToList();
        foreach (var row in isMissed)
            Console.WriteLine($"VIOLATION {row.Kind} is not cut");
        return isMissed.Count == 0 ? 0 : 1;
    }

    /// <summary>The process that a flood comes from.</summary>
    public static async Task FloodAsync(string[] args)
    {
        using (var self = Process.GetCurrentProcess())
            self.PriorityClass = ProcessPriorityClass.Idle;
        var given = JsonSerializer.Deserialize<Flood>(args[0], Json)!;
        var outcome = await FrameFlood
            .Of(given.Kind)
            .RunAsync(given.Target, given.Frames, TimeSpan.FromSeconds(given.Seconds));
        Console.WriteLine(JsonSerializer.Serialize(outcome));
    }

    private static async Task<FloodOutcome> FloodAsync(FloodTarget target, string kind, long frames, int seconds)
    {
        var given = JsonSerializer.Serialize(new Flood(kind, target, frames, seconds), Json);
        using var process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["hostile-frames", given]) { RedirectStandardOutput = true }
        )!;
        var told = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return JsonSerializer.Deserialize<FloodOutcome>(told)
            ?? throw new InvalidOperationException($"The flood ended with {process.ExitCode}.");
    }

    private static async Task<FrameRow> StallAsync(
        Place place,
        (string Kind, string About, int PerConnection, Func<Person, string, StalledCall> Call) reader,
        FrameRow row
    )
    {
        var clock = Stopwatch.StartNew();
        TimeSpan? first = null;
        var connections = await StalledReaders.OpenAsync(
            place.Target.Address,
            place.Tokens.Select(token => reader.Call(place.Alice, token)),
            place.Target.Authority,
            reader.PerConnection
        );
        while (connections.Sum(connection => connection.Open) is var open and > 0 && clock.Elapsed < Longest)
        {
            if (open < Slow)
                first ??= clock.Elapsed;
            await Task.Delay(10);
        }
        var ended = connections.Sum(connection => connection.Open) == 0 ? clock.Elapsed : (TimeSpan?)null;
        var answered = connections.Sum(connection => connection.Answered);
        foreach (var connection in connections)
            await connection.DisposeAsync();
        return row with { Stalled = new StalledOutcome(answered, first, ended) };
    }

    private static StalledCall Subscribe(Person person, string token) =>
        StalledCall.Of(token, new Scope { Collection = person.Collection(Library) });

    private static StalledCall List(Person person, string token) =>
        new(
            $"/{DocumentService.Descriptor.FullName}/ListDocuments",
            token,
            new ListDocumentsRequest { Parent = person.Collection(Library), PageSize = 1000 }
        );

    private sealed record Flood(string Kind, FloodTarget Target, long Frames, int Seconds);

    /// <summary>A server, perhaps behind an Envoy, with one who behaves.</summary>
    private sealed class Place : IAsyncDisposable
    {
        private VibeServer _prepared = null!;
        private Testing.ServerProcess? _server;
        private Envoy? _envoy;
        private Neighbour? _neighbour;

        public Person Alice { get; private set; } = null!;
        public FloodTarget Target { get; private set; } = null!;

        /// <summary>For each slow reader one, of as many grants as that takes.</summary>
        public List<string> Tokens { get; } = [];

        public static async Task<Place> StartAsync(bool isBehindEnvoy)
        {
            var place = new Place { _prepared = await VibeServer.StartAsync(Engine.Sqlite) };
            try
            {
                await place.PrepareAsync();
                place._server = await Testing.ServerProcess.StartAsync(
                    place._prepared,
                    isBehindEnvoy ? [new("Vibe__TrustedProxies", "127.0.0.1")] : []
                );
                if (isBehindEnvoy)
                    place._envoy = await Envoy.StartAsync(place._server.GrpcAddress);
                var token = place.Alice.Own.Token!;
                var (address, authority) = (
                    place._envoy?.Address ?? place._server.GrpcAddress,
                    place._envoy?.AuthorityFile
                );
                place.Target = new(address, authority, token, place.Alice.Document(Library, "d0"));
                place._neighbour = await Neighbour.StartAsync(address, authority, token);
                return place;
            }
            catch
            {
                await place.DisposeAsync();
                throw;
            }
        }

        /// <summary>Takes the figures before and while something is done.</summary>
        public async Task<FrameRow> MeasureAsync(string kind, string about, Func<FrameRow, Task<FrameRow>> act)
        {
            await _neighbour!.TakeAsync();
            var (server, envoy) = (new Meter(_server!.Id), _envoy is null ? null : new Meter(_envoy.ProcessId));
            await Task.Delay(Calm);
            var (calmServer, calmEnvoy) = (server.Take(), envoy?.Take());
            var before = await _neighbour.TakeAsync();
            var counted = await CountedAsync();

            server.Take();
            envoy?.Take();
            using var done = new CancellationTokenSource();
            var watching = Task.WhenAll(
                server.WatchAsync(done.Token),
                envoy?.WatchAsync(done.Token) ?? Task.CompletedTask
            );
            var row = await act(new FrameRow(kind, about, before));
            await done.CancelAsync();
            await watching;
            var (serverUse, envoyUse) = (server.Take(), envoy?.Take());
            return row with
            {
                During = await _neighbour.TakeAsync(),
                Server = serverUse.Beyond(calmServer),
                Envoy = envoyUse?.Beyond(calmEnvoy!),
                Guards = (await CountedAsync())
                    .Select(now => (now.Key, Count: now.Value - counted.GetValueOrDefault(now.Key)))
                    .Where(guard => guard.Count > 0)
                    .ToDictionary(guard => guard.Key, guard => guard.Count),
            };
        }

        public async ValueTask DisposeAsync()
        {
            if (_neighbour is not null)
                await _neighbour.DisposeAsync();
            if (_envoy is not null)
                await _envoy.DisposeAsync();
            if (_server is not null)
                await _server.DisposeAsync();
            await _prepared.DisposeAsync();
        }

        private async Task PrepareAsync()
        {
            Alice = await _prepared.PersonAsync("alice");
            var text = new string('x', 100_000);
            for (var n = 0; n < 40; n++)
                await Alice.Own.Documents.CreateDocumentAsync(
                    new CreateDocumentRequest
                    {
                        Parent = Alice.Collection(Library),
                        DocumentId = $"d{n}",
                        Document = new Document { Json = ByteString.CopyFromUtf8($$"""{"text":"{{text}}"}""") },
                    }
                );
            while (Tokens.Count < Slow)
            {
                var app = await Alice.AppAsync($"slow-{Tokens.Count}", new Allow(Library, [Operation.Read], "*"));
                Tokens.AddRange(Enumerable.Repeat(app.Actor.Token!, Math.Min(PerGrant, Slow - Tokens.Count)));
            }
        }

        private async Task<IReadOnlyDictionary<string, long>> CountedAsync() =>
            _envoy is null
                ? new Dictionary<string, long>()
                : await _envoy.CountsAsync("(http2.*(flood|refused|empty)|http.vibe.*(too_many_premature|overload))");
    }
}
