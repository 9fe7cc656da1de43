using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Data.Documents;
using Vibe.Data.V1;
using Vibe.Hosting.Access;
using Vibe.Identity.Tokens;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using PageLimits = Vibe.Hosting.Limits;

namespace Vibe.Data.Collections;

internal sealed class CollectionEndpoints(
    Database database,
    ConsentPolicy policy,
    DocumentStore documents,
    DocumentReader reader,
    ConsistencyTokens consistency,
    PageTokens pages,
    PageLimits limits
) : CollectionService.CollectionServiceBase
{
    private const int Chunk = 100;

    public override async Task<ListCollectionsResponse> ListCollections(
        ListCollectionsRequest request,
        ServerCallContext context
    )
    {
        var caller = Caller.Of(context);
        var cancellation = context.CancellationToken;
        var space = SpaceName.Parse(request.Parent, "parent", caller);
        var size = limits.PageSize(request.PageSize);
        var listed = $"{space}/collections";
        var after = pages.Open(caller, listed, request.PageToken) ?? "";
        await using var snapshot = await database.ReadAsync(cancellation);
        await policy.RequireAnywhereAsync(snapshot, caller, [Operation.Read], cancellation);
        await consistency.RequireAsync(snapshot, space, request.ConsistencyTokens, cancellation);

        var response = new ListCollectionsResponse();
        var next = after;
        while (await documents.NextCollectionAsync(snapshot, space, next, cancellation) is { } id)
        {
            next = id;
            var collection = new CollectionName(space, id);
            if (!await IsInViewAsync(snapshot, caller, collection, cancellation))
                continue;
            if (response.Collections.Count == size)
            {
                response.NextPageToken = pages.Seal(caller, listed, after);
                break;
            }
            response.Collections.Add(new Collection { Name = collection.ToString() });
            after = id;
        }
        return response;
    }

    private async Task<bool> IsInViewAsync(
        Session session,
        Caller caller,
        CollectionName collection,
        CancellationToken cancellation
    )
    {
        var permit = await policy.CompileAsync(session, caller, Operation.Read, collection, cancellation);
        if (!permit.Allows(Operation.Read))
            return false;
        if (permit.IsOwnersSide)
            return true;
        await foreach (var _ in reader.ListAsync(session, permit, "", Chunk, cancellation))
            return true;
        return false;
    }
}
