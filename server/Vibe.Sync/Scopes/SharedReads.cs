using System.Buffers.Binary;
using System.Diagnostics;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Sync.V1;

namespace Vibe.Sync.Scopes;

/// <summary>
/// Reads for streams that have caught up, and are woken together. Whoever asks while a state of the database is read waits
/// for the next one, which begins after that. In it every permit is asked for once, and a page is read once for all who are
/// shown the same from the same place; what differs from stream to stream, frame and token, is made by the streams.
/// </summary>
internal sealed class SharedReads(Database database, ConsentPolicy policy, ScopeReader reader)
{
    // Those of a space wait in one line, so that they meet.
    private readonly Line[] _lines =
    [
        .. Enumerable
            .Range(0, Math.Max(2, Environment.ProcessorCount))
            .Select(_ => new Line(needs => ServeAsync(database, policy, reader, needs))),
    ];

    /// <summary>Reads the page after a cursor.</summary>
    /// <exception cref="VibeException">What the policy refuses.</exception>
    public Task<ScopePage> ReadAsync(
        Caller caller,
        AskedScope scope,
        ScopeCursor cursor,
        int maxChanges,
        CancellationToken cancellation
    )
    {
        var need = new Need(caller, scope, cursor, maxChanges, cancellation);
        var line = (uint)scope.Collection.Space.GetHashCode() % (uint)_lines.Length;
        _lines[line].Add(need);
        return need.Page.WaitAsync(cancellation);
    }

    private static async Task ServeAsync(
        Database database,
        ConsentPolicy policy,
        ScopeReader reader,
        IReadOnlyList<Need> needs
    )
    {
        Activity.Current = needs.FirstOrDefault(need => need.Span is not null)?.Span;
        try
        {
            await using var snapshot = await database.ReadAsync(CancellationToken.None);
            var round = new Round(snapshot, policy, reader);
            foreach (var need in needs)
                if (!need.IsGone)
                    await round.ServeAsync(need);
        }
        catch (Exception exception)
        {
            foreach (var need in needs)
                need.Fail(exception);
        }
    }

    /// <summary>What a stream waits for.</summary>
    private sealed class Need(
        Caller caller,
        AskedScope scope,
        ScopeCursor cursor,
        int maxChanges,
        CancellationToken cancellation
    )
    {
        private readonly TaskCompletionSource<ScopePage> _page = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        public Caller Caller => caller;
        public AskedScope Scope => scope;
        public ScopeCursor Cursor => cursor;
        public int MaxChanges => maxChanges;
        public bool IsGone => cancellation.IsCancellationRequested;
        public Activity? Span { get; } = Activity.Current is { Recorded: true } span ? span : null;
        public Task<ScopePage> Page => _page.Task;

        public void Succeed(ScopePage page) => _page.TrySetResult(page);

        public void Fail(Exception exception) => _page.TrySetException(exception);
    }

    /// <summary>Where needs wait while others are served.</summary>
    private sealed class Line(Func<IReadOnlyList<Need>, Task> serve)
    {
        private readonly Lock _lock = new();
        private List<Need> _waiting = [];
        private bool _isServing;

        public void Add(Need need)
        {
            lock (_lock)
            {
                _waiting.Add(need);
                if (_isServing)
                    return;
                _isServing = true;
            }
            using (ExecutionContext.SuppressFlow())
                _ = Task.Run(ServeAsync);
        }

        private async Task ServeAsync()
        {
            while (Next() is { Count: > 0 } needs)
                await serve(needs);
        }

        private List<Need> Next()
        {
            lock (_lock)
            {
                (var needs, _waiting) = (_waiting, []);
                _isServing = needs.Count > 0;
                return needs;
            }
        }
    }

    /// <summary>One state of the database, and what was read in it.</summary>
    private sealed class Round(Snapshot snapshot, ConsentPolicy policy, ScopeReader reader)
    {
        private readonly Dictionary<PermitKey, Decision> _decisions = [];
        private readonly Dictionary<PageKey, ScopePage> _pages = [];

        public async Task ServeAsync(Need need)
        {
            var (permit, refusal) = await DecideAsync(need.Caller, need.Scope.Collection);
            if (permit is null)
            {
                need.Fail(refusal!);
                return;
            }
            var page = await PageAsync(permit, need);
            need.Succeed(page with { Page = Copy(page.Page), ValidUntil = permit.ValidUntil });
        }

        private async Task<Decision> DecideAsync(Caller caller, CollectionName collection)
        {
            var key = new PermitKey(caller.Person, caller.Client, caller.Grant, collection);
            if (!_decisions.TryGetValue(key, out var decision))
                _decisions[key] = decision = await AskAsync(caller, collection);
            return decision;
        }

        private async Task<Decision> AskAsync(Caller caller, CollectionName collection)
        {
            try
            {
                var permit = await policy.RequireAsync(
                    snapshot,
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

        private async Task<ScopePage> PageAsync(Permit permit, Need need)
        {
            var key = new PageKey(
                permit.Collection,
                permit.ViewKey,
                need.Cursor.Position,
                need.Cursor.Incarnation,
                BinaryPrimitives.ReadUInt128BigEndian(need.Cursor.ViewDigest),
                need.Scope.Structured,
                need.MaxChanges
            );
            if (!_pages.TryGetValue(key, out var page))
                _pages[key] = page = await reader.ReadAsync(
                    snapshot,
                    permit,
                    need.Scope,
                    need.Cursor,
                    need.MaxChanges,
                    CancellationToken.None
                );
            return page;
        }

        private static Page Copy(Page page)
        {
            var copy = new Page { Reset = page.Reset, Checkpoint = page.Checkpoint };
            copy.Changes.AddRange(page.Changes);
            return copy;
        }
    }

    private readonly record struct Decision(Permit? Permit, VibeException? Refusal);

    /// <summary>What a permit is a function of in one state.</summary>
    private readonly record struct PermitKey(string Person, string Client, string? Grant, CollectionName Collection);

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
        bool Structured,
        int MaxChanges
    );
}
