using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>A unary call whose answer is not looked at.</summary>
internal sealed class RawCall : RawStream
{
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the call, and fails as it does.</summary>
    public Task Answered => _answered.Task;

    public override void End(string? failure, long at)
    {
        if (failure is null)
            _answered.SetResult();
        else
            _answered.SetException(new LoadException(failure));
    }

    protected override void TakeMessage(ReadOnlySpan<byte> message, long at) { }
}
