namespace Vibe.Server.Tests.Hostile;

/// <summary>
/// What this process holds in memory when all that can be collected is: ordinary objects, pinned ones (blocks of
/// connections), and large ones, among which are the arrays of pools.
/// </summary>
internal readonly record struct Held(long Small, long Pinned, long Large)
{
    private const int RoundsInARow = 3;
    private const int MaxRounds = 24;

    /// <summary>
    /// Does something again and again, until it leaves nothing behind some times in a row, or does not get there. What stays
    /// behind each time grows each time; pools and caches grow now and then.
    /// </summary>
    /// <param name="again">What is done.</param>
    /// <param name="calls">How often it does what may leave something behind.</param>
    /// <returns>How much more was held after each round, and whether it settled.</returns>
    public static async Task<(bool Settled, IReadOnlyList<Held> Rounds)> SettlesAsync(Func<Task> again, int calls)
    {
        // Less than the least of its kind that could be kept of a call.
        var slack = new Held(200L * calls, 2_000L * calls, 80_000L * calls);
        await again();
        var rounds = new List<Held>();
        var before = Now();
        var inARow = 0;
        while (inARow < RoundsInARow && rounds.Count < MaxRounds)
        {
            await again();
            var now = Now();
            var grown = new Held(now.Small - before.Small, now.Pinned - before.Pinned, now.Large - before.Large);
            inARow = grown.IsWithin(slack) ? inARow + 1 : 0;
            rounds.Add(grown);
            before = now;
        }
        return (inARow == RoundsInARow, rounds);
    }

    private bool IsWithin(Held slack) => Small <= slack.Small && Pinned <= slack.Pinned && Large <= slack.Large;

    private static Held Now()
    {
        // What has a finalizer is gone with the collection after it ran.
        for (var times = 0; times < 3; times++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        // Generations 0 to 2, large objects, pinned objects; without the holes between them.
        var sizes = GC.GetGCMemoryInfo(GCKind.FullBlocking).GenerationInfo;
        return new Held(Size(sizes[0]) + Size(sizes[1]) + Size(sizes[2]), Size(sizes[4]), Size(sizes[3]));
    }

    private static long Size(GCGenerationInfo generation) =>
        generation.SizeAfterBytes - generation.FragmentationAfterBytes;
}
