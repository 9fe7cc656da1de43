namespace Vibe.Sync.Subscriptions;

/// <summary>
/// What bounds the cost of streams for whoever holds them: how many are open, how many of them read a first listing, and
/// how many have a frame that their client does not take. The last two bound memory, since each holds up to a page.
/// </summary>
internal sealed class StreamCeilings(SubscriptionOptions options)
{
    private readonly Ceiling _streams = new(options.StreamsPerGrant, options.StreamsPerAddress);
    private readonly Ceiling _listings = new(options.ListingsPerGrant, options.ListingsPerAddress);
    private readonly Ceiling _stalled = new(options.StalledPerGrant, options.StalledPerAddress);

    /// <summary>Takes a place for a stream, until the result is disposed of.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">TOO_MANY_STREAMS.</exception>
    public IDisposable Open(StreamHolder holder)
    {
        var (place, limit) = _streams.TryEnter(holder);
        return place ?? throw SubscriptionErrors.TooManyStreams(limit);
    }

    /// <summary>Waits until a stream may list for the first time, and takes its place until the result is disposed of.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">TOO_MANY_LISTINGS: the wait took too long.</exception>
    public async Task<IDisposable> ListAsync(StreamHolder holder, CancellationToken cancellation)
    {
        var (place, limit) = await _listings.EnterAsync(holder, options.ListingPatience, cancellation);
        return place ?? throw SubscriptionErrors.TooManyListings(limit);
    }

    /// <summary>Takes a place for a frame that is stalled; nothing where no further one is waited for.</summary>
    public IDisposable? Stall(StreamHolder holder) => _stalled.TryEnter(holder).Place;
}
