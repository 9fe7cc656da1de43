using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Permits = System.Collections.Generic.Dictionary<Vibe.Consent.Policy.CollectionName, Vibe.Consent.Policy.Permit>;

namespace Vibe.Data.Documents;

/// <summary>What became of one write: the document's name, and the document as far as its writer may read it.</summary>
internal sealed record WriteOutcome(DocumentName Name, Document? Document);

/// <summary>
/// Carries out writes, all or none, in one turn of their space. The order is that of what may be told: first what the
/// grant allows, then whether the request is a repetition, and only then what exists.
/// </summary>
internal sealed class DocumentWriter(SpaceLog spaces, ConsentPolicy policy, DocumentStore store, DocumentLimits limits)
{
    /// <summary>Carries out writes in one space.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="space">The space.</param>
    /// <param name="method">The method, which a repetition must come by too.</param>
    /// <param name="writes">The writes, each to another document.</param>
    /// <param name="key">The idempotency key, if there is one.</param>
    /// <param name="cancellation">Ends the wait for the space's turn.</param>
    public Task<(IReadOnlyList<WriteOutcome> Result, Moment Moment)> WriteAsync(
        Caller caller,
        SpaceName space,
        string method,
        IReadOnlyList<DocumentWrite> writes,
        string? key,
        CancellationToken cancellation
    )
    {
        var digest = key is null ? [] : IdempotencyLog.Digest(method, writes.SelectMany(write => write.Identity));
        return spaces.WriteAsync(
            $"{V1.DocumentService.Descriptor.FullName}/{method}",
            space,
            writes.All(write => write is SetDocumentAcl) ? Lane.Access : Lane.Content,
            caller,
            [
                .. ConsentPolicy.Questions(caller),
                .. IdempotencyLog.Questions(space, caller, key),
                .. writes.Select(write => store.Lookup.For(write.Name)),
            ],
            async (turn, cancellation) =>
            {
                var permits = await AuthorizeAsync(turn, caller, writes, method == BatchMethod, cancellation);
                if (await IdempotencyLog.FindAsync(turn, caller, key, digest) is { } ids)
                    return await RepeatAsync(turn, permits, writes, ids, cancellation);
                var found = await turn.FindAsync(store.Lookup, [.. writes.Select(write => write.Name)]);
                var outcomes = new List<WriteOutcome>(writes.Count);
                for (var index = 0; index < writes.Count; index++)
                {
                    var write = writes[index];
                    var view = new View(permits[write.Name.Collection]);
                    var before = found.GetValueOrDefault(write.Name);
                    outcomes.Add(
                        await TellingWhichAsync(
                            index,
                            method == BatchMethod,
                            () => ApplyAsync(turn, view, write, before, cancellation)
                        )
                    );
                }
                var names = string.Join('\n', writes.Select(write => write.Name.Id));
                IdempotencyLog.Remember(turn, caller, key, digest, names);
                return (IReadOnlyList<WriteOutcome>)outcomes;
            },
            cancellation
        );
    }

    /// <summary>The method whose refusals name the write among several.</summary>
    public const string BatchMethod = "BatchWrite";

    private async Task<Permits> AuthorizeAsync(
        Turn turn,
        Caller caller,
        IReadOnlyList<DocumentWrite> writes,
        bool isBatch,
        CancellationToken cancellation
    )
    {
        var permits = await policy.CompileAsync(
            turn,
            caller,
            writes[0].Operation,
            writes.Select(write => write.Name.Collection),
            cancellation
        );
        for (var index = 0; index < writes.Count; index++)
        {
            var write = writes[index];
            await TellingWhichAsync(
                index,
                isBatch,
                () =>
                {
                    write.Authorize(permits[write.Name.Collection]);
                    return Task.FromResult(true);
                }
            );
        }
        return permits;
    }

    private async Task<IReadOnlyList<WriteOutcome>> RepeatAsync(
        Turn turn,
        Permits permits,
        IReadOnlyList<DocumentWrite> writes,
        string ids,
        CancellationToken cancellation
    )
    {
        var outcomes = new List<WriteOutcome>(writes.Count);
        foreach (var (write, id) in writes.Zip(ids.Split('\n')))
        {
            var name = write.Name with { Id = id };
            var view = new View(permits[name.Collection]);
            var stored = await turn.FindAsync(store.Lookup, name);
            outcomes.Add(new WriteOutcome(name, await ShowAsync(turn.Write, view, stored, cancellation)));
        }
        return outcomes;
    }

    private async Task<WriteOutcome> ApplyAsync(
        Turn turn,
        View view,
        DocumentWrite write,
        StoredDocument? before,
        CancellationToken cancellation
    )
    {
        var after = write switch
        {
            CreateDocument create => Create(turn, view.Permit, create, before),
            UpdateDocument { AllowMissing: true } update when before is not { Exists: true } => Create(
                turn,
                view.Permit,
                new CreateDocument(update.Name, update.Name.Id, update.Values, null),
                before
            ),
            DeleteDocument { AllowMissing: true } when IsMissing(view.Permit, before, write.Operation) => null,
            _ => await ChangeAsync(turn, view, write, before, cancellation),
        };
        if (after is not null && after != before)
            store.Put(turn, after);
        return new WriteOutcome(write.Name, await ShowAsync(turn.Write, view, after, cancellation));
    }

    private StoredDocument Create(Turn turn, Permit permit, CreateDocument create, StoredDocument? before)
    {
        if (before is not null || !turn.Exists)
            throw DocumentErrors.Exists(create.Name);
        limits.CheckShare(create.Body);
        limits.CheckWhole(create.Body);
        var stamp = new Stamp(turn.NextRevision(), turn.At);
        var json = create.Body.ToArray();
        return new StoredDocument
        {
            Name = create.Name,
            Changed = stamp,
            Content = stamp,
            Created = stamp,
            Body = json,
            Etag = Document.DigestOf(json),
            Stamps = StampTable.Encode(create.Body.Members.ToDictionary(member => member.Name, _ => stamp)),
            List = create.List ?? AccessList.Empty,
            ListChanged = stamp,
        };
    }

    private async Task<StoredDocument> ChangeAsync(
        Turn turn,
        View view,
        DocumentWrite write,
        StoredDocument? found,
        CancellationToken cancellation
    )
    {
        var before = Admitted(view.Permit, write.Name, found, write.Operation);
        if (write.NeedsReading && !view.Permit.Sees(before.List))
            throw DocumentErrors.NotFound(write.Name);
        if (write.IfMatch.Length > 0)
            await MatchAsync(turn, view, write, before, cancellation);
        return write switch
        {
            UpdateDocument update => Update(turn, view.Permit, update, before),
            DeleteDocument => Delete(turn, before),
            SetDocumentAcl share => Share(turn, view.Permit, share, before),
            _ => throw new InvalidOperationException($"No way to carry out a {write.GetType().Name}."),
        };
    }

    private StoredDocument Update(Turn turn, Permit permit, UpdateDocument update, StoredDocument before)
    {
        var current = DocumentBody.FromStored(before.Body);
        var changed = Updated(current, update, permit);
        var names = ChangedMembers(current, changed);
        if (names.Count == 0)
            return before;
        var stamp = new Stamp(turn.NextRevision(), turn.At);
        var stamps = names.Aggregate(before.Stamps, (table, name) => table.With(name, stamp));
        CheckLimits(changed, stamps, permit.Updatable);
        var json = changed.ToArray();
        return before with
        {
            Changed = stamp,
            Content = stamp,
            Body = json,
            Etag = Document.DigestOf(json),
            Stamps = stamps,
        };
    }

    private static StoredDocument Delete(Turn turn, StoredDocument before)
    {
        var stamp = new Stamp(turn.NextRevision(), turn.At);
        var json = DocumentBody.Empty.ToArray();
        return before with
        {
            Changed = stamp,
            Content = stamp,
            Deleted = stamp,
            Body = json,
            Etag = Document.DigestOf(json),
            Stamps = StampTable.Empty,
        };
    }

    private static StoredDocument Share(Turn turn, Permit permit, SetDocumentAcl share, StoredDocument before)
    {
        permit.RequireGift(before.List, share.List, share.Name.ToString());
        if (share.List.Equals(before.List))
            return before;
        var stamp = new Stamp(turn.NextRevision(), turn.At);
        return before with { Changed = stamp, List = share.List, ListChanged = stamp };
    }

    /// <summary>Gives the document where grant and list allow the operation; else says what the caller may know.</summary>
    public static StoredDocument Admitted(Permit permit, DocumentName name, StoredDocument? found, Operation operation)
    {
        if (found is not { Exists: true })
            throw DocumentErrors.NotFound(name);
        if (permit.Admits(found.List, operation))
            return found;
        throw permit.Sees(found.List)
            ? ConsentErrors.AclDenied(operation, name.ToString())
            : DocumentErrors.NotFound(name);
    }

    /// <summary>Whether a document is missing for the caller: what is hidden from it is, as much as what never was.</summary>
    private static bool IsMissing(Permit permit, StoredDocument? found, Operation operation) =>
        found is not { Exists: true } || !(permit.Admits(found.List, operation) || permit.Sees(found.List));

    private async Task MatchAsync(
        Turn turn,
        View view,
        DocumentWrite write,
        StoredDocument before,
        CancellationToken cancellation
    )
    {
        var seen = (await ShowAsync(turn.Write, view, before, cancellation))!;
        if (write.IfMatch != "*" && write.IfMatch != seen.Etag)
            throw DocumentErrors.Stale(write.Name, seen.Etag);
    }

    private async Task<Document?> ShowAsync(
        Session session,
        View view,
        StoredDocument? stored,
        CancellationToken cancellation
    )
    {
        if (stored is not { Exists: true } || !view.Permit.Sees(stored.List))
            return null;
        var lists = view.IsBoundByLists ? await store.ListsAsync(session, stored.Name, cancellation) : null;
        return Document.Open(stored, view, view.Place(stored, lists)!.Value);
    }

    private static DocumentBody Updated(DocumentBody current, UpdateDocument update, Permit permit)
    {
        try
        {
            return DocumentUpdate.Apply(current, update.Values, update.Paths, permit.Updatable.Contains);
        }
        catch (VibeException error) when (error.Reason == ErrorReason.MemberNotObject)
        {
            throw DocumentErrors.MemberNotObject(error.Metadata["path"], update.Name.ToString());
        }
    }

    private void CheckLimits(DocumentBody body, StampTable stamps, MemberSet share)
    {
        var removed = stamps.Decode().Keys.Where(name => !body.TryGet(name, out _)).ToList();
        limits.CheckUpdated(body, removed, share);
    }

    private static List<string> ChangedMembers(DocumentBody before, DocumentBody after)
    {
        var changed = after
            .Members.Where(member =>
                !before.TryGet(member.Name, out var old) || !old.Value.Span.SequenceEqual(member.Value.Span)
            )
            .Select(member => member.Name);
        var removed = before.Members.Where(member => !after.TryGet(member.Name, out _)).Select(member => member.Name);
        return [.. changed, .. removed];
    }

    private static async Task<T> TellingWhichAsync<T>(int index, bool isBatch, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (VibeException error) when (isBatch)
        {
            throw error.InWrite(index);
        }
    }
}
