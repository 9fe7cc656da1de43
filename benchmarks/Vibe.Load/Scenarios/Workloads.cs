using Vibe.Load.Clients;
using Vibe.Load.Reports;
using Vibe.Load.Scenarios.Doors;
using Vibe.Load.Scenarios.Growth;
using Vibe.Load.Scenarios.Streaming;

namespace Vibe.Load.Scenarios;

/// <summary>Every workload of the suite with its goals, those that tell how cost grows, and that of the client.</summary>
internal static class Workloads
{
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("P1", "get of a document", "twin get", [new(Figure.PerSecond, 0.7)], P1Get.RunAsync),
        new("P2", "durable create", "twin put", [new(Figure.PerSecond, 0.6)], P2Create.RunAsync),
        new("P3", "batch of 100 creates", "100 rows in a commit", [new(Figure.PerSecond, 0.4)], P3Batch.RunAsync),
        new(
            "P4",
            "catch-up of 100,000 documents",
            "twin catch-up in batches",
            [new(Figure.PerSecond, 0.6) { Cases = "whole" }, new(Figure.PerSecond, 0.3) { Cases = "masked" }],
            P4CatchUp.RunAsync
        ),
        new(
            "P5",
            "one write to many subscribers",
            "bare fan-out of the same bytes",
            [new(Figure.PerSecond, 0.8), new(Figure.Cpu, 1.3, AtMost: true), new(Figure.P50, 1.2, AtMost: true)],
            P5FanOut.RunAsync
        ),
        new(
            "P6",
            "write to one subscriber, idle",
            "stream echo and a sync",
            [Goal.Within(Figure.P50, 1.5), Goal.Within(Figure.P99, 6)],
            P6Echo.RunAsync
        ),
        new(
            "P7",
            "10,000 idle subscribers",
            "bare idle streams",
            [new(Figure.MemoryEach, 2, AtMost: true), Goal.Within(Figure.IdleCpu, 1)],
            P7Idle.RunAsync
        )
        {
            Columns = Columns.Idle,
        },
        new(
            "P8",
            "resume of 1,000 clients after a restart, 1 % changed",
            "none",
            [Goal.Within(Figure.Last, 2000)],
            P8Resume.RunAsync
        )
        {
            Columns = Columns.Wait,
        },
        new("P9", "push of 10,000 edits", "twin push", [new(Figure.PerSecond, 0.4)], Comes: "offline push"),
        new("P10", "query", "the same SQL by hand", [new(Figure.PerSecond, 0.5)], Comes: "query"),
        new(
            "P11",
            "permission check, warm and cold",
            "a look-up in a dictionary",
            [
                Goal.Within(Figure.Call, 5) with
                {
                    Cases = P11Permit.Warm,
                },
                Goal.Within(Figure.Call, 300) with
                {
                    Cases = P11Permit.Cold,
                },
            ],
            P11Permit.RunAsync
        )
        {
            Columns = Columns.Call,
        },
        new(
            "P12",
            "get and catch-up at each door, in process and through Envoy",
            "native gRPC by the same way; beside that through Envoy, the one in process",
            [
                new(Figure.PerSecond, 0.5) { Cases = P12Doors.Rest },
                new(Figure.PerSecond, 0.7) { Cases = P12Doors.Web },
                new(Figure.PerSecond, null) { Cases = P12Doors.Native },
            ],
            P12Doors.RunAsync
        )
        {
            Beside = "native",
            Columns = Columns.Doors,
        },
        new(
            "P13",
            "start, and memory",
            "an empty server",
            [new(Figure.Start, 2, AtMost: true), Goal.Within(Figure.IdleMemory, 150)],
            P13Start.RunAsync
        )
        {
            Columns = Columns.Start,
        },
        new(
            "P14",
            "revocation to silence on 1,000 streams, two replicas",
            "none",
            [Goal.Within(Figure.P99, 100)],
            P14Silence.RunAsync
        )
        {
            Columns = Columns.Wait,
        },
    ];

    /// <summary>What tells how cost grows, each with its size.</summary>
    public static IReadOnlyList<Workload> Growing { get; } =
    [
        new(
            DocumentGrowth.Id,
            "get and create, by the documents in a collection",
            "twin get and put",
            [],
            DocumentGrowth.RunAsync
        )
        {
            Plots = [Figure.Cpu, Figure.PerSecond],
        },
        new(
            FollowerGrowth.Id,
            "one write to all, by those who follow",
            "bare fan-out of the same bytes",
            [],
            FollowerGrowth.RunAsync
        )
        {
            Plots = [Figure.Cpu, Figure.P50],
        },
        new(
            SpaceGrowth.Id,
            "durable create, by the spaces that it is spread over",
            "twin put",
            [],
            SpaceGrowth.RunAsync
        )
        {
            Plots = [Figure.Cpu, Figure.PerSecond],
        },
    ];

    /// <summary>What tells how writes of the client of C# share messages.</summary>
    public static Workload OfClient { get; } =
        new(
            ClientCreate.Id,
            "durable create by one client of C#",
            "the same, each with a key of its own and so in a message of its own",
            [new(Figure.PerSecond, 0.9)],
            ClientCreate.RunAsync
        );

    /// <summary>What the clients cost, one language each.</summary>
    public static IReadOnlyList<Workload> Clients { get; } =
    [
        Client("csharp", "the C# client"),
        Client("python", "the Python client, blocking"),
        Client("python-asyncio", "the Python client, asyncio"),
        Client("rust", "the Rust client"),
        Client("typescript-node", "the TypeScript client in node"),
    ];

    private static Workload Client(string language, string what) =>
        new(
            language,
            what,
            "the code that is generated for the language, on a plain channel, in the same loop",
            [
                new(Figure.Each, 1.3, AtMost: true) { Cases = "in flight" },
                new(Figure.Each, 1.3, AtMost: true) { Cases = "catch-up" },
                new(Figure.Cpu, 1.3, AtMost: true) { Cases = "live" },
                new(Figure.Start, 1.3, AtMost: true) { Cases = "load" },
                new(Figure.Start, 1.3, AtMost: true) { Cases = "start" },
                new(Figure.Grown, 1.3, AtMost: true) { Cases = "holding" },
                .. new[] { "package", "wheel", "crate", "tarball", "bundle" }.Select(name => new Goal(
                    Figure.Size,
                    null,
                    AtMost: true
                )
                {
                    Cases = name,
                }),
            ],
            bench => ClientBench.RunAsync(bench, language)
        )
        {
            Beside = "bare one",
            Columns = Columns.Client,
        };

    public static Workload? Find(string id) =>
        All.Concat(Growing)
            .Append(OfClient)
            .Concat(Clients)
            .FirstOrDefault(workload => workload.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
}
