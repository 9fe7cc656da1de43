using System.Buffers.Binary;
using System.Data.Common;
using System.Diagnostics;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Sync.Scopes;

namespace Vibe.Sync.Subscriptions;

/// <summary>
/// Reads for streams that have caught up, and rest. Those that are claimed while a state of the database is read wait for the
/// next one, which begins after that. In it every permit is asked for once, and a page is read once for all who are shown the
/// same from the same place; what differs from stream to stream, frame and token, is made as it is handed over.
/// </summary>
internal sealed class SharedReads
{
    private const int HandedOverAtOnce = 64;

    private readonly Database _database;
    private readonly ConsentPolicy _policy;
    private readonly ScopeReader _reader;

    // Those of a space wait in one line, so that they meet.
    private readonly Line[] _lines;

    public SharedReads(Database database, ConsentPolicy policy, ScopeReader reader)
    {
        (_database, _policy, _reader) = (database, policy, reader);
        _lines = [.. Enumerable.Range(0, Math.Max(2, Environment.ProcessorCount)).Select(_ => new Line(LookAsync))];
    }

    /// <summary>
    /// Looks for news for a stream that was claimed for it, and lets go of it afterwards; <see cref="Begin"/> follows, once
    /// others that are claimed for the same reason were added.
    /// </summary>
    /// <param name="space">Where it is looked; those who give the same are served together.</param>
    /// <param name="stream">The stream.</param>
    public void Add(SpaceName space, Subscription stream) =>
        _lines[(uint)space.GetHashCode() % (uint)_lines.Length].Add(stream);

    /// <summary>Makes a convoy for streams that rest.</summary>
    public Convoy NewConvoy() => new StreamConvoy(this);

    /// <summary>Lets a stream that was claimed for it travel with a convoy.</summary>
    public static void Add(Convoy convoy, Subscription stream) => ((StreamConvoy)convoy).Add(stream);

    /// <summary>Serves what was added.</summary>
    public void Begin()
    {
        foreach (var line in _lines)
            line.Begin();
    }

    private Task LookAsync(List<Subscription> streams) =>
        ServeAsync(
            streams,
            () =>
            {
                foreach (var stream in streams)
                    stream.Begin();
                Trace(streams);
                var answers = new Answers();
                return _database.AskAsync(answers, Foresee(answers, streams), CancellationToken.None);
            }
        );

    private async Task ServeAsync(List<Subscription> streams, Func<Task<AnsweredState>> look)
    {
        Snapshot? snapshot = null;
        try
        {
            try
            {
                await new Round(await look(), _policy, _reader).ServeAsync(streams);
            }
            catch (NotAskedException)
            {
                // More changed than is asked for in advance, or something that nobody expects.
                snapshot = await _database.ReadAsync(CancellationToken.None);
                var answers = new Answers();
                snapshot.Remember(answers);
                await snapshot.AskAsync(
                    ForeseeDecisions(answers, streams, PlacesOf(streams).Keys),
                    CancellationToken.None
                );
                await new Round(snapshot, _policy, _reader).ServeAsync(streams);
            }
        }
        catch (Exception exception)
        {
            foreach (var stream in streams)
                stream.Fail(exception);
        }
        Activity.Current = null;
        HandOver(streams);
        if (snapshot is not null)
            await EndAsync(snapshot);
    }

    private static void Trace(List<Subscription> streams) =>
        Activity.Current = streams.Select(stream => stream.Span).FirstOrDefault(span => span is not null);

    // All that a round wants to know as a rule.
    private static List<Ask> Foresee(Answers answers, List<Subscription> streams)
    {
        var places = PlacesOf(streams);
        var asks = ForeseeDecisions(answers, streams, places.Keys);
        foreach (var ((collection, position), hasGuests) in places)
            asks.AddRange(ChangeFeed.AskNewest(answers, collection, position, hasGuests));
        return asks;
    }

    // What each stream is asked for first, for all of them at once.
    private static List<Ask> ForeseeDecisions(
        Answers answers,
        List<Subscription> streams,
        IEnumerable<(CollectionName Collection, FeedPosition Position)> places
    ) =>
        [
            .. ConsentPolicy.AskStandings(answers, streams.Select(stream => stream.Caller)),
            .. places
                .Select(place => (place.Collection.Space, place.Position.Reach))
                .Distinct()
                .Select(place => SpaceHistory.Ask(answers, place.Space, place.Reach)),
        ];

    // Where the streams are, and whether somebody is there whom lists bind.
    private static Dictionary<(CollectionName Collection, FeedPosition Position), bool> PlacesOf(
        List<Subscription> streams
    )
    {
        var places = new Dictionary<(CollectionName Collection, FeedPosition Position), bool>();
        var last = default((FeedPosition, bool, CollectionName));
        foreach (var stream in streams)
        foreach (var look in stream.Looks)
        {
            var scope = look.Scope;
            var next = (scope.Cursor!.Position, scope.IsGuests, scope.Asked.Collection);
            // Most are where the one before them is, and to compare is cheaper than to hash.
            if (next == last)
                continue;
            last = next;
            var place = (scope.Asked.Collection, scope.Cursor.Position);
            places[place] = scope.IsGuests || places.GetValueOrDefault(place);
        }
        return places;
    }

    // All was read and handed over, and nothing was written: what fails now takes nothing away from anybody.
    // Whoever reads next finds out by itself whether the database is there.
    private static async Task EndAsync(Snapshot snapshot)
    {
        try
        {
            await snapshot.DisposeAsync();
        }
        catch (DbException) { }
    }

    // Many are handed over by as many threads as there are for it, and nobody waits for them: each is let go by itself.
    private static void HandOver(List<Subscription> streams)
    {
        var at = 0;
        for (; at + HandedOverAtOnce < streams.Count; at += HandedOverAtOnce)
            ThreadPool.UnsafeQueueUserWorkItem(HandOver, (streams, at, at + HandedOverAtOnce), preferLocal: false);
        HandOver((streams, at, streams.Count));
    }

    private static void HandOver((List<Subscription> Streams, int From, int To) part)
    {
        for (var i = part.From; i < part.To; i++)
            part.Streams[i].HandOver();
    }

    /// <summary>Streams whose questions travel with a commit.</summary>
    private sealed class StreamConvoy(SharedReads reads) : Convoy
    {
        private List<Subscription> _streams = [];

        public void Add(Subscription stream) => _streams.Add(stream);

        public override IReadOnlyList<Ask> Begin(Answers answers)
        {
            var writer = Activity.Current;
            foreach (var stream in _streams)
                stream.Begin();
            Activity.Current = writer;
            return Foresee(answers, _streams);
        }

        public override void Arrive(AnsweredState state) =>
            ThreadPool.UnsafeQueueUserWorkItem(_ => _ = ServeAsync(Leave(), state), null);

        public override void Disband()
        {
            foreach (var stream in Leave())
                stream.LetGo();
        }

        private async Task ServeAsync(List<Subscription> streams, AnsweredState state)
        {
            foreach (var stream in streams)
            foreach (var look in stream.Looks)
                look.CommittedAt = CommittedAt;
            await reads.ServeAsync(
                streams,
                () =>
                {
                    Trace(streams);
                    return Task.FromResult(state);
                }
            );
        }

        // Those whom it took along remember it for longer.
        private List<Subscription> Leave()
        {
            (var streams, _streams) = (_streams, []);
            return streams;
        }
    }

    /// <summary>Where streams wait while others are served.</summary>
    private sealed class Line(Func<List<Subscription>, Task> serve)
    {
        private readonly Lock _lock = new();
        private List<Subscription> _waiting = [];
        private bool _isServing;

        public void Add(Subscription stream)
        {
            lock (_lock)
                _waiting.Add(stream);
        }

        public void Begin()
        {
            lock (_lock)
            {
                if (_isServing || _waiting.Count == 0)
                    return;
                _isServing = true;
            }
            using (ExecutionContext.SuppressFlow())
                _ = Task.Run(ServeAsync);
        }

        private async Task ServeAsync()
        {
            while (Next() is { Count: > 0 } streams)
                await serve(streams);
        }

        private List<Subscription> Next()
        {
            lock (_lock)
            {
                (var streams, _waiting) = (_waiting, []);
                _isServing = streams.Count > 0;
                return streams;
            }
        }
    }

    /// <summary>One state of the database, and what was read in it.</summary>
    private sealed class Round(Session state, ConsentPolicy policy, ScopeReader reader)
    {
        private readonly Dictionary<PermitKey, Decision> _decisions = [];
        private readonly Dictionary<PageKey, ScopePage> _pages = [];

        public async Task ServeAsync(List<Subscription> streams)
        {
            foreach (var stream in streams)
                if (!stream.IsGone)
                    await ServeAsync(stream);
        }

        private async ValueTask ServeAsync(Subscription stream)
        {
            foreach (var look in stream.Looks)
                await ServeAsync(stream.Caller, look);
            if (stream.Heartbeat is { } scope)
                stream.MayBeat = (await DecideAsync(stream.Caller, scope)).Permit is not null;
        }

        private async ValueTask ServeAsync(Caller caller, Look look)
        {
            var scope = look.Scope;
            var (permit, refusal) = await DecideAsync(caller, scope);
            (look.Page, look.Error) = (null, refusal);
            if (permit is null)
                return;
            var page = await PageAsync(permit, scope.Asked, scope.Cursor!);
            look.Page = page.ValidUntil == permit.ValidUntil ? page : page with { ValidUntil = permit.ValidUntil };
        }

        private async ValueTask<Decision> DecideAsync(Caller caller, FollowedScope scope)
        {
            if (!_decisions.TryGetValue(scope.Permit, out var decision))
                _decisions[scope.Permit] = decision = await AskAsync(caller, scope.Asked.Collection);
            return decision;
        }

        private async Task<Decision> AskAsync(Caller caller, CollectionName collection)
        {
            try
            {
                var permit = await policy.RequireAsync(
                    state,
                    caller,
                    Operation.Read,
                    collection,
                    CancellationToken.None
                );
                return new Decision(permit, null);
            }
            catch (VibeException refusal)
            {
                return new Decision(null, refusal);
            }
        }

        private async ValueTask<ScopePage> PageAsync(Permit permit, AskedScope asked, ScopeCursor cursor)
        {
            var key = new PageKey(
                permit.Collection,
                permit.ViewKey,
                cursor.Position,
                cursor.Incarnation,
                BinaryPrimitives.ReadUInt128BigEndian(cursor.ViewDigest),
                asked.Structured
            );
            if (!_pages.TryGetValue(key, out var page))
                _pages[key] = page = await reader.ReadAsync(
                    state,
                    permit,
                    asked,
                    cursor,
                    Subscription.ChangesAtOnce,
                    CancellationToken.None
                );
            return page;
        }
    }

    private readonly record struct Decision(Permit? Permit, VibeException? Refusal);

    /// <summary>
    /// Everything that a page is a function of in one state. The view's digest names the reader where lists limit what is
    /// shown; how many bytes a page may have is the same for all.
    /// </summary>
    private readonly record struct PageKey(
        CollectionName Collection,
        UInt128 View,
        FeedPosition Position,
        string Incarnation,
        UInt128 ViewBefore,
        bool Structured
    )
    {
        // What differs most; the rest is compared.
        public override int GetHashCode() => HashCode.Combine(View, Position);
    }
}
