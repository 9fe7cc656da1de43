namespace Vibe.Client;

/// <summary>
/// Changes that belong together. Whoever holds the documents applies all of them and stores the token in one
/// transaction: on <see cref="IsReset"/> begin a new generation; put each change with that generation, or drop it; on
/// <see cref="IsLive"/> drop older generations; always store <see cref="ResumeToken"/>.
/// </summary>
/// <typeparam name="T">The type of the content.</typeparam>
public sealed class ChangePage<T>
{
    /// <summary>The changes, in the order in which to apply them, each document at most once; may be empty.</summary>
    public IReadOnlyList<Change<T>> Changes { get; init; } = [];

    /// <summary>
    /// True when the page begins a snapshot. Keep what you have, and at the next <see cref="IsLive"/>, also across
    /// restarts, drop every document that no page from this one on has put.
    /// </summary>
    public bool IsReset { get; init; }

    /// <summary>
    /// True when with this page the reader holds exactly what the caller sees of the collection at one moment. Between
    /// such pages it may hold newer states of some documents beside older ones of others.
    /// </summary>
    public bool IsLive { get; init; }

    /// <summary>
    /// Continues after this page, through <see cref="SubscribeOptions.ResumeToken"/>; at most 512 characters.
    /// </summary>
    public required string ResumeToken { get; init; }
}
