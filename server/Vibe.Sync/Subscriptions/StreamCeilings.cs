using System.Collections.Concurrent;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;

namespace Vibe.Sync.Subscriptions;

/// <summary>Bounds how many streams one grant, and one address, hold open in this process.</summary>
internal sealed class StreamCeilings
{
    private const int PerGrant = 32;
    private const int PerAddress = 256;

    private readonly ConcurrentDictionary<string, int> _open = new();

    /// <summary>Takes a place for a stream, until the result is disposed of.</summary>
    /// <exception cref="VibeException">TOO_MANY_STREAMS.</exception>
    public IDisposable Enter(Caller caller, string? address)
    {
        var grant = Enter($"grant {caller.Person} {caller.Client} {caller.Grant}", PerGrant);
        try
        {
            return new Pair(grant, Enter($"address {address}", PerAddress));
        }
        catch
        {
            grant.Dispose();
            throw;
        }
    }

    private Place Enter(string key, int limit)
    {
        if (_open.AddOrUpdate(key, 1, (_, count) => count + 1) <= limit)
            return new Place(this, key);
        Leave(key);
        throw new VibeException(
            ErrorReason.TooManyStreams,
            $"There are {limit} subscriptions open already; one of them has to end first.",
            new Dictionary<string, string> { ["limit"] = $"{limit}" }
        )
        {
            RetryDelay = TimeSpan.FromSeconds(5),
        };
    }

    private void Leave(string key)
    {
        if (_open.AddOrUpdate(key, 0, (_, count) => count - 1) == 0)
            _open.TryRemove(new KeyValuePair<string, int>(key, 0));
    }

    private sealed class Place(StreamCeilings ceilings, string key) : IDisposable
    {
        public void Dispose() => ceilings.Leave(key);
    }

    private sealed class Pair(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
