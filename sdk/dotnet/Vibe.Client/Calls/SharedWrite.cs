using Grpc.Core;
using Vibe.Data.V1;

namespace Vibe.Client.Calls;

/// <summary>
/// Writes of several callers that go as one batch, which the server carries out all or none: followers may see them in one
/// step. It has a key of its own, and the latest of the deadlines; whose deadline comes before, or who gives up, is not
/// waited for. Where the server refuses it for what one of them is, each goes again alone and gets its own answer.
/// </summary>
internal sealed class SharedWrite(WriteQueue queue, IReadOnlyList<WaitingWrite> members)
{
    /// <summary>How many go together.</summary>
    public const int MostWrites = 100;

    /// <summary>How large the message may be: where one document can pass, this can.</summary>
    public const int MostBytes = 256 << 10;

    private readonly CancellationTokenSource _abandoned = new();
    private int _waiting = members.Count;

    public IReadOnlyList<WaitingWrite> Members => members;

    /// <summary>Notes that a caller gave up; the last of them ends it.</summary>
    public void Left()
    {
        if (--_waiting == 0)
        {
            _ = _abandoned.CancelAsync();
        }
    }

    /// <summary>Sends it, and tells each caller what became of its write. It throws nothing.</summary>
    public async Task RunAsync()
    {
        WaitingWrite[] going = [.. members.Where(write => !write.HasLeft)];
        var isToGoAlone = going.Length > 0 && !await IsSettledAsync(going).ConfigureAwait(false);
        queue.Settle(this, isToGoAlone);
        _abandoned.Dispose();
    }

    private async Task<bool> IsSettledAsync(WaitingWrite[] going)
    {
        var connection = going[0].Batch.Connection;
        var batch = new Batch(going[0].Batch.Space, [.. going.SelectMany(write => write.Batch.Writes)], null);
        var remaining = going.Max(write => write.Remaining);
        var call = new Call(connection, Rpc.BatchWrite, remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
        try
        {
            var response = await call.RunAsync(
                    batch.Send,
                    gate: null,
                    forgetTokens: null,
                    CancellationToken.None,
                    _abandoned.Token
                )
                .ConfigureAwait(false);
            batch.Acknowledge(response);
            Answer(going, response, call);
            return true;
        }
        catch (VibeException refusal) when (RetryRules.IsForOneOfSeveral(refusal) && !IsOpen(refusal, call))
        {
            if (refusal.Reason == Reason.TooManyItems)
            {
                queue.TakeFewer(going.Length);
            }

            Log.GoingAlone(connection.Logger, going.Length, refusal.Code, refusal.Reason?.Value);
            return false;
        }
        catch (VibeException late) when (late.Code == StatusCode.DeadlineExceeded && call.Remaining <= TimeSpan.Zero)
        {
            // So it is for the last of them, who says so in its own words.
            return true;
        }
        catch (Exception error)
        {
            foreach (var write in going)
            {
                write.Fail(AsForOne(error, call), call, going.Length);
            }

            return true;
        }
    }

    private static void Answer(WaitingWrite[] going, BatchWriteResponse response, Call call)
    {
        for (var index = 0; index < going.Length; index++)
        {
            var own = new BatchWriteResponse
            {
                Results = { response.Results[index] },
                ConsistencyToken = response.ConsistencyToken,
            };
            going[index].Answer(own, call, going.Length);
        }
    }

    // The server looks at permissions before it looks for a repetition, so a refusal of the second attempt says nothing of
    // the first.
    private static bool IsOpen(VibeException refusal, Call call) =>
        call.MayBeDone && refusal.Code == StatusCode.PermissionDenied;

    private static Exception AsForOne(Exception error, Call call) =>
        error switch
        {
            VibeException refusal when IsOpen(refusal, call) => new VibeException(
                StatusCode.Unknown,
                Reason.OutcomeUnknown,
                "An answer was lost, and permissions changed before it could be asked for again.",
                refusal.RequestId,
                refusal
            ),
            VibeException failure => failure.Copy(),
            _ => error,
        };
}
