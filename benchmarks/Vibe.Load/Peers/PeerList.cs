using Vibe.Testing;

namespace Vibe.Load.Peers;

/// <summary>A system to stand next to, in one of its settings.</summary>
/// <param name="Name">What it is asked for by.</param>
/// <param name="Title">How it is called in the table.</param>
/// <param name="StartAsync">Starts it, for so many collections.</param>
internal sealed record PeerEntry(string Name, string Title, Func<int, Task<Peer>> StartAsync)
{
    /// <summary>Whether it is Vibe itself.</summary>
    public bool IsVibe { get; init; }

    /// <summary>What Vibe is to do beside it.</summary>
    public PeerGoals Goals { get; init; } = new();
}

/// <summary>All of them, in their order in the table.</summary>
internal static class PeerList
{
    private static readonly PeerGoals CaughtUpTwiceAsFast = new() { CatchUp = 2 };

    public static IReadOnlyList<PeerEntry> All { get; } =
    [
        new("etcd", "etcd", _ => EtcdPeer.StartAsync())
        {
            Goals = new()
            {
                Writes = 2,
                CatchUp = 10,
                FanOut = 2.5,
            },
        },
        new("postgres", "PostgreSQL", _ => PostgresPeer.StartAsync()),
        new("redis", "Redis, always", _ => RedisPeer.StartAsync(syncsEach: true)),
        new("redis", "Redis, everysec", _ => RedisPeer.StartAsync(syncsEach: false)),
        new("nats", "NATS, always", _ => NatsPeer.StartAsync(syncsEach: true)) { Goals = CaughtUpTwiceAsFast },
        new("nats", "NATS", _ => NatsPeer.StartAsync(syncsEach: false)) { Goals = CaughtUpTwiceAsFast },
        new("pocketbase", "PocketBase", _ => PocketBasePeer.StartAsync())
        {
            Goals = new() { Writes = 4, Reads = 4 },
        },
        new("pouchdb", "pouchdb-server", _ => PouchDbPeer.StartAsync()) { Goals = new() { Writes = 20 } },
        new("triplit", "Triplit", _ => TriplitPeer.StartAsync()) { Goals = new() { Writes = 8 } },
        new(
            "pds",
            "Bluesky PDS",
            _ =>
                throw new MissingPeerException(
                    "its npm package keeps its data by better-sqlite3, which an install script builds; none is run"
                )
        )
        {
            Goals = new() { Writes = 80, CatchUp = 5 },
        },
    ];

    public static PeerEntry Vibe(Engine engine) =>
        new("vibe", $"Vibe, {engine}", collections => VibePeer.StartAsync(engine, collections)) { IsVibe = true };
}
