using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Memory;
using Vibe.Consent.Policy;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Data.Feed;

/// <summary>
/// Remembers plans from page to page. They hold ids and places, and are looked up by the digest of a view alone, which a
/// reader comes by with a permit that was made for the page: whoever may not see the view any more has another one.
/// </summary>
internal sealed class FeedPlans : IDisposable
{
    /// <summary>How many changes a plan tells at most; some hundred bytes each.</summary>
    public const int Longest = 50_000;

    private const int MostChanges = 10 * Longest;

    // From one page to the next it takes as long as a client takes to read the first.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(CollectionName, UInt128), Task> _making = new();
    private readonly MemoryCache _plans = new(new MemoryCacheOptions { SizeLimit = MostChanges });

    /// <summary>
    /// Takes the turn to make a plan of a view, until the result is disposed of; or waits while another has it, and then
    /// gives nothing.
    /// </summary>
    public async ValueTask<IDisposable?> TurnAsync(Permit permit, CancellationToken cancellation)
    {
        var turn = new Turn(_making, (permit.Collection, permit.ViewKey));
        if (turn.TryBegin() is not { } other)
            return turn;
        await other.WaitAsync(cancellation);
        return null;
    }

    /// <summary>Finds a plan that tells what comes behind a cursor.</summary>
    public async ValueTask<FeedPlan?> FindAsync(
        Session session,
        Permit permit,
        long cursor,
        long head,
        CancellationToken cancellation
    )
    {
        var isUsable =
            _plans.TryGetValue((permit.Collection, permit.ViewKey), out FeedPlan? plan)
            && plan!.From <= cursor
            && cursor < plan.To
            && plan.Head <= head;
        if (!isUsable)
            return null;
        var incarnation = await Incarnation.AtAsync(session, permit.Collection.Space, plan!.Head, cancellation);
        return incarnation == plan.Incarnation ? plan : null;
    }

    /// <summary>Remembers what comes behind a cursor.</summary>
    /// <param name="session">The state that it was found in.</param>
    /// <param name="permit">Through whose eyes.</param>
    /// <param name="cursor">The cursor.</param>
    /// <param name="head">The state's head.</param>
    /// <param name="changes">All that comes behind the cursor.</param>
    /// <param name="cancellation">Ends the question for the state's incarnation.</param>
    public async Task KeepAsync(
        Session session,
        Permit permit,
        long cursor,
        long head,
        IEnumerable<PlannedChange> changes,
        CancellationToken cancellation
    )
    {
        var all = changes.Where(change => change.Place.Revision > cursor).ToArray();
        Array.Sort(all, (one, other) => one.Place.Revision.CompareTo(other.Place.Revision));
        var next = all.Length <= Longest ? all : all[..Longest];
        var plan = new FeedPlan(
            permit.Collection,
            permit.ViewKey,
            head,
            await Incarnation.AtAsync(session, permit.Collection.Space, head, cancellation),
            cursor,
            all.Length <= Longest ? head : next[^1].Place.Revision,
            next
        );
        _plans.Set(
            (plan.Collection, plan.View),
            plan,
            new MemoryCacheEntryOptions { Size = next.Length, SlidingExpiration = Kept }
        );
    }

    public void Dispose() => _plans.Dispose();

    private sealed class Turn(
        ConcurrentDictionary<(CollectionName, UInt128), Task> making,
        (CollectionName, UInt128) view
    ) : IDisposable
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Begins, or gives the end of the one that is under way.</summary>
        public Task? TryBegin()
        {
            var first = making.GetOrAdd(view, _done.Task);
            return first == _done.Task ? null : first;
        }

        public void Dispose()
        {
            if (_done.TrySetResult())
                making.TryRemove(view, out _);
        }
    }
}
