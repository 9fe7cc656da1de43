using System.Threading.RateLimiting;

namespace Vibe.Sync.Subscriptions;

/// <summary>Who holds a stream open: the grant, or the person without one, and the address it comes from.</summary>
internal sealed record StreamHolder(string Grant, string Address);

/// <summary>Bounds how much of one thing each grant, and each address, has at once in this process.</summary>
/// <param name="perGrant">How many a grant may have.</param>
/// <param name="perAddress">How many an address may have.</param>
internal sealed class Ceiling(int perGrant, int perAddress) : IDisposable
{
    private readonly (int Most, PartitionedRateLimiter<string> Places) _grants = (perGrant, Places(perGrant));
    private readonly (int Most, PartitionedRateLimiter<string> Places) _addresses = (perAddress, Places(perAddress));

    /// <summary>Takes a place at once, until the result is disposed of; else gives the limit that was reached.</summary>
    public (IDisposable? Place, int Limit) TryEnter(StreamHolder holder)
    {
        var grant = _grants.Places.AttemptAcquire(holder.Grant);
        if (!grant.IsAcquired)
            return (null, _grants.Most);
        var address = _addresses.Places.AttemptAcquire(holder.Address);
        if (address.IsAcquired)
            return (new Place(grant, address), _addresses.Most);
        grant.Dispose();
        return (null, _addresses.Most);
    }

    /// <summary>Waits for a place, in the order in which they came; gives the limit that is in the way in the end.</summary>
    public async Task<(IDisposable? Place, int Limit)> EnterAsync(
        StreamHolder holder,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        if (await WaitAsync(_grants.Places, holder.Grant, limit.Token, cancellation) is not { } grant)
            return (null, _grants.Most);
        try
        {
            if (await WaitAsync(_addresses.Places, holder.Address, limit.Token, cancellation) is { } address)
                return (new Place(grant, address), _addresses.Most);
        }
        catch
        {
            grant.Dispose();
            throw;
        }
        grant.Dispose();
        return (null, _addresses.Most);
    }

    public void Dispose()
    {
        _grants.Places.Dispose();
        _addresses.Places.Dispose();
    }

    private static async Task<RateLimitLease?> WaitAsync(
        PartitionedRateLimiter<string> places,
        string key,
        CancellationToken limit,
        CancellationToken cancellation
    )
    {
        try
        {
            return await places.AcquireAsync(key, 1, limit);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    // Those that wait hold a stream each, and streams have a ceiling of their own.
    private static PartitionedRateLimiter<string> Places(int most) =>
        PartitionedRateLimiter.Create<string, string>(key =>
            RateLimitPartition.GetConcurrencyLimiter(
                key,
                _ => new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = int.MaxValue }
            )
        );

    private sealed class Place(RateLimitLease grant, RateLimitLease address) : IDisposable
    {
        public void Dispose()
        {
            address.Dispose();
            grant.Dispose();
        }
    }
}
