using Vibe.Sync.Subscriptions;

namespace Vibe.Server.Tests.Sync;

/// <summary>Who has a stream, where signals, timers and its client meet.</summary>
public sealed class RestTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_stream_that_was_claimed_is_woken_when_it_is_let_go_and_not_before()
    {
        var rest = new Rest();
        rest.Begin(once: false);
        Assert.True(rest.TryClaim());
        var woken = rest.UntilWokenAsync(Never);

        rest.Wake();
        var wasEarly = woken.IsCompleted;
        rest.LetGo(awake: false);
        await woken.WaitAsync(Follower.Limit, Never);

        Assert.False(wasEarly);
        Assert.False(rest.TryClaim());
    }

    [Fact]
    public async Task A_call_that_is_cancelled_waits_for_whoever_claimed_its_stream()
    {
        var rest = new Rest();
        using var call = new CancellationTokenSource();
        rest.Begin(once: false);
        Assert.True(rest.TryClaim());
        var woken = rest.UntilWokenAsync(call.Token);

        await call.CancelAsync();
        var wasEarly = woken.IsCompleted;
        rest.LetGo(awake: false);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => woken.WaitAsync(Follower.Limit, Never));
        Assert.False(wasEarly);
    }

    [Fact]
    public async Task A_stream_rests_on_after_it_was_served_and_can_be_claimed_again()
    {
        var rest = new Rest();
        rest.Begin(once: false);
        var woken = rest.UntilWokenAsync(Never);

        for (var i = 0; i < 3; i++)
        {
            Assert.True(rest.TryClaim());
            Assert.False(rest.TryClaim());
            rest.LetGo(awake: false);
        }

        Assert.False(woken.IsCompleted);
        Assert.True(rest.TryClaim());
        rest.LetGo(awake: true);
        await woken.WaitAsync(Follower.Limit, Never);
    }

    [Fact]
    public async Task A_stream_that_asked_to_be_woken_once_it_was_served_is()
    {
        var rest = new Rest();
        rest.Begin(once: true);
        Assert.True(rest.TryClaim());
        rest.LetGo(awake: false);

        await rest.UntilWokenAsync(Never).WaitAsync(Follower.Limit, Never);
    }

    [Fact]
    public async Task Nobody_is_left_behind_and_no_two_have_a_stream_at_once()
    {
        var rest = new Rest();
        var (served, owners, most) = (0, 0, 0);
        using var end = new CancellationTokenSource();
        void Have()
        {
            InterlockedMax(ref most, Interlocked.Increment(ref owners));
            Interlocked.Decrement(ref owners);
        }
        var servers = Enumerable
            .Range(0, 2)
            .Select(_ =>
                Task.Run(
                    () =>
                    {
                        while (!end.IsCancellationRequested)
                            if (rest.TryClaim())
                            {
                                Have();
                                rest.LetGo(awake: Interlocked.Increment(ref served) % 3 == 0);
                            }
                            else
                                Thread.Yield();
                    },
                    Never
                )
            )
            .ToList();

        for (var i = 0; i < 2000; i++)
        {
            rest.Begin(once: false);
            if (i % 2 == 0)
                rest.Wake();
            await rest.UntilWokenAsync(Never).WaitAsync(Follower.Limit, Never);
            Have();
        }
        await end.CancelAsync();
        await Task.WhenAll(servers);

        Assert.Equal(1, most);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref most)) && Interlocked.CompareExchange(ref most, value, seen) != seen)
        { }
    }
}
