using Vibe.Load.Measures;

namespace Vibe.Load.Peers;

/// <summary>
/// A system whose users also write small things, catch up with what others wrote, and are told of what is written: started
/// for the run, as a process of its own.
/// </summary>
internal abstract class Peer : IAsyncDisposable
{
    /// <summary>What is on the disk when a write is answered.</summary>
    public abstract string Durability { get; }

    /// <summary>How those who have nothing yet catch up.</summary>
    public abstract string CatchingUp { get; }

    /// <summary>How those who watch are told.</summary>
    public abstract string Watching { get; }

    /// <summary>How many can watch at once.</summary>
    public virtual int MostSubscribers => int.MaxValue;

    /// <summary>Makes an empty collection.</summary>
    public abstract Task CreateAsync(string collection, CancellationToken cancellation);

    /// <summary>Writes one more document of 1 KiB, and returns with the answer.</summary>
    /// <param name="caller">The number of the caller, which has one write in flight.</param>
    /// <param name="collection">The collection.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    public abstract Task WriteAsync(int caller, string collection, CancellationToken cancellation);

    /// <summary>Writes one more document, and gives what it is read by.</summary>
    public abstract Task<string> StoreAsync(string collection, CancellationToken cancellation);

    /// <summary>Reads what was stored, with its content.</summary>
    /// <param name="caller">The number of the caller, which has one read in flight.</param>
    /// <param name="collection">The collection.</param>
    /// <param name="stored">What it is read by.</param>
    /// <param name="cancellation">Ends the wait for the answer.</param>
    /// <returns>How many bytes of it came, at least.</returns>
    public abstract Task<int> ReadAsync(int caller, string collection, string stored, CancellationToken cancellation);

    /// <summary>Counts what is there.</summary>
    public abstract Task<long> CountAsync(string collection, CancellationToken cancellation);

    /// <summary>Reads everything that is there, with its content, as somebody who has nothing yet would before it watches.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="expected">How much that is, where no answer tells that it was the last.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>How many documents came.</returns>
    public abstract Task<long> CatchUpAsync(string collection, long expected, CancellationToken cancellation);

    /// <summary>Watches what is written from now on, and returns once nothing can be missed any more.</summary>
    /// <param name="subscriber">The number of the subscriber.</param>
    /// <param name="collection">The collection.</param>
    /// <param name="told">Called for each document that comes with its content.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public abstract Task<Watch> WatchAsync(
        int subscriber,
        string collection,
        Action told,
        CancellationToken cancellation
    );

    /// <summary>Tells what it has used.</summary>
    public abstract Usage Usage();

    public abstract ValueTask DisposeAsync();
}
