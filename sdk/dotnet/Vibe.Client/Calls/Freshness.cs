namespace Vibe.Client.Calls;

/// <summary>The consistency tokens that one read quotes: the caller's, and those of the client's own writes.</summary>
internal sealed class Freshness(Connection connection, string spaceId, string? given)
{
    private string[] _automatic = connection.Spaces.Of(spaceId).Tokens.ToQuote();

    public IEnumerable<string> Tokens =>
        given is null ? _automatic : _automatic.TakeLast(ConsistencyTokens.Limit - 1).Prepend(given);

    /// <summary>Drops the client's own, here and for later reads; false when there are none.</summary>
    public bool Forget()
    {
        if (_automatic.Length == 0)
        {
            return false;
        }

        connection.Spaces.Of(spaceId).Tokens.Forget(_automatic);
        _automatic = [];
        return true;
    }
}
