using Vibe.Consent.Policy;

namespace Vibe.Sync.Subscriptions;

/// <summary>What a permit to read is a function of in one state of the database. Made once for each stream, and compared often.</summary>
internal sealed record PermitKey(string Person, string Client, string? Grant, CollectionName Collection)
{
    private readonly int _hash = HashCode.Combine(Person, Client, Grant, Collection);

    /// <inheritdoc />
    public override int GetHashCode() => _hash;
}
