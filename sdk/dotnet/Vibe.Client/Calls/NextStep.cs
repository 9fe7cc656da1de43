namespace Vibe.Client.Calls;

/// <summary>What to do after a failure.</summary>
internal enum NextStep
{
    /// <summary>Tell the caller.</summary>
    Throw,

    /// <summary>Try again after a delay.</summary>
    Again,

    /// <summary>Try again with a new access token.</summary>
    WithNewToken,

    /// <summary>Try again without the consistency tokens that the client quoted by itself.</summary>
    WithoutTokens,

    /// <summary>Let go of the stream that stands, and open the next one in its place.</summary>
    MakeRoom,

    /// <summary>Begin a subscription anew, without its resume token.</summary>
    Anew,
}
