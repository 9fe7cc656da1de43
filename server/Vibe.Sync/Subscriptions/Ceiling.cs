using Vibe.Hosting.Access;

namespace Vibe.Sync.Subscriptions;

/// <summary>Who holds a stream open: the grant, or the person without one, and the address it comes from.</summary>
internal sealed record StreamHolder(string Grant, string Address);

/// <summary>Bounds how much of one thing each grant, and each address, has at once in this process.</summary>
/// <param name="perGrant">How many a grant may have.</param>
/// <param name="perAddress">How many an address may have.</param>
internal sealed class Ceiling(int perGrant, int perAddress)
{
    // Those that wait hold a stream each, and streams have a ceiling of their own.
    private readonly Places _grants = new(perGrant, int.MaxValue);
    private readonly Places _addresses = new(perAddress, int.MaxValue);

    /// <summary>Takes a place at once, until the result is disposed of; else gives the limit that was reached.</summary>
    public (IDisposable? Place, int Limit) TryEnter(StreamHolder holder)
    {
        if (_grants.TryEnter(holder.Grant) is not { } grant)
            return (null, perGrant);
        if (_addresses.TryEnter(holder.Address) is { } address)
            return (new Both(grant, address), perAddress);
        grant.Dispose();
        return (null, perAddress);
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
        if (await WaitAsync(_grants, holder.Grant, limit.Token, cancellation) is not { } grant)
            return (null, perGrant);
        try
        {
            if (await WaitAsync(_addresses, holder.Address, limit.Token, cancellation) is { } address)
                return (new Both(grant, address), perAddress);
        }
        catch
        {
            grant.Dispose();
            throw;
        }
        grant.Dispose();
        return (null, perAddress);
    }

    private static async Task<IDisposable?> WaitAsync(
        Places places,
        string name,
        CancellationToken limit,
        CancellationToken cancellation
    )
    {
        try
        {
            return await places.EnterAsync(name, limit);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private sealed class Both(IDisposable grant, IDisposable address) : IDisposable
    {
        public void Dispose()
        {
            address.Dispose();
            grant.Dispose();
        }
    }
}
