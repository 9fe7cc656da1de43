using Vibe.Data.V1;

namespace Vibe.Client.Calls;

/// <summary>A request that waits for its place; <see cref="WriteQueue"/> guards it by its lock.</summary>
internal sealed class WaitingWrite(Call call, Batch batch, bool mayShare)
{
    private TaskCompletionSource<WriteTurn> _turn = NewTurn();
    private string[]? _documents;
    private int? _size;

    public Batch Batch => batch;

    /// <summary>Where it stands, while it waits.</summary>
    public LinkedListNode<WaitingWrite>? Place { get; set; }

    /// <summary>What it goes with, until that is settled.</summary>
    public SharedWrite? Shared { get; set; }

    public bool MayShare { get; private set; } = mayShare;

    /// <summary>True when its caller waits no more.</summary>
    public bool HasLeft { get; private set; }

    public string[] Documents => _documents ??= [.. batch.Documents];

    public int Size => _size ??= batch.Size;

    public TimeSpan Remaining => call.Remaining;

    public Task<WriteTurn> Turn => _turn.Task;

    /// <summary>Whether another may go along; a batch calls its space by one name.</summary>
    public bool MayTake(WaitingWrite other) => MayShare && other.MayShare && batch.Space.Name == other.Batch.Space.Name;

    /// <summary>Gives it a place of its own.</summary>
    public void Go() => _turn.SetResult(default);

    /// <summary>Lets it start what it shares with others, and wait on.</summary>
    public void Lead(SharedWrite shared)
    {
        var turn = _turn;
        _turn = NewTurn();
        turn.SetResult(new WriteTurn(shared, null));
    }

    /// <summary>Lets it wait for a place of its own.</summary>
    public void GoAlone() => (Shared, MayShare) = (null, false);

    public void Leave(CancellationToken stop)
    {
        HasLeft = true;
        _turn.TrySetCanceled(stop);
    }

    public void Answer(BatchWriteResponse response, Call shared, int writes)
    {
        call.TookPart(shared, writes);
        _turn.TrySetResult(new WriteTurn(null, response));
    }

    public void Fail(Exception error, Call shared, int writes)
    {
        call.TookPart(shared, writes);
        _turn.TrySetException(error);
    }

    private static TaskCompletionSource<WriteTurn> NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
