using System.Collections.Concurrent;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// What upsets the servers of the woven build, so that schedules come about that a quiet machine never has: short waits at
/// the named places, and signals that are lost, late or doubled. An ordinary build has neither.
/// </summary>
internal static class Disturbance
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<long>> Frames = new();

    /// <summary>The header by which the servers of this process know a call again.</summary>
    public const string OperationHeader = "x-proof-operation";

    /// <summary>Whether this build has the places at which servers can be made to wait.</summary>
    public const bool Exists =
#if MUTANTS
        true;
#else
        false;
#endif

    /// <summary>The operation that calls made from here are known by.</summary>
    public static readonly AsyncLocal<string?> Operation = new();

    /// <summary>Upsets the servers of this process by chance until the result is disposed of.</summary>
    public static IDisposable Begin()
    {
#if MUTANTS
        Hosting.Pauses.Hook = WaitAsync;
        Hosting.Pauses.SignalHook = Pass;
#endif
        return new Calm();
    }

    /// <summary>Lets every place that a call passes ask what to wait for, until the result is disposed of.</summary>
    public static IDisposable Begin(Func<string, string, Task> steer)
    {
#if MUTANTS
        Hosting.Pauses.Hook = async (operation, place) =>
        {
            if (operation is not { Length: > 0 })
                return;
            await steer(operation, place);
            Note(operation, place);
        };
#endif
        return new Calm();
    }

    /// <summary>When the servers of this process were about to hand over each frame of a stream so far.</summary>
    public static long? HandedOver(string operation, int frame) =>
        Frames.TryGetValue(operation, out var moments) && frame < moments.Count ? moments.ElementAt(frame) : null;

    /// <summary>Keeps the moments of a stream, until it is forgotten.</summary>
    public static void Watch(string operation) => Frames[operation] = new ConcurrentQueue<long>();

    public static void Forget(string operation) => Frames.TryRemove(operation, out _);

#if MUTANTS
    private static async Task WaitAsync(string? operation, string place)
    {
        if (Random.Shared.Next(5) == 0)
            await Task.Delay(Random.Shared.Next(8));
        if (operation is not null)
            Note(operation, place);
    }

    private static void Note(string operation, string place)
    {
        if (place == "between encode and write" && Frames.TryGetValue(operation, out var moments))
            moments.Enqueue(Moments.Now);
    }

    private static void Pass(Action deliver)
    {
        switch (Random.Shared.Next(10))
        {
            case 0 or 1:
                return;
            case 2 or 3:
                _ = LaterAsync(deliver);
                return;
            case 4:
                deliver();
                break;
        }
        deliver();
    }

    private static async Task LaterAsync(Action deliver)
    {
        await Task.Delay(Random.Shared.Next(40));
        deliver();
    }
#endif

    private sealed class Calm : IDisposable
    {
        public void Dispose()
        {
#if MUTANTS
            Hosting.Pauses.Hook = null;
            Hosting.Pauses.SignalHook = null;
#endif
        }
    }
}
