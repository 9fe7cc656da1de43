using System.Threading.Channels;

namespace Vibe.Load.Twin;

/// <summary>Commits together whatever waits, so that those who wait share the sync of the disk.</summary>
internal sealed class GroupCommit
{
    private const int MostEntries = 1000;

    private readonly Channel<(Entry[] Entries, TaskCompletionSource Done)> _waiting = Channel.CreateUnbounded<(
        Entry[],
        TaskCompletionSource
    )>();

    public GroupCommit(Table table)
    {
        for (var writer = 0; writer < table.Writers; writer++)
            _ = Task.Factory.StartNew(() => WriteAsync(table), TaskCreationOptions.LongRunning);
    }

    public Task CommitAsync(params Entry[] entries)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Writer.TryWrite((entries, done));
        return done.Task;
    }

    private async Task WriteAsync(Table table)
    {
        var (group, waiting) = (new List<Entry>(), new List<TaskCompletionSource>());
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < MostEntries && _waiting.Reader.TryRead(out var next))
            {
                group.AddRange(next.Entries);
                waiting.Add(next.Done);
            }
            if (group.Count == 0)
                continue;
            await table.CommitAsync(group);
            waiting.ForEach(done => done.SetResult());
            group.Clear();
            waiting.Clear();
        }
    }
}
