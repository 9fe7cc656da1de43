using System.Globalization;
using System.Text.RegularExpressions;
using Vibe.Client.Calls;
using Vibe.Sync.V1;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// What a stream knows apart from its scopes: how long to listen, when to open the next one, and what a failure of all of
/// it means. It does no I/O; messages, time and randomness are given to it.
/// </summary>
internal sealed partial class StreamState(RetryPolicy retry)
{
    private static readonly TimeSpan DefaultSilence = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRenewalMargin = TimeSpan.FromSeconds(30);

    // A stream that is shorter ends by itself: opening the next one early, ever closer to a token's end, gains nothing.
    private static readonly TimeSpan ShortestRenewedLifetime = TimeSpan.FromSeconds(5);

    private bool _isOpen;
    private bool _isRenewed;
    private bool _isMakingRoom;
    private int _failures;

    /// <summary>How long nothing may be heard: twice the interval of heartbeats.</summary>
    public TimeSpan Silence { get; private set; } = DefaultSilence;

    /// <summary>When to open the next stream, shortly before this one ends by itself; null where it does not.</summary>
    public DateTimeOffset? RenewAt { get; private set; }

    /// <summary>Takes in that a stream opened.</summary>
    /// <param name="opened">What it said.</param>
    /// <param name="now">The present time.</param>
    /// <param name="draw">A number from 0 up to 1.</param>
    public void Open(Opened opened, DateTimeOffset now, double draw)
    {
        _isOpen = true;

        // The token was taken: one that ends before the first page, on a slow line or a busy server, is renewed again.
        _isRenewed = false;
        _isMakingRoom = false;
        Silence = opened.HeartbeatInterval?.ToTimeSpan() is { Ticks: > 0 } interval ? 2 * interval : DefaultSilence;
        RenewAt = null;
        if (opened.Lifetime?.ToTimeSpan() is { } lifetime && lifetime >= ShortestRenewedLifetime)
        {
            // Drawn, so that clients that were cut together do not come back together for ever.
            var margin = TimeSpan.FromTicks(Math.Min(lifetime.Ticks / 4, LongestRenewalMargin.Ticks));
            RenewAt = now + lifetime - (margin * (0.5 + (draw / 2)));
        }
    }

    /// <summary>
    /// Notes that a scope went on. Only then: a stream that opens and ends at once must not make the client try without
    /// pause.
    /// </summary>
    public void Progress() => _failures = 0;

    /// <summary>Decides what follows a failure of the stream, or of an attempt to open the next one.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="draw">A number from 0 up to 1.</param>
    /// <param name="isStanding">Whether a stream still stands that the next one was to take the place of.</param>
    public Recovery Fail(VibeException error, double draw, bool isStanding)
    {
        var wasOpen = _isOpen;
        _isOpen &= isStanding;
        _failures++;
        var step = RetryRules.ForFollowing(error, _isRenewed, hasResumeToken: false);
        switch (step)
        {
            case NextStep.WithNewToken:
                _isRenewed = true;
                var pause = _failures == 1 ? TimeSpan.Zero : retry.DelayAfter(_failures, draw);
                return new Recovery(step, pause, IsOffline: false);

            case NextStep.WithoutTokens:
                return new Recovery(step, TimeSpan.Zero, IsOffline: false);

            case NextStep.Again when isStanding && !_isMakingRoom && error.Reason == Reason.TooManyStreams:
                // The standing stream has the last place, and two are needed for a moment.
                _isMakingRoom = true;
                _isOpen = false;
                return new Recovery(NextStep.MakeRoom, retry.DelayAfter(_failures, draw), IsOffline: false);

            case NextStep.Again:
                var delay = error.RetryDelay ?? retry.DelayAfter(_failures, draw);
                return new Recovery(step, delay, IsOffline: !wasOpen);

            default:
                return new Recovery(NextStep.Throw, TimeSpan.Zero, IsOffline: true);
        }
    }

    /// <summary>
    /// Which of the scopes that were asked for made the request fail as a whole; null where it is not told.
    /// </summary>
    public static int? PlaceOf(VibeException error, int scopes)
    {
        if (error.Reason == Reason.ResumeTokenInvalid && scopes == 1)
        {
            return 0;
        }

        var told =
            error.Metadata.GetValueOrDefault("scope")
            ?? FieldOfScope().Match(error.Metadata.GetValueOrDefault("field", "")).Groups[1].Value;
        return int.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < scopes
            ? place
            : null;
    }

    [GeneratedRegex(@"^scopes\[(\d+)\]")]
    private static partial Regex FieldOfScope();
}
