using Grpc.Core;

namespace Vibe.Client.Calls;

/// <summary>Keeps the present access token and asks the source for the next, one question at a time.</summary>
internal sealed class TokenCache(TokenSource source, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private AccessToken? _present;
    private DateTimeOffset _renewAt;
    private Task<AccessToken>? _question;

    /// <summary>Gives a token to call with.</summary>
    /// <exception cref="VibeException">The source failed (UNAVAILABLE) or gave nothing (UNAUTHENTICATED).</exception>
    public async Task<AccessToken> GetAsync(CancellationToken cancellationToken)
    {
        AccessToken? standing;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_present is not null && now < _renewAt)
            {
                return _present;
            }

            standing = _present is { ExpiresAt: { } end } && now < end ? _present : null;
        }

        try
        {
            return await AskAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VibeException failure) when (standing is not null && failure.Code == StatusCode.Unavailable)
        {
            return standing;
        }
    }

    /// <summary>
    /// Gives the token that follows one which the server refused; null when there is none: signed out.
    /// </summary>
    /// <exception cref="VibeException">The source failed.</exception>
    public async Task<AccessToken?> AfterRefusalAsync(AccessToken refused, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_present is not null && _present.Value != refused.Value)
            {
                return _present;
            }

            _present = null;
        }

        try
        {
            var next = await AskAsync(cancellationToken).ConfigureAwait(false);
            return next.Value == refused.Value ? null : next;
        }
        catch (VibeException signedOut) when (signedOut.Code == StatusCode.Unauthenticated)
        {
            return null;
        }
    }

    /// <summary>Asks for a newer token ahead of time, where that can bring one.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var isFar = _present?.ExpiresAt is { } end && end - time.GetUtcNow() > 2 * RenewBefore;
            if (source.IsFixed || isFar)
            {
                return;
            }
        }

        try
        {
            await AskAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (VibeException failure) when (failure.Code == StatusCode.Unavailable)
        {
            // The present token may still do; whoever needs one asks again.
        }
    }

    private Task<AccessToken> AskAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<AccessToken> answer;
        lock (_lock)
        {
            if (_question is not null)
            {
                return _question.WaitAsync(cancellationToken);
            }

            answer = new TaskCompletionSource<AccessToken>(TaskCreationOptions.RunContinuationsAsynchronously);
            _question = answer.Task;
        }

        // On its own: the caller that asked first may give up while others wait for the same answer.
        _ = Task.Run(() => FetchAsync(answer), CancellationToken.None);
        return answer.Task.WaitAsync(cancellationToken);
    }

    private async Task FetchAsync(TaskCompletionSource<AccessToken> answer)
    {
        AccessToken? token = null;
        VibeException? failure = null;
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            token = await source.FetchAsync(patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            if (token is null)
            {
                failure = new VibeException(
                    StatusCode.Unauthenticated,
                    Reason.AccessTokenMissing,
                    "The token source gave no token: signed out."
                );
            }
        }
        catch (Exception cause)
        {
            failure =
                cause as VibeException
                ?? new VibeException(StatusCode.Unavailable, null, "The token source failed.", null, cause)
                {
                    IsRetryable = true,
                };
        }

        lock (_lock)
        {
            _question = null;
            if (token is not null)
            {
                _present = token;
                _renewAt = RenewalOf(token);
            }
            else if (failure is { Code: StatusCode.Unauthenticated })
            {
                _present = null;
            }
        }

        if (failure is null)
        {
            answer.SetResult(token!);
        }
        else
        {
            answer.SetException(failure);
            _ = answer.Task.Exception;
        }
    }

    private DateTimeOffset RenewalOf(AccessToken token)
    {
        if (token.ExpiresAt is not { } end)
        {
            return DateTimeOffset.MaxValue;
        }

        // A token that lives shorter than two minutes is renewed at half its life, or every call would ask.
        var now = time.GetUtcNow();
        var half = now + ((end - now) / 2);
        return end - RenewBefore > half ? end - RenewBefore : half;
    }
}
