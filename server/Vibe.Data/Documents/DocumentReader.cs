using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Identity.Tokens;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Data.Documents;

/// <summary>Reads documents into one caller's view, from one state of the database.</summary>
internal sealed class DocumentReader(
    Database database,
    ConsentPolicy policy,
    DocumentStore store,
    ConsistencyTokens consistency,
    Limits limits
)
{
    /// <summary>Gives a document, no older than the writes that tokens stand for.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">
    /// RESOURCE_NOT_FOUND, what the policy refuses, and what <see cref="ConsistencyTokens.RequireAsync"/> does.
    /// </exception>
    public async Task<Document> GetAsync(
        Caller caller,
        DocumentName name,
        IReadOnlyCollection<string> tokens,
        CancellationToken cancellation
    )
    {
        if (await GlanceAsync(caller, name, tokens, cancellation) is { } document)
            return document;
        await using var snapshot = await database.ReadAsync(cancellation);
        var permit = await policy.RequireAsync(snapshot, caller, Operation.Read, name.Collection, cancellation);
        await consistency.RequireAsync(snapshot, name.Collection.Space, tokens, cancellation);
        return await GetAsync(snapshot, permit, name, cancellation);
    }

    // Nothing where the permit that the caller had last holds no more, or more than one statement has to be asked; and for
    // tokens that cannot be read, of which only those hear who may read.
    private async Task<Document?> GlanceAsync(
        Caller caller,
        DocumentName name,
        IReadOnlyCollection<string> tokens,
        CancellationToken cancellation
    )
    {
        if (
            policy.Recall(caller, name.Collection) is not { } permit
            || new View(permit) is not { IsBoundByLists: false } view
            || consistency.TryOpen(name.Collection.Space, tokens) is not { } moments
        )
            return null;
        await using var glance = await database.GlanceAsync(cancellation);
        var (standing, holdsAll, found) = await store.FindAsync(glance, caller, name, moments, cancellation);
        if (!policy.Confirms(permit, standing))
            return null;
        permit.Require(Operation.Read);
        if (!holdsAll)
            throw ConsistencyTokens.HistoryLost();
        var stored = DocumentWriter.Admitted(permit, name, found, Operation.Read);
        return Document.Open(stored, view, view.Place(stored, null)!.Value);
    }

    /// <summary>Gives a document.</summary>
    /// <exception cref="Vibe.Hosting.Errors.VibeException">RESOURCE_NOT_FOUND.</exception>
    public async Task<Document> GetAsync(
        Session session,
        Permit permit,
        DocumentName name,
        CancellationToken cancellation
    )
    {
        var found = await store.FindAsync(session, name, cancellation);
        var stored = DocumentWriter.Admitted(permit, name, found, Operation.Read);
        return await OpenAsync(session, new View(permit), stored, cancellation);
    }

    /// <summary>Gives the documents of the permit's collection by their ids, from behind one on, until the reader stops.</summary>
    public async IAsyncEnumerable<Document> ListAsync(
        Session session,
        Permit permit,
        string after,
        int chunk,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var view = new View(permit);
        var read = chunk;
        while (read == chunk)
        {
            read = 0;
            var bytes = 0L;
            // The rows of a chunk are taken before any history is asked for: one connection runs one query at a time.
            var visible = new List<StoredDocument>();
            await foreach (var stored in store.ByIdAsync(session, permit.Collection, after, chunk, cancellation))
            {
                read++;
                after = stored.Name.Id;
                if (!permit.Sees(stored.List))
                    continue;
                visible.Add(stored);
                // No page takes more than this, so a chunk of large documents is not held in memory whole.
                bytes += stored.Body.Length;
                if (bytes <= limits.PageBytes)
                    continue;
                read = chunk;
                break;
            }
            foreach (var stored in visible)
                yield return await OpenAsync(session, view, stored, cancellation);
        }
    }

    private async Task<Document> OpenAsync(
        Session session,
        View view,
        StoredDocument stored,
        CancellationToken cancellation
    )
    {
        var lists = view.IsBoundByLists ? await store.ListsAsync(session, stored.Name, cancellation) : null;
        return Document.Open(stored, view, view.Place(stored, lists)!.Value);
    }
}
