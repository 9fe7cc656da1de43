using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>One call from its first attempt to its outcome.</summary>
internal sealed class Call(Connection connection, Rpc rpc, TimeSpan timeout)
{
    private readonly long _began = connection.Time.GetTimestamp();
    private bool _isRenewed;
    private AccessToken? _token;
    private string _address = "";
    private VibeException? _last;

    public int Attempts { get; private set; }

    /// <summary>How many writes of several callers went together, this one among them; 0 where it went alone.</summary>
    public int Together { get; private set; }

    /// <summary>True when an attempt was lost that may have been carried out.</summary>
    public bool MayBeDone { get; private set; }

    public TimeSpan Elapsed => connection.Time.GetElapsedTime(_began);

    public TimeSpan Remaining => timeout - Elapsed;

    /// <summary>Notes the attempts of a call that several share.</summary>
    public void TookPart(Call shared, int writes) => (Attempts, Together) = (shared.Attempts, writes);

    public async Task<TResponse> RunAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> send,
        Gate<TResponse>? gate,
        Func<bool>? forgetTokens,
        CancellationToken closed,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(timeout, connection.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, closed, cancellationToken);
        var ends = stop.Token;
        try
        {
            return gate is null
                ? await AttemptsAsync(send, forgetTokens, ends).ConfigureAwait(false)
                : await gate(this, () => AttemptsAsync(send, forgetTokens, ends), ends).ConfigureAwait(false);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(closed.IsCancellationRequested, typeof(VibeClient));
            throw DeadlineExceeded();
        }
    }

    private async Task<TResponse> AttemptsAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> send,
        Func<bool>? forgetTokens,
        CancellationToken stop
    )
    {
        while (true)
        {
            try
            {
                return await AttemptAsync(send, stop).ConfigureAwait(false);
            }
            catch (VibeException error) when (!stop.IsCancellationRequested)
            {
                await PrepareNextAsync(error, forgetTokens, stop).ConfigureAwait(false);
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
        var remaining = Remaining;
        var deadline = DateTime.UtcNow + (remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero);
        var options = new CallOptions(headers, deadline, stop);
        try
        {
            _address = connection.Endpoints.Of(rpc.Package);
            using var attempt = send(options);
            connection.Endpoints.AskBeside();
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
        if (await HasMovedAsync(error, stop).ConfigureAwait(false))
        {
            return;
        }

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
                MayBeDone |= !rpc.IsRead && RetryRules.LeavesOutcomeOpen(error);
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

    /// <summary>True when the address did not serve the method, so that nothing was done, and another one may.</summary>
    private async Task<bool> HasMovedAsync(VibeException error, CancellationToken stop)
    {
        if (error.Code == StatusCode.Unavailable)
        {
            connection.Endpoints.Doubt(_address);
        }

        return error.Reason == Reason.MethodUnknown
            && await connection.Endpoints.HasMovedAsync(rpc.Package, _address, stop).ConfigureAwait(false);
    }

    private VibeException Final(VibeException error) => MayBeDone ? error.WithUnknownOutcome() : error;

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
