using System.Diagnostics;
using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>Many followers on a few connections.</summary>
internal sealed class Audience : IAsyncDisposable
{
    /// <summary>What the reports call it.</summary>
    public const string Driver = "raw HTTP/2";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<RawConnection> _connections = [];
    private readonly TaskCompletionSource<long> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<int, long> _arrived;
    private readonly bool _mayEnd;

    private Audience(int followers, IReadOnlyList<Following> following, Action<int, long> arrived, bool mayEnd)
    {
        (_arrived, _mayEnd) = (arrived, mayEnd);
        (Complete, Ended) = (new Countdown(followers), new Countdown(followers));
        Followers =
        [
            .. Enumerable.Range(0, followers).Select(each => new Follower(following[each % following.Count], this)),
        ];
    }

    public IReadOnlyList<Follower> Followers { get; }

    /// <summary>Counts those who have everything.</summary>
    public Countdown Complete { get; }

    /// <summary>Counts those who were told that nothing more comes.</summary>
    public Countdown Ended { get; }

    /// <summary>The documents that all of them have received.</summary>
    public long Documents => Followers.Sum(follower => follower.Documents);

    /// <summary>The bytes of the messages that brought them.</summary>
    public long Bytes => Followers.Sum(follower => follower.Bytes);

    /// <summary>How many streams are open.</summary>
    public int Open =>
        Followers.Count(follower => follower is { CompleteAt: not null, EndedAt: null, HasEnded: false });

    /// <summary>Connects; nobody follows yet.</summary>
    /// <param name="addresses">Where to, in turn.</param>
    /// <param name="shape">How many connections, and followers on each.</param>
    /// <param name="following">What they follow, in turn.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="arrived">Hears how many documents a message brought, and when, on the threads that read.</param>
    /// <param name="mayEnd">Whether the server may end a stream; else it is an error.</param>
    public static async Task<Audience> ConnectAsync(
        IReadOnlyList<Uri> addresses,
        Shape shape,
        IReadOnlyList<Following> following,
        CancellationToken cancellation,
        Action<int, long>? arrived = null,
        bool mayEnd = false
    )
    {
        var audience = new Audience(shape.InFlight, following, arrived ?? ((_, _) => { }), mayEnd);
        try
        {
            for (var connection = 0; connection < shape.Connections; connection++)
                audience._connections.Add(
                    await RawConnection.OpenAsync(addresses[connection % addresses.Count], cancellation)
                );
            return audience;
        }
        catch
        {
            await audience.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets all of them follow, and gives the moment.</summary>
    public long Follow()
    {
        var began = Stopwatch.GetTimestamp();
        for (var follower = 0; follower < Followers.Count; follower++)
            _connections[follower % _connections.Count].Call(Followers[follower].Call, Followers[follower]);
        return began;
    }

    /// <summary>Waits, and gives the moment at which it happened for the last time.</summary>
    /// <exception cref="LoadException">It takes too long, or a stream has failed.</exception>
    public async Task<long> WaitAsync(Countdown countdown, CancellationToken cancellation)
    {
        var first = Task.WhenAny(_failed.Task, countdown.Done);
        await InTimeAsync(first, countdown, cancellation);
        return await await first;
    }

    /// <summary>Waits for deliveries, and for the call that causes them.</summary>
    /// <exception cref="LoadException">It takes too long, or the call or a stream has failed.</exception>
    public async Task WaitAsync(Countdown deliveries, Task call, CancellationToken cancellation)
    {
        var delivered = WaitAsync(deliveries, cancellation);
        if (await Task.WhenAny(delivered, call) == call)
            await call;
        await delivered;
        await InTimeAsync(call, deliveries, cancellation);
    }

    /// <summary>Hears of documents that a follower has received.</summary>
    public void Arrived(int documents, long at) => _arrived(documents, at);

    /// <summary>Hears that a stream has ended, which is well where the follower knew it, or had everything.</summary>
    public void HasEnded(Follower follower, string? failure)
    {
        var isWell = follower.EndedAt is not null ? _mayEnd : failure is null && follower.CompleteAt is not null;
        if (!isWell)
            _failed.TrySetException(new LoadException(failure ?? "A stream ended before it was complete."));
    }

    private static async Task InTimeAsync(Task task, Countdown countdown, CancellationToken cancellation)
    {
        try
        {
            await task.WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException)
        {
            throw new LoadException($"After {Patience.TotalSeconds} s there were only {countdown}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
        // Whoever did not wait does not ask why it failed either.
        _ = _failed.Task.Exception;
    }
}
