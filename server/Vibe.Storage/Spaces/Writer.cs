namespace Vibe.Storage.Spaces;

/// <summary>Writes in spaces, group after group, as long as works wait in one of them.</summary>
/// <param name="most">How many groups it writes at the same time, each in other spaces.</param>
/// <param name="write">Writes a group of what waits, and gives the queues whose spaces it had to leave to somebody else.</param>
/// <param name="leave">Is given those.</param>
/// <param name="forget">Is told a queue that was closed.</param>
internal sealed class Writer(
    int most,
    Func<IReadOnlyList<WriteQueue>, Task<IReadOnlyCollection<WriteQueue>>> write,
    Action<WriteQueue> leave,
    Action<WriteQueue> forget
)
{
    private static readonly ExecutionContext OnNobodysBehalf = NewContext();

    private readonly Lock _lock = new();
    private readonly Queue<WriteQueue> _open = new();
    private int _writing;

    /// <summary>Takes on a queue, and begins to write unless it does so already as often as it may.</summary>
    public void Open(WriteQueue queue)
    {
        lock (_lock)
        {
            _open.Enqueue(queue);
            if (_writing == most)
                return;
            _writing++;
        }
        // Whoever finds nobody writing begins, and finds its own outcome known where nothing has to be waited for.
        ExecutionContext.Run(OnNobodysBehalf, static writer => _ = ((Writer)writer!).WriteAsync(), this);
    }

    private async Task WriteAsync()
    {
        for (var group = 0; Next() is { Count: > 0 } queues; group++)
        {
            // Whoever began waits for no more than one group.
            if (group == 1)
                await Task.Yield();
            var left = await write(queues);
            foreach (var queue in queues)
                if (left.Contains(queue))
                    leave(queue);
                else if (queue.CloseIfEmpty())
                    forget(queue);
                else
                    lock (_lock)
                        _open.Enqueue(queue);
        }
    }

    // Those that had their turn stand behind those that had not.
    private List<WriteQueue> Next()
    {
        lock (_lock)
        {
            var queues = new List<WriteQueue>(Math.Min(_open.Count, Group.Most));
            while (queues.Count < Group.Most && _open.TryDequeue(out var queue))
                queues.Add(queue);
            if (queues.Count == 0)
                _writing--;
            return queues;
        }
    }

    private static ExecutionContext NewContext()
    {
        ExecutionContext? context = null;
        var thread = new Thread(() => context = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return context!;
    }
}
