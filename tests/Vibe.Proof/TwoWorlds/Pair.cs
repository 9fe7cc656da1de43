using System.Globalization;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>A history and its twin, run side by side, and what their watchers were told.</summary>
internal sealed class Pair
{
    private Pair(History history, string? difference, int hiddenBetweenReads, int reads)
    {
        (History, Difference, HiddenBetweenReads, Reads) = (history, difference, hiddenBetweenReads, reads);
    }

    public History History { get; }

    /// <summary>The first thing that tells the worlds apart, with the story that led to it.</summary>
    public string? Difference { get; }

    /// <summary>How many times something hidden was committed between two reads, in one world or in both.</summary>
    public int HiddenBetweenReads { get; }

    /// <summary>How many lines the watchers wrote down.</summary>
    public int Reads { get; }

    public static async Task<Pair> RunAsync(Cast cast, int seed)
    {
        var history = new History(seed);
        var guest = await cast.Server.PersonAsync("bob");
        var guestApp =
            history.Sight == Sight.GuestApp
                ? (await guest.AllowAsync(cast.Masked, Cast.MaskedAccess(history.Sight, history.Members))).Actor
                : null;
        var worlds = new[]
        {
            await World.MakeAsync(cast, history.Sight, history.Members, guest, guestApp),
            await World.MakeAsync(cast, history.Sight, history.Members, guest, guestApp),
        };
        await using var left = new Watcher(worlds[0], history.Sight);
        await using var right = new Watcher(worlds[1], history.Sight);
        var told = 0;
        string? stopped = null;
        var between = 0;
        var story = new List<string>();
        try
        {
            await Task.WhenAll(left.BeginAsync(), right.BeginAsync());
            foreach (var step in history.Steps)
            {
                story.Add(step.Story);
                var hidden = worlds.Sum(world => world.HiddenCommits);
                await Task.WhenAll(
                    DoAsync(step, step.Left, worlds[0], left),
                    DoAsync(step, step.Right, worlds[1], right)
                );
                if (worlds.Sum(world => world.HiddenCommits) > hidden)
                    between++;
                if (Compare(left.Lines, right.Lines, told) is not null)
                    break;
                told = left.Lines.Count;
            }
            if (Compare(left.Lines, right.Lines, 0) is null)
                await Task.WhenAll(left.EndAsync(), right.EndAsync());
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException)
        {
            stopped = exception.ToString();
        }
        var difference = Compare(left.Lines, right.Lines, 0) ?? stopped;
        return new Pair(
            history,
            difference is null
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"VIBE_SEED={seed} VIBE_HISTORIES=1 ({history.Sight}, {string.Join(' ', history.Members)}) tells two worlds apart after:\n{string.Join('\n', story)}\n{difference}"
                ),
            between,
            left.Lines.Count
        );
    }

    // Every hidden step lies between two reads: the watcher reads before the first step and after the last.
    private static async Task DoAsync(Step step, Func<World, Task>? deed, World world, Watcher watcher)
    {
        if (step.Look is { } seed)
            await watcher.LookAsync(seed);
        else if (deed is not null && step.IsHidden)
            await world.HideAsync(deed);
        else if (deed is not null)
        {
            await World.DoAsync(() => deed(world));
            await watcher.SettleAsync();
        }
    }

    private static string? Compare(IReadOnlyList<string> left, IReadOnlyList<string> right, int from)
    {
        for (var i = from; i < Math.Max(left.Count, right.Count); i++)
        {
            var (one, other) = (left.ElementAtOrDefault(i), right.ElementAtOrDefault(i));
            if (one != other)
                return $"left:  {Short(one)}\nright: {Short(other)}\nbefore: {Short(left.ElementAtOrDefault(i - 1))}";
        }
        return null;
    }

    private static string Short(string? line) =>
        line is null ? "nothing"
        : line.Length > 1500 ? line[..1500] + "…"
        : line;
}
