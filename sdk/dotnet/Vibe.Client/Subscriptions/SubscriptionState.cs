using Grpc.Core;
using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// What a subscription knows: where to resume, how long to listen, and what a failure means. It does no I/O; messages,
/// time and randomness are given to it.
/// </summary>
internal sealed class SubscriptionState(RetryPolicy retry, string? resumeToken)
{
    private static readonly TimeSpan DefaultSilence = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestSilenceForReaders = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestRenewalMargin = TimeSpan.FromSeconds(30);

    // A stream that is shorter ends by itself: opening the next one early, ever closer to a token's end, gains nothing.
    private static readonly TimeSpan ShortestRenewedLifetime = TimeSpan.FromSeconds(5);

    private bool _isOpen;
    private bool _isRenewed;
    private bool _isAtCheckpoint;
    private int _failures;
    private DateTimeOffset? _lastPage;

    /// <summary>
    /// Where to go on. Pages that were received are on their way to the reader and do not come again.
    /// </summary>
    public string? ResumeToken { get; private set; } = resumeToken;

    /// <summary>How long nothing may be heard: twice the interval of heartbeats.</summary>
    public TimeSpan Silence { get; private set; } = DefaultSilence;

    /// <summary>When to open the next stream, shortly before this one ends by itself; null where it does not.</summary>
    public DateTimeOffset? RenewAt { get; private set; }

    /// <summary>The id-bearing name of the collection, once the server told it.</summary>
    public string? Collection { get; private set; }

    /// <summary>Begins an attempt to open a stream.</summary>
    public void Opening()
    {
        _isOpen = false;
        RenewAt = null;
    }

    /// <summary>Takes in a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The present time.</param>
    /// <param name="draw">A number from 0 up to 1.</param>
    /// <param name="end">Why the stream ends with this message; null when it goes on.</param>
    /// <returns>The page for the reader, if the message brings one.</returns>
    public FeedPage? Receive(SubscribeResponse message, DateTimeOffset now, double draw, out VibeException? end)
    {
        end = null;
        switch (message.EventCase)
        {
            case SubscribeResponse.EventOneofCase.Opened:
                Open(message.Opened, now, draw);
                return null;

            case SubscribeResponse.EventOneofCase.Page:
                var page = message.Page;
                Progress(page.ResumeToken);
                _lastPage = now;
                _isAtCheckpoint = page.Checkpoint is not null;
                return new FeedPage(page.Changes, page.Reset, _isAtCheckpoint, page.ResumeToken);

            case SubscribeResponse.EventOneofCase.Heartbeat:
                return Beat(message.Heartbeat.ResumeToken, now);

            case SubscribeResponse.EventOneofCase.ScopeEnded:
                end = VibeException.From(message.ScopeEnded.Status ?? NoReason());
                return null;

            case SubscribeResponse.EventOneofCase.End:
                end = VibeException.From(message.End.Status ?? NoReason());
                return null;

            default:
                return null;
        }
    }

    /// <summary>Decides what follows a failure.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="draw">A number from 0 up to 1.</param>
    public Recovery Fail(VibeException error, double draw)
    {
        var wasOpen = _isOpen;
        var step = RetryRules.ForFollowing(error, _isRenewed, ResumeToken is not null);
        _isOpen = false;
        _failures++;
        switch (step)
        {
            case NextStep.WithNewToken:
                _isRenewed = true;
                var pause = _failures == 1 ? TimeSpan.Zero : retry.DelayAfter(_failures, draw);
                return new Recovery(step, pause, IsOffline: false);

            case NextStep.Anew:
                ResumeToken = null;
                return new Recovery(step, TimeSpan.Zero, IsOffline: false);

            case NextStep.WithoutTokens:
                return new Recovery(step, TimeSpan.Zero, IsOffline: false);

            case NextStep.Again:
                var delay = error.RetryDelay ?? retry.DelayAfter(_failures, draw);
                return new Recovery(step, delay, IsOffline: !wasOpen);

            default:
                return new Recovery(NextStep.Throw, TimeSpan.Zero, IsOffline: true);
        }
    }

    private void Open(Opened opened, DateTimeOffset now, double draw)
    {
        _isOpen = true;

        // The token was taken: one that ends before the first page, on a slow line or a busy server, is renewed again.
        _isRenewed = false;
        _lastPage ??= now;
        Collection = opened.Collections.FirstOrDefault();
        Silence = opened.HeartbeatInterval?.ToTimeSpan() is { Ticks: > 0 } interval ? 2 * interval : DefaultSilence;
        if (opened.Lifetime?.ToTimeSpan() is { } lifetime && lifetime >= ShortestRenewedLifetime)
        {
            // Drawn, so that clients that were cut together do not come back together for ever.
            var margin = TimeSpan.FromTicks(Math.Min(lifetime.Ticks / 4, LongestRenewalMargin.Ticks));
            RenewAt = now + lifetime - (margin * (0.5 + (draw / 2)));
        }
    }

    private FeedPage? Beat(string token, DateTimeOffset now)
    {
        Progress(token);
        if (token is "" || now - _lastPage < LongestSilenceForReaders)
        {
            return null;
        }

        _lastPage = now;
        return new FeedPage([], IsReset: false, _isAtCheckpoint, token);
    }

    private void Progress(string token)
    {
        if (token is not "")
        {
            ResumeToken = token;
        }

        // Only now: a stream that opens and ends at once must not make the client try without pause.
        _failures = 0;
    }

    private static Google.Rpc.Status NoReason() =>
        new() { Code = (int)StatusCode.Unavailable, Message = "The stream ended without saying why." };
}
