using Grpc.Core;
using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>Keeps one collection followed: opens streams, resumes them, and ends only for a reason.</summary>
internal sealed class Subscription(
    Connection connection,
    string spaceId,
    string collection,
    string? resumeToken,
    string? consistencyToken
)
{
    private static readonly TimeSpan OpeningPatience = TimeSpan.FromSeconds(30);

    private readonly SubscriptionState _state = new(connection.Retry, resumeToken);
    private AccessToken? _token;
    private Freshness? _freshness;

    /// <summary>Runs until it is stopped or cannot go on.</summary>
    /// <param name="onPage">Takes each page, and holds up the reading while it does.</param>
    /// <param name="onOffline">Hears that an attempt to reconnect failed, with the cause.</param>
    /// <param name="stop">Stops it.</param>
    /// <exception cref="VibeException">Why it cannot go on.</exception>
    public async Task RunAsync(
        Func<FeedPage, CancellationToken, ValueTask> onPage,
        Action<VibeException> onOffline,
        CancellationToken stop
    )
    {
        SubscriptionStream? stream = null;
        try
        {
            while (true)
            {
                VibeException? failure;
                try
                {
                    // The new stream stands before the old one goes, which is not read meanwhile: nothing comes twice.
                    var next = await OpenAsync(stop).ConfigureAwait(false);
                    stream?.Dispose();
                    stream = next;
                    failure = await ReadAsync(stream, onPage, stop).ConfigureAwait(false);
                    if (failure is null)
                    {
                        await connection.Tokens.RenewAsync(stop).ConfigureAwait(false);
                        continue;
                    }
                }
                catch (VibeException error)
                {
                    failure = error;
                }

                stream?.Dispose();
                stream = null;
                await RecoverAsync(failure, onOffline, stop).ConfigureAwait(false);
            }
        }
        finally
        {
            stream?.Dispose();
        }
    }

    private async Task<SubscriptionStream> OpenAsync(CancellationToken stop)
    {
        _state.Opening();
        _token = null;
        _token = await connection.Tokens.GetAsync(stop).ConfigureAwait(false);
        _freshness = new Freshness(connection, spaceId, consistencyToken);
        var request = new SubscribeRequest
        {
            Scopes =
            {
                new Scope
                {
                    Collection = collection,
                    ResumeToken = _state.ResumeToken ?? "",
                    ConsistencyTokens = { _freshness.Tokens },
                },
            },
        };
        var headers = new Metadata { { "authorization", Connection.Bearer(_token) } };
        var stream = new SubscriptionStream(
            connection.Sync.Subscribe(request, headers, cancellationToken: stop),
            connection.Time
        );
        try
        {
            var first =
                await stream.NextAsync(OpeningPatience, stop).ConfigureAwait(false)
                ?? throw Cut("The stream ended before it opened.");
            _state.Receive(first, connection.Time.GetUtcNow(), Random.Shared.NextDouble(), out var end);
            if (end is not null)
            {
                throw end;
            }

            if (_state.Collection is { } name)
            {
                connection.Spaces.Learn(spaceId, name);
            }

            return stream;
        }
        catch (TimeoutException)
        {
            stream.Dispose();
            throw Cut("The stream did not open in time.");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads until the stream fails; null when it is time to open the next one.</summary>
    private async Task<VibeException?> ReadAsync(
        SubscriptionStream stream,
        Func<FeedPage, CancellationToken, ValueTask> onPage,
        CancellationToken stop
    )
    {
        while (true)
        {
            var now = connection.Time.GetUtcNow();
            if (now >= _state.RenewAt)
            {
                return null;
            }

            var untilRenewal = _state.RenewAt - now;
            var isRenewalFirst = untilRenewal < _state.Silence;
            SubscribeResponse? message;
            try
            {
                message = await stream
                    .NextAsync(isRenewalFirst ? untilRenewal!.Value : _state.Silence, stop)
                    .ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Not asked of the clock: timers may be a little early.
                return isRenewalFirst ? null : Cut("Nothing was heard for twice the interval of heartbeats.");
            }

            if (message is null)
            {
                return Cut("The stream ended without saying why.");
            }

            var page = _state.Receive(message, connection.Time.GetUtcNow(), Random.Shared.NextDouble(), out var end);
            if (end is not null)
            {
                return end;
            }

            if (page is not null)
            {
                await onPage(page, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task RecoverAsync(VibeException failure, Action<VibeException> onOffline, CancellationToken stop)
    {
        var recovery = _state.Fail(failure, Random.Shared.NextDouble());
        switch (recovery.Step)
        {
            case NextStep.WithNewToken:
                if (!await HasNewTokenAsync(stop).ConfigureAwait(false))
                {
                    throw failure;
                }

                break;

            case NextStep.WithoutTokens:
                if (_freshness?.Forget() != true)
                {
                    throw failure;
                }

                Log.HistoryLost(connection.Logger, "Subscribe");
                break;

            case NextStep.Throw:
                throw failure;
        }

        if (recovery.IsOffline)
        {
            onOffline(failure);
        }

        Log.Resuming(connection.Logger, failure.Code, failure.Reason?.Value, recovery.Delay);
        if (recovery.Delay > TimeSpan.Zero)
        {
            await Task.Delay(recovery.Delay, connection.Time, stop).ConfigureAwait(false);
        }
    }

    private async Task<bool> HasNewTokenAsync(CancellationToken stop)
    {
        try
        {
            return _token is not null
                && await connection.Tokens.AfterRefusalAsync(_token, stop).ConfigureAwait(false) is not null;
        }
        catch (VibeException)
        {
            // A source that fails is asked again when the next stream is opened.
            return true;
        }
    }

    private static VibeException Cut(string text) => new(StatusCode.Unavailable, null, text) { IsRetryable = true };
}
