using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Vibe.Data.V1;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Load.Scenarios.Doors;

/// <summary>
/// One document got over and over, and many caught up with, at each door of one server; beside each the same by native gRPC,
/// in process and through Envoy by turns. Native gRPC through Envoy beside that without it is what Envoy costs by itself.
/// </summary>
internal static class P12Doors
{
    /// <summary>Words in the names of cases, by which goals know them.</summary>
    public const string Rest = "REST";

    public const string Web = "gRPC-web";

    public const string Native = "native gRPC";

    private const string Workload = "P12";

    // Nobody is refused for what is asked for here.
    private static readonly string[] AnyRate = ["--address-rate", "10000000"];

    private static readonly Shape[] Shapes = [Shape.Some, Shape.One];

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Address is not null)
        {
            bench.Skip(Workload, "of a server that runs already one door is known alone.");
            return;
        }
        await using var vibe = await VibeSubject.StartAsync(bench.Options.Engine, places: 2);
        var visit = await Visit.BeginAsync(bench, vibe);
        var native = new Door(Native, Protocol.Grpc, vibe.Address);
        await visit.MeasureAsync(
            native,
            [
                new Door($"{Rest}, HTTP/1.1", Protocol.Rest, vibe.WebAddress, IsHttp1: true),
                new Door($"{Rest}, HTTP/2", Protocol.Rest, vibe.Address),
                new Door($"{Web}, HTTP/1.1", Protocol.GrpcWeb, vibe.WebAddress, IsHttp1: true),
            ]
        );
        try
        {
            await using var envoy = await Envoy.StartAsync([vibe.Address.Authority], AnyRate);
            visit.Through(envoy);
            // Of two addresses that a name has, h2load tries the first alone.
            var gateway = new UriBuilder(envoy.Address) { Host = "127.0.0.1" }.Uri;
            var through = native with { Name = $"{Native} through Envoy", Address = gateway };
            await visit.MeasureAsync(native, [through]);
            await visit.MeasureAsync(
                through,
                [
                    new Door($"{Rest} through Envoy", Protocol.Rest, gateway),
                    new Door($"{Web} through Envoy", Protocol.GrpcWeb, gateway),
                ]
            );
        }
        catch (InvalidOperationException absent) when (Missing.ReasonOf(absent) is { } reason)
        {
            bench.Skip($"{Workload} through Envoy", reason);
        }
    }

    /// <summary>What is asked for at every door, and how it is measured.</summary>
    private sealed class Visit(Bench bench, VibeSubject vibe, VibePlace reading, string stored, VibePlace following)
    {
        private const int BufferLength = 256 << 10;
        private const int Window = 16 << 20;

        private readonly H2Load? _h2load = H2Load.Find();
        private Envoy? _envoy;
        private long _documents;

        public static async Task<Visit> BeginAsync(Bench bench, VibeSubject vibe)
        {
            var (reading, following) = (vibe.NewPlace(), vibe.NewPlace());
            var visit = new Visit(bench, vibe, reading, await reading.StoreAsync(bench.Cancellation), following);
            var documents = bench.Options.IsQuick ? 2000 : 20_000;
            bench.Say($"{Workload}: creating {documents:n0} documents");
            await following.FillAsync(vibe.Channel, documents, bench.Cancellation);
            visit._documents = await following.CountAsync(bench.Cancellation);
            return visit;
        }

        public void Through(Envoy envoy) => _envoy = envoy;

        /// <summary>Measures doors beside one.</summary>
        public async Task MeasureAsync(Door beside, IReadOnlyList<Door> doors)
        {
            if (_h2load is null)
                bench.Skip(
                    $"{Workload} get",
                    "h2load is not installed, and a client of .NET would be what is measured."
                );
            else
                foreach (var shape in Shapes)
                foreach (var door in doors)
                    await MeasureAsync(
                        $"get, {shape.InFlight} in flight, {door.Name}",
                        _h2load.Name,
                        (door, beside),
                        (of, length) => GetAsync(of, shape, length)
                    );
            foreach (var door in doors)
            {
                await MeasureCatchUpAsync("catch-up", isStructured: false);
                if (door.Protocol == Protocol.Rest)
                    await MeasureCatchUpAsync("catch-up, structured", isStructured: true);

                Task MeasureCatchUpAsync(string what, bool isStructured) =>
                    MeasureAsync(
                        $"{what}, {door.Name}",
                        ".NET, unread",
                        (door, beside),
                        (of, length) => CatchUpAsync(of, isStructured && of == door, length)
                    );
            }
        }

        private async Task MeasureAsync(
            string name,
            string by,
            (Door Ours, Door Theirs) doors,
            Func<Door, TimeSpan, Task<Sample>> run
        )
        {
            bench.Say($"{Workload} {name}: warming up");
            await bench.WarmUpAsync(vibe, length => run(doors.Ours, length));
            await bench.WarmUpAsync(vibe, length => run(doors.Theirs, length));
            await bench.MeasureAsync(
                Workload,
                name,
                by,
                () => run(doors.Ours, bench.Options.Length),
                () => run(doors.Theirs, bench.Options.Length)
            );
        }

        private async Task<Sample> GetAsync(Door door, Shape shape, TimeSpan length)
        {
            // Each door gives the content in the form that its clients ask for.
            var get = new GetDocumentRequest { Name = stored, JsonBodies = door.Protocol != Protocol.Rest };
            var request = door.RequestOf(
                MethodOf(DocumentServiceReflection.Descriptor, "GetDocument"),
                get,
                reading.Token
            );
            var answer = await LengthOfAnswerAsync(request);
            return await RunAsync(
                door,
                () => _h2load!.RunAsync(request, door.ShapeOf(shape), length, bench.Cancellation),
                outcome => Bench.Expect("bytes of answers", outcome.Sent * answer, outcome.AnswerBytes)
            );
        }

        private Task<Sample> CatchUpAsync(Door door, bool isStructured, TimeSpan length)
        {
            var subscribe = new SubscribeRequest
            {
                Scope = new Scope { Collection = VibePlace.Parent, StructuredBodies = isStructured },
            };
            var request = door.RequestOf(
                MethodOf(SyncServiceReflection.Descriptor, "Subscribe"),
                subscribe,
                following.Token
            );
            return RunAsync(
                door,
                async () =>
                {
                    var (latencies, elapsed, received, bytes) = (new Latencies(), TimeSpan.Zero, 0L, 0L);
                    do
                    {
                        var (arrivals, took) = await CatchUpAsync(door, request);
                        Bench.Expect("documents that a client has received", _documents, arrivals.Documents);
                        latencies.Add(took);
                        (elapsed, received, bytes) = (
                            elapsed + took,
                            received + arrivals.Documents,
                            bytes + arrivals.Bytes
                        );
                    } while (elapsed < length);
                    return new Outcome(received, received, elapsed, latencies, bytes);
                },
                _ => { }
            );
        }

        private async Task<(Arrivals Arrivals, TimeSpan Took)> CatchUpAsync(Door door, PlainRequest request)
        {
            using var client = Connect();
            // It connects before the time runs.
            var hello = request with
            {
                Address = new Uri(request.Address, "/.well-known/vibe"),
                Headers = [],
                Body = null,
            };
            (await client.SendAsync(hello.ToMessage(), bench.Cancellation)).EnsureSuccessStatusCode().Dispose();

            var arrivals =
                door.Protocol == Protocol.Rest ? Arrivals.InLines() : Arrivals.InFrames(following.CatchUp(0).Read);
            var buffer = new byte[BufferLength];
            var began = Stopwatch.GetTimestamp();
            using var answer = await client.SendAsync(
                request.ToMessage(),
                HttpCompletionOption.ResponseHeadersRead,
                bench.Cancellation
            );
            answer.EnsureSuccessStatusCode();
            await using var stream = await answer.Content.ReadAsStreamAsync(bench.Cancellation);
            while (!arrivals.IsComplete)
            {
                var read = await stream.ReadAsync(buffer, bench.Cancellation);
                if (read == 0)
                    throw new LoadException($"{door.Name}: the stream ended after {arrivals.Documents:n0} documents.");
                arrivals.Take(buffer.AsSpan(0, read));
            }
            return (arrivals, Stopwatch.GetElapsedTime(began));
        }

        private async Task<Sample> RunAsync(Door door, Func<Task<Outcome>> load, Action<Outcome> verify)
        {
            // One that stands by costs nothing that belongs here.
            var gateway = door.Address.Scheme == Uri.UriSchemeHttps ? _envoy : null;
            var (before, sent) = (CpuOf(gateway), 0L);
            var sample = await Bench.RunAsync(
                vibe,
                documentsEach: 1,
                load,
                outcome =>
                {
                    sent = outcome.Sent;
                    verify(outcome);
                    return Task.CompletedTask;
                }
            );
            return sample with { GatewayCpu = (CpuOf(gateway) - before)?.TotalMicroseconds / sent };
        }

        private async Task<long> LengthOfAnswerAsync(PlainRequest request)
        {
            using var client = Connect();
            using var answer = await client.SendAsync(request.ToMessage(), bench.Cancellation);
            answer.EnsureSuccessStatusCode();
            return (await answer.Content.ReadAsByteArrayAsync(bench.Cancellation)).Length;
        }

        private HttpClient Connect()
        {
            var handler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = Window };
            if (_envoy is not null)
                handler.SslOptions = _envoy.Tls;
            return new HttpClient(handler);
        }

        private static TimeSpan? CpuOf(Envoy? gateway) => gateway is null ? null : ProcessTree.Cpu(gateway.ProcessId);

        private static MethodDescriptor MethodOf(FileDescriptor file, string name) =>
            file.Services.SelectMany(service => service.Methods).Single(method => method.Name == name);
    }
}
