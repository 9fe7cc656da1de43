using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// What a subscription knows of its own scope: where to resume, what its reader was told, and what a failure of it alone
/// means. It does no I/O; messages, time and randomness are given to it.
/// </summary>
internal sealed class SubscriptionState(RetryPolicy retry, string? resumeToken)
{
    private static readonly TimeSpan LongestSilenceForReaders = TimeSpan.FromMinutes(10);

    private bool _isAtCheckpoint;
    private bool _isHandedOver;
    private int _failures;
    private DateTimeOffset? _lastPage;

    /// <summary>
    /// Where to go on. Pages that were received are on their way to the reader and do not come again.
    /// </summary>
    public string? ResumeToken { get; private set; } = resumeToken;

    /// <summary>Takes in that a stream follows the scope.</summary>
    /// <param name="now">The present time.</param>
    /// <param name="isHandedOver">Whether it was followed by the stream that this one takes the place of.</param>
    public void Open(DateTimeOffset now, bool isHandedOver)
    {
        _isHandedOver = isHandedOver;
        _lastPage ??= now;
    }

    /// <summary>
    /// Whether a page says no more than that a stream goes on where the one before it stood, and that not after long
    /// silence.
    /// </summary>
    public bool IsEcho(Page page, DateTimeOffset now) =>
        _isHandedOver
        && _isAtCheckpoint
        && page is { Reset: false, Changes.Count: 0, Checkpoint: not null }
        && now - _lastPage < LongestSilenceForReaders;

    /// <summary>Takes in a page or a heartbeat of a stream.</summary>
    /// <returns>The page for the reader, if the message brings one.</returns>
    public FeedPage? Receive(SubscribeResponse message, DateTimeOffset now)
    {
        _failures = 0;
        return message.EventCase switch
        {
            SubscribeResponse.EventOneofCase.Page => Take(message.Page, now),
            SubscribeResponse.EventOneofCase.Heartbeat => Beat(message.Heartbeat.ResumeToken, now),
            _ => null,
        };
    }

    /// <summary>Takes in a page, wherever it comes from.</summary>
    /// <returns>The page for the reader.</returns>
    public FeedPage Take(Page page, DateTimeOffset now)
    {
        var isLive = page.Checkpoint is not null;
        var isEcho = IsEcho(page, now);
        _isHandedOver = false;
        _isAtCheckpoint = isLive;
        if (!isEcho)
        {
            _lastPage = now;
        }

        Progress(page.ResumeToken);
        return new FeedPage(page.Changes, page.Reset, isLive, page.ResumeToken) { IsEcho = isEcho };
    }

    /// <summary>Decides what follows a failure that concerns this scope alone.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="draw">A number from 0 up to 1.</param>
    public Recovery Fail(VibeException error, double draw)
    {
        _failures++;
        switch (RetryRules.ForFollowing(error, isRenewed: true, ResumeToken is not null))
        {
            case NextStep.Anew:
                ResumeToken = null;
                return new Recovery(NextStep.Anew, TimeSpan.Zero, IsOffline: false);

            case NextStep.Again:
                return new Recovery(NextStep.Again, error.RetryDelay ?? retry.DelayAfter(_failures, draw), true);

            default:
                return new Recovery(NextStep.Throw, TimeSpan.Zero, IsOffline: true);
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
    }
}
