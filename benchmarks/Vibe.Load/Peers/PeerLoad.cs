using System.Diagnostics;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Servers;

namespace Vibe.Load.Peers;

/// <summary>The same loads for every system.</summary>
internal static class PeerLoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Writes with so many writes in flight, for some time.</summary>
    public static Task<Outcome> WriteAsync(
        Peer peer,
        string collection,
        int inFlight,
        TimeSpan length,
        CancellationToken cancellation
    ) => RepeatAsync(caller => peer.WriteAsync(caller, collection, cancellation), inFlight, length);

    /// <summary>Reads one document with so many reads in flight, for some time.</summary>
    /// <exception cref="LoadException">Less came than the document is.</exception>
    public static Task<Outcome> ReadAsync(
        Peer peer,
        string collection,
        string stored,
        int inFlight,
        TimeSpan length,
        CancellationToken cancellation
    ) =>
        RepeatAsync(
            async caller =>
            {
                var bytes = await peer.ReadAsync(caller, collection, stored, cancellation);
                if (bytes < Body.Json.Length)
                    throw new LoadException($"{bytes} of {Body.Json.Length} bytes came; the run gives no figure.");
            },
            inFlight,
            length
        );

    private static async Task<Outcome> RepeatAsync(Func<int, Task> call, int inFlight, TimeSpan length)
    {
        var latencies = new Latencies();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(async caller =>
                {
                    await Task.Yield();
                    while (clock.Elapsed < length)
                    {
                        var called = Stopwatch.GetTimestamp();
                        await call(caller);
                        latencies.Add(Stopwatch.GetElapsedTime(called));
                    }
                })
        );
        return new Outcome(latencies.Count, latencies.Count, clock.Elapsed, latencies, 0);
    }

    /// <summary>Writes so many documents, as fast as it goes.</summary>
    public static Task FillAsync(
        Peer peer,
        string collection,
        int documents,
        int inFlight,
        CancellationToken cancellation
    )
    {
        var left = documents;
        return Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(async caller =>
                {
                    await Task.Yield();
                    while (Interlocked.Decrement(ref left) >= 0)
                        await peer.WriteAsync(caller, collection, cancellation);
                })
        );
    }

    /// <summary>Catches up from nothing, over and over for some time; latencies are those of whole passes.</summary>
    /// <exception cref="LoadException">A pass brought more documents or fewer.</exception>
    public static async Task<Outcome> CatchUpAsync(
        Peer peer,
        string collection,
        int documents,
        TimeSpan length,
        CancellationToken cancellation
    )
    {
        var latencies = new Latencies();
        var clock = Stopwatch.StartNew();
        do
        {
            var begun = Stopwatch.GetTimestamp();
            var came = await peer.CatchUpAsync(collection, documents, cancellation).WaitAsync(Patience, cancellation);
            latencies.Add(Stopwatch.GetElapsedTime(begun));
            if (came != documents)
                throw new LoadException($"{came:n0} of {documents:n0} documents came; the run gives no figure.");
        } while (clock.Elapsed < length);
        var read = latencies.Count * documents;
        return new Outcome(read, read, clock.Elapsed, latencies, 0);
    }

    /// <summary>
    /// Writes one document, waits until every subscriber was told of it, and writes the next, for some time; latencies are
    /// those of single deliveries, from the beginning of the write on.
    /// </summary>
    /// <exception cref="LoadException">Somebody was not told, or more than once.</exception>
    public static async Task<Outcome> FanOutAsync(
        Peer peer,
        string collection,
        Deliveries deliveries,
        TimeSpan length,
        CancellationToken cancellation
    )
    {
        var clock = Stopwatch.StartNew();
        deliveries.Restart();
        do
        {
            var all = deliveries.Expect();
            await peer.WriteAsync(0, collection, cancellation);
            try
            {
                await all.WaitAsync(Patience, cancellation);
            }
            catch (TimeoutException)
            {
                throw new LoadException($"{deliveries.Missing} subscribers were not told; the run gives no figure.");
            }
        } while (clock.Elapsed < length);
        return deliveries.Outcome(clock.Elapsed);
    }
}
