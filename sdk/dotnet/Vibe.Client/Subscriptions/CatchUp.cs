using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// Takes a scope that left the stream up to the present at its reader's pace, page by page, and has it join again. A
/// reader that is slow so holds up nobody, and a scope that is refused is told so alone.
/// </summary>
internal sealed class CatchUp(Connection connection, Subscription scope)
{
    // As much as the server gives to a stream at once.
    private const int ChangesAtOnce = 400;

    public async Task RunAsync(TimeSpan pause)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(connection.Closing, scope.Left);
        try
        {
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, connection.Time, stop.Token).ConfigureAwait(false);
            }

            if (await IsGoingOnAsync(stop.Token).ConfigureAwait(false))
            {
                connection.Streams.Join(scope);
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Nobody reads it any more.
        }
        catch (Exception defect)
        {
            scope.End(defect);
        }
    }

    private async Task<bool> IsGoingOnAsync(CancellationToken stop)
    {
        while (true)
        {
            await scope.HasRoomAsync(stop).ConfigureAwait(false);
            try
            {
                var response = await PullAsync(stop).ConfigureAwait(false);
                connection.Spaces.Learn(scope.SpaceId, response.Collection);
                var page = scope.State.Take(response.Page, connection.Time.GetUtcNow());
                scope.Give(page);
                if (page.IsLive)
                {
                    // A reader that is at its last page again will not be back here with the next one.
                    await scope.IsTakenAsync(stop).ConfigureAwait(false);
                    return true;
                }
            }
            catch (VibeException failure) when (!stop.IsCancellationRequested)
            {
                var recovery = scope.State.Fail(failure, Random.Shared.NextDouble());
                switch (recovery.Step)
                {
                    case NextStep.Anew:
                        continue;

                    case NextStep.Again:
                        // The stream knows how to wait for a server that is away.
                        scope.LoseTouch(failure);
                        await Task.Delay(recovery.Delay, connection.Time, stop).ConfigureAwait(false);
                        return true;

                    default:
                        scope.End(failure);
                        return false;
                }
            }
        }
    }

    private Task<PullResponse> PullAsync(CancellationToken stop) =>
        connection.CallAsync(
            Rpc.Pull,
            call =>
                connection.Sync.PullAsync(new PullRequest { Scope = scope.ToScope(), PageSize = ChangesAtOnce }, call),
            timeout: null,
            stop,
            forgetTokens: scope.ForgetTokens
        );
}
