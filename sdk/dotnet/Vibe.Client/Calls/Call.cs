using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>One call from its first attempt to its outcome.</summary>
internal sealed class Call(Connection connection, Rpc rpc, TimeSpan timeout)
{
    private readonly long _began = connection.Time.GetTimestamp();
    private bool _isRenewed;
    private bool _mayBeDone;
    private AccessToken? _token;
    private VibeException? _last;

    public int Attempts { get; private set; }

    public TimeSpan Elapsed => connection.Time.GetElapsedTime(_began);

    public async Task<TResponse> RunAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> send,
        SemaphoreSlim? places,
        Func<bool>? forgetTokens,
        CancellationToken closed,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(timeout, connection.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, closed, cancellationToken);
        var hasPlace = false;
        try
        {
            if (places is not null)
            {
                await places.WaitAsync(stop.Token).ConfigureAwait(false);
                hasPlace = true;
            }

            while (true)
            {
                try
                {
                    return await AttemptAsync(send, stop.Token).ConfigureAwait(false);
                }
                catch (VibeException error) when (!stop.IsCancellationRequested)
                {
                    await PrepareNextAsync(error, forgetTokens, stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(closed.IsCancellationRequested, typeof(VibeClient));
            throw DeadlineExceeded();
        }
        finally
        {
            if (hasPlace)
            {
                places!.Release();
            }
        }
    }

    private async Task<TResponse> AttemptAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> send,
        CancellationToken stop
    )
    {
        Attempts++;
        _token = await connection.Tokens.GetAsync(stop).ConfigureAwait(false);
        var headers = new Metadata { { "authorization", Connection.Bearer(_token) } };

        // What remains is counted by the client's clock and told on the wire's.
        var remaining = timeout - Elapsed;
        var deadline = DateTime.UtcNow + (remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
        var options = new CallOptions(headers, deadline, stop);
        try
        {
            using var attempt = send(options);
            return await attempt.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException failure)
        {
            throw VibeException.From(failure, rpc.IsRead);
        }
    }

    /// <summary>Returns when the next attempt is due, and throws when there is none.</summary>
    private async Task PrepareNextAsync(VibeException error, Func<bool>? forgetTokens, CancellationToken stop)
    {
        _last = error;
        switch (RetryRules.ForCall(error, Attempts, connection.Retry, _isRenewed))
        {
            case NextStep.WithNewToken when _token is not null:
                _isRenewed = true;
                if (await connection.Tokens.AfterRefusalAsync(_token, stop).ConfigureAwait(false) is null)
                {
                    throw Final(error);
                }

                return;

            case NextStep.WithoutTokens when forgetTokens is not null && forgetTokens():
                Log.HistoryLost(connection.Logger, rpc.Method);
                return;

            case NextStep.Again:
                _mayBeDone |= !rpc.IsRead && RetryRules.LeavesOutcomeOpen(error);
                var delay = error.RetryDelay ?? connection.Retry.DelayAfter(Attempts, Random.Shared.NextDouble());
                if (Elapsed + delay >= timeout)
                {
                    throw Final(error);
                }

                Log.TryingAgain(connection.Logger, rpc.Method, Attempts, error.Code, error.Reason?.Value);
                await Task.Delay(delay, connection.Time, stop).ConfigureAwait(false);
                return;

            default:
                throw Final(error);
        }
    }

    private VibeException Final(VibeException error) => _mayBeDone ? error.WithUnknownOutcome() : error;

    private VibeException DeadlineExceeded() =>
        new(
            StatusCode.DeadlineExceeded,
            Reason.DeadlineExceeded,
            $"The call did not end within {timeout.TotalSeconds:0.###} s.",
            null,
            _last
        )
        {
            IsRetryable = rpc.IsRead,
        };
}
