using System.Diagnostics;

namespace Vibe.Storage.Spaces;

/// <summary>What somebody wants written in a space, from the moment it waits until its outcome is known.</summary>
/// <param name="lane">Where it waits.</param>
/// <param name="holder">Whose share of the queue it takes; nothing for the space's owner and the server itself.</param>
/// <param name="questions">What it will want to know.</param>
internal abstract class Work(Lane lane, string? holder, IReadOnlyList<Question> questions)
{
    public Lane Lane { get; } = lane;

    public string? Holder { get; } = holder;

    public IReadOnlyList<Question> Questions { get; } = questions;

    /// <summary>The recorded span of the call that it came with, or none.</summary>
    public ActivityContext Span { get; } = Activity.Current is { Recorded: true } span ? span.Context : default;

    /// <summary>Carries it out. What it throws, it throws for itself alone.</summary>
    public abstract Task RunAsync(Turn turn);

    /// <summary>Gives its result to whoever waits for it.</summary>
    public abstract void Succeed(Moment moment);

    /// <summary>Tells whoever waits for it why there is no result.</summary>
    public abstract void Fail(Exception exception);
}

internal sealed class Work<T>(
    Lane lane,
    string? holder,
    IReadOnlyList<Question> questions,
    Func<Turn, CancellationToken, Task<T>> work
) : Work(lane, holder, questions)
{
    private readonly TaskCompletionSource<(T, Moment)> _outcome = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    // The group runs on nobody's behalf; what logs and traces say of a work belongs to the call that it came with.
    private readonly ExecutionContext? _origin = ExecutionContext.Capture();

    private T _result = default!;

    public Task<(T Result, Moment Moment)> Outcome => _outcome.Task;

    public override Task RunAsync(Turn turn)
    {
        if (_origin is null)
            return KeepAsync(turn);
        var running = Task.CompletedTask;
        ExecutionContext.Run(_origin, _ => running = KeepAsync(turn), null);
        return running;
    }

    public override void Succeed(Moment moment) => _outcome.TrySetResult((_result, moment));

    public override void Fail(Exception exception) => _outcome.TrySetException(exception);

    // Whoever asked may be gone: once its turn has begun, a work is carried out.
    private async Task KeepAsync(Turn turn) => _result = await work(turn, CancellationToken.None);
}
