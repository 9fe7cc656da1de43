using System.Collections.Immutable;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// Makes whole views of pages. It does no I/O. A view is offered at checkpoints only; what is taken carries the
/// difference to what was taken before.
/// </summary>
internal sealed class SnapshotState<T>(Codec<T> codec)
{
    private static readonly ImmutableSortedDictionary<string, DocumentSnapshot<T>> Nothing =
        ImmutableSortedDictionary.Create<string, DocumentSnapshot<T>>(StringComparer.Ordinal);

    private readonly ImmutableSortedDictionary<string, DocumentSnapshot<T>>.Builder _arriving = Nothing.ToBuilder();
    private readonly Dictionary<string, RemovalCause?> _arrivingIds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RemovalCause?> _offeredIds = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, DocumentSnapshot<T>>? _offered;
    private ImmutableSortedDictionary<string, DocumentSnapshot<T>>? _taken;
    private HashSet<string>? _generation;
    private bool _isLive;
    private bool _wasLive;
    private VibeException? _error;

    /// <summary>Takes in a page.</summary>
    public void Apply(FeedPage page)
    {
        if (page.IsReset)
        {
            _generation = new HashSet<string>(StringComparer.Ordinal);
        }

        foreach (var wire in page.Changes)
        {
            var change = FeedPage.ToChange(wire, codec);
            if (change.Document is { } document)
            {
                _arriving[change.Id] = document;
                _generation?.Add(change.Id);
            }
            else
            {
                _arriving.Remove(change.Id);
                _generation?.Remove(change.Id);
            }

            _arrivingIds[change.Id] = change.Cause;
        }

        if (page.IsLive)
        {
            Offer();
        }
    }

    /// <summary>Notes that nobody stands behind the view any more.</summary>
    public void LoseTouch(VibeException cause)
    {
        _isLive = false;
        _error = cause;
    }

    /// <summary>Gives the latest view; null when there is none yet, or nothing to tell since the last one.</summary>
    public CollectionSnapshot<T>? Take()
    {
        if (_offered is null)
        {
            return null;
        }

        var changes = Difference(_taken ?? Nothing, _offered);
        _offeredIds.Clear();
        if (_taken is not null && changes.Count == 0 && _isLive == _wasLive)
        {
            return null;
        }

        _taken = _offered;
        _wasLive = _isLive;
        return new CollectionSnapshot<T>
        {
            Documents = _offered,
            Changes = changes,
            IsLive = _isLive,
            Error = _isLive ? null : _error,
        };
    }

    private void Offer()
    {
        if (_generation is not null)
        {
            foreach (var id in _arriving.Keys.Where(id => !_generation.Contains(id)).ToArray())
            {
                _arriving.Remove(id);
                _arrivingIds[id] = RemovalCause.NoLongerVisible;
            }

            _generation = null;
        }

        foreach (var (id, cause) in _arrivingIds)
        {
            _offeredIds[id] = cause;
        }

        _arrivingIds.Clear();
        _offered = _arriving.ToImmutable();
        _isLive = true;
    }

    private List<Change<T>> Difference(
        ImmutableSortedDictionary<string, DocumentSnapshot<T>> before,
        ImmutableSortedDictionary<string, DocumentSnapshot<T>> after
    )
    {
        var changes = new List<Change<T>>();
        foreach (var (id, cause) in _offeredIds)
        {
            var old = before.GetValueOrDefault(id);
            if (!after.TryGetValue(id, out var present))
            {
                if (old is not null)
                {
                    changes.Add(new Change<T>(id, cause ?? RemovalCause.NoLongerVisible));
                }
            }
            else if (old is null || old.Etag != present.Etag)
            {
                changes.Add(new Change<T>(present));
            }
        }

        return changes;
    }
}
