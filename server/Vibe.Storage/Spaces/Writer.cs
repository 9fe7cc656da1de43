namespace Vibe.Storage.Spaces;

/// <summary>Writes in spaces, group after group, as long as works wait in one of them.</summary>
/// <param name="write">Writes a group of what waits.</param>
/// <param name="forget">Is told a queue that was closed.</param>
internal sealed class Writer(Func<IReadOnlyList<WriteQueue>, Task> write, Action<WriteQueue> forget)
{
    private static readonly ExecutionContext OnNobodysBehalf = NewContext();

    private readonly Lock _lock = new();
    private readonly Queue<WriteQueue> _open = new();
    private bool _isWriting;

    /// <summary>Takes on a queue, and begins to write unless it does so already.</summary>
    public void Open(WriteQueue queue)
    {
        lock (_lock)
        {
            _open.Enqueue(queue);
            if (_isWriting)
                return;
            _isWriting = true;
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
            await write(queues);
            foreach (var queue in queues)
                if (queue.CloseIfEmpty())
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
            _isWriting = queues.Count > 0;
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
