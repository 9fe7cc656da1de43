using Vibe.Storage.Spaces;

namespace Vibe.Storage.Tests.Spaces;

public sealed class SpaceSignalTests
{
    private readonly SpaceSignal _signal = new(new Clock(TimeProvider.System));

    [Fact]
    public void Who_listens_is_woken_for_its_own_key_until_it_stops()
    {
        var woken = 0;
        var listening = _signal.Listen("a", () => woken++);

        _signal.Raise("a");
        _signal.Raise("b");
        Assert.Equal(1, woken);

        listening.Dispose();
        _signal.Raise("a");
        Assert.Equal(1, woken);
        Assert.Empty(_signal.Watched);
    }

    [Fact]
    public void What_is_raised_here_is_carried_on_and_what_is_delivered_is_not()
    {
        var raised = new List<string>();
        var woken = 0;
        _signal.Raised += (key, _) => raised.Add(key);
        using var listening = _signal.Listen("a", () => woken++);

        _signal.Raise("a");
        _signal.Deliver("a");

        Assert.Equal(["a"], raised);
        Assert.Equal(2, woken);
    }

    [Fact]
    public void Who_is_woken_may_stop_and_begin_listening()
    {
        var woken = new List<string>();
        IDisposable? first = null;
        IDisposable? third = null;
        first = _signal.Listen(
            "a",
            () =>
            {
                woken.Add("first");
                first!.Dispose();
                third ??= _signal.Listen("a", () => woken.Add("third"));
            }
        );
        using var second = _signal.Listen("a", () => woken.Add("second"));

        _signal.Raise("a");
        Assert.Equal(["first", "second"], woken.Order());
        _signal.Raise("a");
        Assert.Equal(["first", "second", "second", "third"], woken.Order());
        third!.Dispose();
    }

    [Fact]
    public void Stopping_twice_stops_nobody_else()
    {
        var woken = 0;
        void Wake() => woken++;
        var first = _signal.Listen("a", Wake);
        using var second = _signal.Listen("a", Wake);

        first.Dispose();
        first.Dispose();

        _signal.Raise("a");
        Assert.Equal(1, woken);
    }

    [Fact]
    public async Task A_listener_is_never_lost_between_others_that_come_and_go()
    {
        using var stop = new CancellationTokenSource();
        var noise = Enumerable
            .Range(0, 3)
            .Select(_ =>
                Task.Run(() =>
                {
                    while (!stop.IsCancellationRequested)
                    {
                        _signal.Listen("a", () => { }).Dispose();
                        _signal.Raise("a");
                    }
                })
            )
            .ToArray();

        for (var n = 0; n < 2000; n++)
        {
            var woken = false;
            using (_signal.Listen("a", () => Volatile.Write(ref woken, true)))
                _signal.Raise("a");
            Assert.True(Volatile.Read(ref woken));
        }

        await stop.CancelAsync();
        await Task.WhenAll(noise);
        Assert.Empty(_signal.Watched);
    }
}
