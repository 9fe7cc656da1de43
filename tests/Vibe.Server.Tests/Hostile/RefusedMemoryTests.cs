using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>What measures the memory of the process, and so has it for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>However often hostile input is refused, the server does not hold more than before.</summary>
[Collection(Alone.Name)]
public sealed class RefusedMemoryTests(ITestOutputHelper output)
{
    // So many that an array of a pool, of 64 KiB at most, is less than what they would keep together.
    private const int Calls = 400;
    private const int InFlight = 8;

    private const int TooMuch = (4 << 20) + 1;
    private const string Documents = "/v1/spaces/me/collections/movies/documents";

    private static readonly MethodDescriptor[] Methods =
    [
        DocumentService.Descriptor.FindMethodByName("CreateDocument"),
        DocumentService.Descriptor.FindMethodByName("BatchWrite"),
        SyncService.Descriptor.FindMethodByName("Subscribe"),
    ];

    private static readonly Dictionary<string, Func<Wire, string, int, Task<Answer>>[]> Hostile = new()
    {
        ["malformed protobuf"] =
        [
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed([0x0a, 0x7f, 0x61])),
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed([.. Enumerable.Repeat((byte)0x0b, 100_000)])),
            (wire, token, n) => GrpcAsync(wire, token, n, [0, 0, 0, 0, 9, 1]),
        ],
        ["too large"] =
        [
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed(new byte[TooMuch])),
            (wire, token, n) => GrpcAsync(wire, token, n, [0, 0x7f, 0xff, 0xff, 0xff, 1]),
            (wire, token, _) => PostAsync(wire, token, new string(' ', TooMuch)),
        ],
        ["over-deep JSON"] =
        [
            (wire, token, _) => PostAsync(wire, token, $"{{\"body\":{Deep(200)}}}"),
            (wire, token, _) => PostAsync(wire, token, Deep(100_000)),
            (wire, token, _) => PostAsync(wire, token, new string('[', 100_000)),
        ],
        ["huge headers"] =
        [
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed([]), ("x-large", new string('x', 40_000))),
            (wire, token, _) =>
                wire.RestAsync(token, "GET", Documents, more: $"x-large: {new string('x', 40_000)}\r\n"),
            (wire, token, _) =>
                wire.RestAsync(
                    token,
                    "GET",
                    Documents,
                    more: string.Concat(Enumerable.Range(0, 200).Select(number => $"x-{number}: y\r\n"))
                ),
            (wire, token, _) => wire.RestAsync(token, "GET", $"{Documents}/{new string('x', 20_000)}"),
        ],
        ["bad encodings"] =
        [
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed([1], 1), ("grpc-encoding", "unknown")),
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed([1, 2, 3], 1), ("grpc-encoding", "gzip")),
            (wire, token, _) => PostAsync(wire, token, "{}", "application/json; charset=utf-16"),
            (wire, token, _) => PostAsync(wire, token, "{}", more: "content-encoding: gzip\r\n"),
            (wire, token, _) => PostAsync(wire, token, "zz\r\n", more: "transfer-encoding: chunked\r\n"),
        ],
        ["wrong types"] =
        [
            (wire, token, n) => GrpcAsync(wire, token, n, Wire.Framed([0x08, 0x01])),
            (wire, token, _) => PostAsync(wire, token, "{\"json\":7}"),
            (wire, token, _) => PostAsync(wire, token, "{\"name\":{}}"),
            (wire, token, _) => PostAsync(wire, token, "{}", "text/plain"),
            (wire, token, _) => PostAsync(wire, token, "[]"),
        ],
        ["hostile names"] =
        [
            (wire, token, n) => NamedAsync(wire, token, n, $"spaces/me/collections/{new string('x', 3000)}"),
            (wire, token, n) => NamedAsync(wire, token, n, "spaces/me/collections/../documents/%00"),
            (wire, token, n) => NamedAsync(wire, token, n, "spaces/nobody-has-this/collections/movies/documents/m"),
        ],
    };

    public static TheoryData<string> Classes => [.. Hostile.Keys];

    [Theory, MemberData(nameof(Classes))]
    public async Task What_is_refused_leaves_nothing_in_memory(string name)
    {
        // What a test keeps of logs is the test's own.
        await using var server = await VibeServer.StartAsync(
            new ServerSetup { Services = services => services.RemoveAll<ILoggerProvider>() }
        );
        using var threads = new FewThreads();
        using var connections = new OpenConnections();
        var alice = await server.PersonAsync("alice");
        await alice.Own.CreateAsync(alice.Collection("movies"), "m1");
        var app = await alice.AppAsync("mad", new Allow("movies", [Access.V1.Operation.Read], "*"));
        var words = new Tally();

        var (settled, rounds) = await Held.SettlesAsync(
            async () =>
            {
                using (var wire = new Wire(server))
                    await Parallel.ForAsync(
                        0,
                        Calls,
                        new ParallelOptions { MaxDegreeOfParallelism = InFlight },
                        async (number, _) =>
                        {
                            var (round, index) = Math.DivRem(number, Hostile[name].Length);
                            var actor = round % 2 == 0 ? alice.Own : app.Actor;
                            var answer = await Hostile[name][index](wire, actor.Token!, round / 2);
                            words.Count(name, "", answer, $"{index}", answer.IsOk ? "taken" : null);
                        }
                    );
                await Remains.NothingOpenAsync(server);
                // The one that stays is that of the test itself.
                await connections.FallToAsync(server.GrpcAddress, 1);
            },
            Calls
        );

        words.Report(output);
        output.WriteLine($"{name}, more for each {Calls} calls: {string.Join("; ", rounds)}");
        Assert.True(settled, $"Something stays behind: {string.Join("; ", rounds)}");
    }

    private static Task<Answer> GrpcAsync(
        Wire wire,
        string token,
        int number,
        byte[] body,
        params (string, string)[] headers
    ) =>
        wire.GrpcAsync(
            number % 4 == 3 ? Protocol.GrpcWeb : Protocol.Grpc,
            token,
            Methods[number % Methods.Length],
            body,
            null,
            headers
        );

    private static Task<Answer> PostAsync(
        Wire wire,
        string token,
        string body,
        string type = "application/json",
        string more = ""
    ) => wire.RestAsync(token, "POST", Documents, Encoding.UTF8.GetBytes(body), type, more);

    private static Task<Answer> NamedAsync(Wire wire, string token, int number, string name) =>
        wire.CallAsync(
            number % 2 == 0 ? Protocol.Grpc : Protocol.GrpcWeb,
            token,
            DocumentService.Descriptor.FindMethodByName("GetDocument"),
            new GetDocumentRequest { Name = name }
        );

    private static string Deep(int levels) =>
        string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);
}
