using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>How much is measured.</summary>
/// <param name="Runs">How often.</param>
/// <param name="Length">How long a run of one load takes, about.</param>
/// <param name="Documents">How many documents there are to catch up with.</param>
/// <param name="Subscribers">How many are told of a write, in one case after the other.</param>
internal sealed record PeerOptions(int Runs, TimeSpan Length, int Documents, IReadOnlyList<int> Subscribers)
{
    /// <summary>How many collections a system needs for it.</summary>
    public int Collections => 1 + Runs * (1 + Subscribers.Count);
}

/// <summary>Runs the loads on one system after the other, each alone on the machine.</summary>
internal sealed class PeerBench(PeerOptions options, Action<string> progress, CancellationToken cancellation)
{
    private const int InFlight = 32;

    private static readonly TimeSpan MostWarmUp = TimeSpan.FromSeconds(2);

    private readonly List<PeerRow> _rows = [];

    public IReadOnlyList<PeerRow> Rows => _rows;

    private TimeSpan WarmUp => options.Length < MostWarmUp ? options.Length : MostWarmUp;

    /// <summary>Starts a system, measures it, and ends it.</summary>
    /// <exception cref="MissingPeerException">It is not here.</exception>
    /// <exception cref="LoadException">A run gave no figure.</exception>
    public async Task MeasureAsync(PeerEntry entry)
    {
        progress($"{entry.Title}: starting");
        await using var peer = await entry.StartAsync(options.Collections);
        var writes = new List<Sample>();
        for (var run = 1; run <= options.Runs; run++)
            writes.Add(Tell(entry, "writes", await WritesAsync(peer, $"written{run}")));
        Add(entry, entry.Goals.Writes, peer.Durability, $"durable writes, {InFlight} in flight", writes);

        var stored = await peer.StoreAsync("written1", cancellation);
        await PeerLoad.ReadAsync(peer, "written1", stored, InFlight, WarmUp, cancellation);
        var reads = new List<Sample>();
        for (var run = 1; run <= options.Runs; run++)
            reads.Add(Tell(entry, "reads", await ReadsAsync(peer, "written1", stored)));
        Add(entry, entry.Goals.Reads, "", $"reads of a document, {InFlight} in flight", reads);

        await peer.CreateAsync("followed", cancellation);
        await PeerLoad.FillAsync(peer, "followed", options.Documents, InFlight, cancellation);
        await PeerLoad.CatchUpAsync(peer, "followed", options.Documents, WarmUp, cancellation);
        var caughtUp = new List<Sample>();
        for (var run = 1; run <= options.Runs; run++)
            caughtUp.Add(Tell(entry, "catch-up", await CatchUpAsync(peer, "followed")));
        Add(entry, entry.Goals.CatchUp, peer.CatchingUp, $"catch-up with {options.Documents}", caughtUp);

        foreach (var subscribers in options.Subscribers)
        {
            if (subscribers > peer.MostSubscribers)
            {
                progress($"SKIP {entry.Title}, fan-out to {subscribers}: it takes {peer.MostSubscribers} at most");
                continue;
            }
            var told = new List<Sample>();
            for (var run = 1; run <= options.Runs; run++)
                told.Add(Tell(entry, "fan-out", await FanOutAsync(peer, $"told{subscribers}x{run}", subscribers)));
            Add(entry, entry.Goals.FanOut, peer.Watching, $"fan-out to {subscribers}", told);
        }
    }

    private async Task<Sample> WritesAsync(Peer peer, string collection)
    {
        await peer.CreateAsync(collection, cancellation);
        var warm = await PeerLoad.WriteAsync(peer, collection, InFlight, WarmUp, cancellation);
        var before = peer.Usage();
        var outcome = await PeerLoad.WriteAsync(peer, collection, InFlight, options.Length, cancellation);
        var after = peer.Usage();
        Scenarios.Bench.Expect(
            "documents that were written",
            warm.Sent + outcome.Sent,
            await peer.CountAsync(collection, cancellation)
        );
        return Sample.From(outcome, 1, before, after);
    }

    private async Task<Sample> ReadsAsync(Peer peer, string collection, string stored)
    {
        var before = peer.Usage();
        var outcome = await PeerLoad.ReadAsync(peer, collection, stored, InFlight, options.Length, cancellation);
        return Sample.From(outcome, 1, before, peer.Usage());
    }

    private async Task<Sample> CatchUpAsync(Peer peer, string collection)
    {
        var before = peer.Usage();
        var outcome = await PeerLoad.CatchUpAsync(peer, collection, options.Documents, options.Length, cancellation);
        return Sample.From(outcome, 1, before, peer.Usage());
    }

    private async Task<Sample> FanOutAsync(Peer peer, string collection, int subscribers)
    {
        await peer.CreateAsync(collection, cancellation);
        var deliveries = new Deliveries(subscribers);
        var watches = new List<Watch>();
        try
        {
            for (var subscriber = 0; subscriber < subscribers; subscriber++)
                watches.Add(await peer.WatchAsync(subscriber, collection, deliveries.Told, cancellation));
            await UnlessBrokenAsync(PeerLoad.FanOutAsync(peer, collection, deliveries, WarmUp, cancellation), watches);
            var before = peer.Usage();
            var outcome = await UnlessBrokenAsync(
                PeerLoad.FanOutAsync(peer, collection, deliveries, options.Length, cancellation),
                watches
            );
            return Sample.From(outcome, 1, before, peer.Usage());
        }
        finally
        {
            await Task.WhenAll(watches.Select(watch => watch.DisposeAsync().AsTask()));
        }
    }

    // Whoever was cut off is told nothing more, and knows why.
    private static async Task<Outcome> UnlessBrokenAsync(Task<Outcome> load, IEnumerable<Watch> watches)
    {
        var ended = await Task.WhenAny([load, .. watches.Select(watch => watch.Broken)]);
        await ended;
        return await load;
    }

    private Sample Tell(PeerEntry entry, string what, Sample sample)
    {
        progress($"{entry.Title}: {what}, {sample.PerSecond:n0} a second");
        return sample;
    }

    private void Add(PeerEntry entry, double? goal, string how, string @case, IReadOnlyList<Sample> runs) =>
        _rows.Add(
            new PeerRow
            {
                System = entry.Title,
                IsVibe = entry.IsVibe,
                Case = @case,
                How = how,
                Goal = goal,
                Runs = runs,
            }
        );
}
