namespace Vibe.Client;

/// <summary>
/// How often and how fast the client tries again after a failure that may pass: a lost connection, a server that is
/// busy or about to stop. A delay that the server names always wins over the ones given here.
/// </summary>
public sealed class RetryPolicy
{
    /// <summary>Tries a call once. Subscriptions still reconnect by themselves.</summary>
    public static RetryPolicy None { get; } = new() { MaxAttempts = 1 };

    /// <summary>
    /// How often a call is tried in all, the first time included; 5 unless set, at least 1. Subscriptions try for
    /// ever.
    /// </summary>
    public int MaxAttempts
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 5;

    /// <summary>
    /// The longest first delay; 250 milliseconds unless set. It doubles with each attempt, and the real delay is drawn
    /// between zero and that.
    /// </summary>
    public TimeSpan BaseDelay
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromMilliseconds(250);

    /// <summary>Where doubling stops; 30 seconds unless set.</summary>
    public TimeSpan MaxDelay
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>Draws the delay after a number of failures in a row.</summary>
    /// <param name="failures">How many attempts failed, at least 1.</param>
    /// <param name="draw">A number from 0 up to 1.</param>
    internal TimeSpan DelayAfter(int failures, double draw)
    {
        var doubled = BaseDelay.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 40));
        return TimeSpan.FromMilliseconds(Math.Min(MaxDelay.TotalMilliseconds, doubled) * draw);
    }
}
