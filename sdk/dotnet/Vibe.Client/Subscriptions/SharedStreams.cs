using Vibe.Client.Calls;

namespace Vibe.Client.Subscriptions;

/// <summary>
/// What a client follows: one stream for all of it, and one more for every 256 scopes that do not fit.
/// </summary>
internal sealed class SharedStreams(Connection connection)
{
    private readonly Lock _lock = new();
    private readonly List<SharedStream> _streams = [];
    private readonly Dictionary<string, SharedView> _views = new(StringComparer.Ordinal);

    /// <summary>Has a scope followed; nothing when nobody reads it any more.</summary>
    public void Join(Subscription scope)
    {
        lock (_lock)
        {
            _streams.RemoveAll(stream => stream.IsClosed);
            if (scope.Left.IsCancellationRequested || _streams.Exists(stream => stream.TryAdd(scope)))
            {
                return;
            }

            var stream = new SharedStream(connection);
            stream.TryAdd(scope);
            _streams.Add(stream);
            connection.Run(stream.RunAsync);
        }
    }

    /// <summary>Has a scope followed no longer.</summary>
    public void Leave(Subscription scope)
    {
        scope.Leave();
        lock (_lock)
        {
            _streams.ForEach(stream => stream.Remove(scope));
        }
    }

    /// <summary>Has a scope asked for by itself until it has caught up, and then followed again.</summary>
    public void CatchUp(Subscription scope, TimeSpan pause) =>
        connection.Run(() => new CatchUp(connection, scope).RunAsync(pause));

    /// <summary>Has a collection's views given to a reader, beside others where it is followed already.</summary>
    public SharedView Watch(string spaceId, string collection, SnapshotFeed reader)
    {
        lock (_lock)
        {
            if (_views.TryGetValue(collection, out var view) && view.Add(reader) is { } isWaiting)
            {
                if (isWaiting)
                {
                    _streams.ForEach(stream => stream.AskAnew(view));
                }

                return view;
            }

            view = _views[collection] = new SharedView(connection, spaceId, collection);
            view.Add(reader);
            Join(view);
            return view;
        }
    }

    /// <summary>Gives views to a reader no longer.</summary>
    public void Leave(SharedView view, SnapshotFeed reader)
    {
        lock (_lock)
        {
            if (!view.Remove(reader))
            {
                return;
            }

            if (_views.GetValueOrDefault(view.Collection) == view)
            {
                _views.Remove(view.Collection);
            }
        }

        Leave(view);
    }
}
