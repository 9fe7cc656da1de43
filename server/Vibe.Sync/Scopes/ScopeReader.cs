using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Identity.Tokens;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Sync.V1;

namespace Vibe.Sync.Scopes;

/// <summary>What a client asks to be kept in step with.</summary>
internal sealed record AskedScope(
    CollectionName Collection,
    ScopeCursor? Cursor,
    IReadOnlyCollection<Moment> NotBefore,
    bool Structured
);

/// <summary>One page of a scope, and what the next one needs.</summary>
/// <param name="Page">The page, without its token.</param>
/// <param name="Cursor">Where the reader is after it.</param>
/// <param name="ValidUntil">When what the page rests on ends by itself.</param>
internal sealed record ScopePage(Page Page, ScopeCursor Cursor, DateTimeOffset ValidUntil)
{
    /// <summary>Whether the reader has caught up.</summary>
    public bool IsComplete => Page.Checkpoint is not null;

    /// <summary>Whether there is anything in it but silence.</summary>
    public bool HasNews => Page.Reset || Page.Changes.Count > 0;
}

/// <summary>
/// Reads pages of scopes. Permit, rows, head and incarnation come from one state of the database, so a page never shows
/// what was written after the permission for it ended.
/// </summary>
internal sealed class ScopeReader(Database database, ConsentPolicy policy, ChangeFeed feed, Limits limits)
{
    /// <summary>Reads the page after a cursor, or the first of a snapshot where there is none to continue from.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">What the policy refuses.</exception>
    public async Task<ScopePage> ReadAsync(
        Caller caller,
        AskedScope scope,
        ScopeCursor? cursor,
        int maxChanges,
        CancellationToken cancellation
    )
    {
        await using var snapshot = await database.ReadAsync(cancellation);
        var permit = await policy.RequireAsync(snapshot, caller, Operation.Read, scope.Collection, cancellation);
        return await ReadAsync(snapshot, permit, scope, cursor, maxChanges, cancellation);
    }

    /// <summary>Reads it from one state of the database, through a permit that was made in it.</summary>
    public async Task<ScopePage> ReadAsync(
        Session snapshot,
        Permit permit,
        AskedScope scope,
        ScopeCursor? cursor,
        int maxChanges,
        CancellationToken cancellation
    )
    {
        var digest = permit.ViewDigest();
        var space = scope.Collection.Space;
        var history = await SpaceHistory.ReadAsync(snapshot, space, cursor?.Position.Reach ?? 0, cancellation);
        var goesOn =
            cursor is not null
            && cursor.ViewDigest.AsSpan().SequenceEqual(digest)
            && IsIn(history, cursor)
            && await SpaceHistory.HoldsAsync(snapshot, space, scope.NotBefore, cancellation);
        var slice = await feed.ReadAsync(
            snapshot,
            permit,
            goesOn ? cursor!.Position : null,
            history.Head,
            maxChanges,
            limits.PageBytes,
            scope.Structured,
            cancellation
        );
        var incarnation =
            slice.Position.Reach == history.Head
                ? history.NewestBy
                : await Incarnation.AtAsync(snapshot, space, slice.Position.Reach, cancellation);
        var page = new Page { Reset = !goesOn, Checkpoint = slice.IsComplete ? new Checkpoint() : null };
        page.Changes.Add(slice.Entries.Select(ToWire));
        return new ScopePage(
            page,
            new ScopeCursor(slice.Position, incarnation ?? SpaceHistory.NoIncarnation, digest),
            permit.ValidUntil
        );
    }

    /// <summary>Makes sure that the caller may still follow a scope.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">What the policy refuses.</exception>
    public async Task RequireAsync(Caller caller, AskedScope scope, CancellationToken cancellation)
    {
        if (await StillMayAsync(caller, scope, cancellation))
            return;
        await using var snapshot = await database.ReadAsync(cancellation);
        await policy.RequireAsync(snapshot, caller, Operation.Read, scope.Collection, cancellation);
    }

    // Asks no more than whether the permit that the caller had last stands where it stood.
    private async Task<bool> StillMayAsync(Caller caller, AskedScope scope, CancellationToken cancellation)
    {
        if (policy.Recall(caller, scope.Collection) is not { } permit || !permit.Allows(Operation.Read))
            return false;
        await using var glance = await database.GlanceAsync(cancellation);
        return policy.Confirms(permit, await ConsentPolicy.StandingAsync(glance, caller, cancellation));
    }

    private static bool IsIn(SpaceHistory history, ScopeCursor cursor) =>
        cursor.Position.Reach <= history.Head && (history.AskedBy ?? SpaceHistory.NoIncarnation) == cursor.Incarnation;

    private static Change ToWire(FeedEntry entry)
    {
        var change = new Change { DocumentId = entry.Id };
        if (!entry.IsPut)
        {
            change.Removed = new Removed
            {
                Cause = entry.IsDeleted ? RemovalCause.Deleted : RemovalCause.NoLongerVisible,
            };
            return change;
        }
        var put = new Put
        {
            Etag = entry.Etag,
            CreateTime = Timestamp.FromDateTimeOffset(entry.CreateTime),
            UpdateTime = Timestamp.FromDateTimeOffset(entry.UpdateTime),
            Acl = entry.Acl,
        };
        if (entry.Body is { } body)
            put.Body = body;
        else
            put.Json = UnsafeByteOperations.UnsafeWrap(entry.Json);
        change.Put = put;
        return change;
    }
}
