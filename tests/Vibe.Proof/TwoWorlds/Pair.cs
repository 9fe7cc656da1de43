using System.Globalization;
using Grpc.Core;

namespace Vibe.Proof.TwoWorlds;

/// <summary>A history and its twin, run side by side, and what their watchers were told.</summary>
internal sealed class Pair
{
    private readonly StageClock _clock;
    private readonly World[] _worlds;
    private readonly Watcher[] _watchers;
    private readonly List<string> _story = [];
    private int _compared;

    private Pair(StageClock clock, History history, World[] worlds)
    {
        (_clock, History, _worlds) = (clock, history, worlds);
        _watchers = [.. worlds.Select(world => new Watcher(world, history))];
    }

    public History History { get; }

    /// <summary>The first thing that tells the worlds apart, with the story that led to it.</summary>
    public string? Difference { get; private set; }

    /// <summary>How many times something hidden was committed between two reads, in one world or in both.</summary>
    public int HiddenBetweenReads { get; private set; }

    /// <summary>How many lines the watchers wrote down.</summary>
    public int Reads => _compared;

    public static async Task<Pair> RunAsync(Stage stage, int seed)
    {
        var history = new History(seed);
        var pair = new Pair(
            stage.Clock,
            history,
            await Task.WhenAll(World.MakeAsync(stage, history, 0), World.MakeAsync(stage, history, 1))
        );
        var difference = await pair.PlayAsync();
        if (difference is not null)
            pair.Difference = string.Create(
                CultureInfo.InvariantCulture,
                $"VIBE_SEED={seed} VIBE_HISTORIES=1 ({history.Sight} over {history.Protocol}, {string.Join(' ', history.Members)}) tells two worlds apart:\n{difference}\nafter:\n{string.Join('\n', pair._story)}"
            );
        return pair;
    }

    private async Task<string?> PlayAsync()
    {
        try
        {
            foreach (var step in History.Steps)
            {
                _story.Add($"{_clock.GetUtcNow():HH:mm:ss.fff} {step.Story}");
                await PassAsync(step.Pause);
                var hidden = _worlds.Sum(world => world.HiddenCommits);
                await BothAsync((world, watcher) => DoAsync(step, world, watcher));
                if (_worlds.Sum(world => world.HiddenCommits) > hidden)
                    HiddenBetweenReads++;
                if (Compare() is { } difference)
                    return difference;
            }
            return null;
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException or RpcException)
        {
            return Compare() ?? exception.ToString();
        }
        finally
        {
            foreach (var watcher in _watchers)
                await watcher.DisposeAsync();
        }
    }

    // Stops at each moment at which the streams have to speak, and hears them.
    private async Task PassAsync(TimeSpan time)
    {
        var until = _clock.GetUtcNow() + time;
        while (_watchers[0].NextHeartbeat is { } beat && beat <= until)
        {
            _clock.SetUtcNow(beat);
            await BothAsync((_, watcher) => watcher.HearHeartbeatAsync());
        }
        _clock.SetUtcNow(until);
    }

    // Every hidden step lies between two reads: the watcher reads before the first step and after the last.
    private async Task DoAsync(Step step, World world, Watcher watcher)
    {
        var deed = world == _worlds[0] ? step.Left : step.Right;
        if (step.Look is { } look)
            await look(watcher);
        else if (deed is not null && step.IsHidden)
            await world.HideAsync(deed);
        else if (deed is not null)
        {
            await world.DoAsync(deed);
            await watcher.SettleAsync(step.Moves);
        }
    }

    private Task BothAsync(Func<World, Watcher, Task> work) =>
        Task.WhenAll(_worlds.Zip(_watchers, (world, watcher) => Task.Run(() => work(world, watcher))));

    private string? Compare()
    {
        var (left, right) = (_watchers[0].Lines, _watchers[1].Lines);
        for (var i = _compared; i < Math.Max(left.Count, right.Count); i++)
        {
            var (one, other) = (left.ElementAtOrDefault(i), right.ElementAtOrDefault(i));
            if (one != other)
                return $"{Apart(one ?? "nothing", other ?? "nothing")}\nbefore: {Short(left.ElementAtOrDefault(i - 1) ?? "")}";
        }
        _compared = left.Count;
        return null;
    }

    // The place at which two lines part, with a little before it.
    private static string Apart(string left, string right)
    {
        var same = left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count();
        var from = Math.Max(0, same - 100);
        return $"{Short(left[..same])}\nleft:  …{Short(left[from..])}\nright: …{Short(right[from..])}";
    }

    private static string Short(string line) => line.Length > 700 ? line[..700] + "…" : line;
}
