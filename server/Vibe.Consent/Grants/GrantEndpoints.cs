using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Vibe.Consent.Apps;
using Vibe.Consent.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Requests;
using Vibe.Identity.Tokens;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using PageLimits = Vibe.Hosting.Limits;

namespace Vibe.Consent.Grants;

internal sealed class GrantEndpoints(
    Database database,
    SpaceLog spaces,
    AppStore apps,
    GrantStore grants,
    GrantRules rules,
    ConsistencyTokens consistency,
    PageTokens pages,
    PageLimits limits
) : GrantService.GrantServiceBase
{
    public override async Task<CreateGrantResponse> CreateGrant(CreateGrantRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var cancellation = context.CancellationToken;
        var space = OwnSpace(request.Parent, caller);
        var key = IdempotencyLog.CheckKey(request.IdempotencyKey);
        var asked = request.Grant ?? throw CallErrors.FieldInvalid("grant", "it is required.");
        var appId = AppName.Parse(asked.App, "grant.app");
        var access = rules.CheckAccess(asked.Access);
        var digest = IdempotencyLog.Digest(
            nameof(CreateGrant),
            Encoding.UTF8.GetBytes($"{space}\n{appId}\n{asked.ManifestDigest}"),
            Joined(access),
            asked.ExpireTime?.ToByteArray() ?? []
        );

        var (grant, moment) = await spaces.WriteAsync(
            Rpc.NameOf(context),
            space,
            Lane.Access,
            caller,
            [],
            async (turn, cancellation) =>
            {
                if (await IdempotencyLog.FindAsync(turn, caller, key, digest) is { } known)
                    return (await grants.GetAsync(turn.Write, new GrantName(space, known), cancellation))!;
                var app = await apps.GetAsync(turn.Write, appId, cancellation) ?? throw AppErrors.NotFound(appId);
                if (asked.ManifestDigest != app.ManifestDigest)
                    throw GrantErrors.ManifestChanged(app);
                GrantRules.CheckCeiling(access, app.Name, app.Manifest);
                if (await grants.FindActiveAsync(turn, appId, cancellation) is { } active)
                    throw GrantErrors.Exists(active.Name);
                var made = new PersonGrant(
                    space,
                    Guid.CreateVersion7(Clock.FromMicroseconds(turn.At)).ToString("n"),
                    appId,
                    app.ManifestDigest,
                    access,
                    GrantRules.Expiry(asked.ExpireTime, turn.At),
                    turn.At,
                    turn.At,
                    null
                );
                await grants.PutAsync(turn, made, cancellation);
                IdempotencyLog.Remember(turn, caller, key, digest, made.Id);
                return made;
            },
            cancellation
        );
        return new CreateGrantResponse
        {
            Grant = grant.ToWire(database.Clock.Microseconds),
            ConsistencyToken = consistency.Seal(moment),
        };
    }

    public override async Task<GetGrantResponse> GetGrant(GetGrantRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var name = GrantName.Parse(request.Name, caller);
        if (name.Space.Id != caller.Home || !(caller.IsFirstParty || name.Id == caller.Grant))
            throw GrantErrors.NotFound(name);
        await using var snapshot = await database.ReadAsync(context.CancellationToken);
        await consistency.RequireAsync(snapshot, name.Space, request.ConsistencyTokens, context.CancellationToken);
        var grant = await grants.GetAsync(snapshot, name, context.CancellationToken);
        if (grant is null || !(caller.IsFirstParty || grant.App == caller.Client))
            throw GrantErrors.NotFound(name);
        return new GetGrantResponse { Grant = grant.ToWire(database.Clock.Microseconds) };
    }

    public override async Task<ListGrantsResponse> ListGrants(ListGrantsRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var space = OwnSpace(request.Parent, caller);
        var size = limits.PageSize(request.PageSize);
        var app = request.App.Length == 0 ? null : AppName.Parse(request.App, "app");
        var listed = $"{space}/grants?app={app}";
        var after = pages.Open(caller, listed, request.PageToken);
        await using var snapshot = await database.ReadAsync(context.CancellationToken);
        await consistency.RequireAsync(snapshot, space, request.ConsistencyTokens, context.CancellationToken);
        var found = await grants.ListAsync(snapshot, space, app, after, size + 1, context.CancellationToken);
        var response = new ListGrantsResponse();
        var now = database.Clock.Microseconds;
        response.Grants.Add(found.Take(size).Select(grant => grant.ToWire(now)));
        if (found.Count > size)
            response.NextPageToken = pages.Seal(caller, listed, found[size - 1].Id);
        return response;
    }

    public override async Task<UpdateGrantResponse> UpdateGrant(UpdateGrantRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var cancellation = context.CancellationToken;
        var name = OwnGrant(request.Name, caller);
        var key = IdempotencyLog.CheckKey(request.IdempotencyKey);
        var ifMatch = IfMatch.Of(request.IfMatch, context);
        var asked = request.Grant ?? throw CallErrors.FieldInvalid("grant", "it is required.");
        var mask = GrantMask.Read(request);
        var access = mask.Access ? rules.CheckAccess(asked.Access) : null;
        var digest = IdempotencyLog.Digest(
            nameof(UpdateGrant),
            Encoding.UTF8.GetBytes($"{name}\n{mask}\n{(mask.ManifestDigest ? asked.ManifestDigest : "")}"),
            Joined(access ?? []),
            mask.ExpireTime ? asked.ExpireTime?.ToByteArray() ?? [] : [],
            Encoding.UTF8.GetBytes(ifMatch)
        );

        var (grant, moment) = await spaces.WriteAsync(
            Rpc.NameOf(context),
            name.Space,
            Lane.Access,
            caller,
            [],
            async (turn, cancellation) =>
            {
                var before = await grants.GetAsync(turn.Write, name, cancellation) ?? throw GrantErrors.NotFound(name);
                if (await IdempotencyLog.FindAsync(turn, caller, key, digest) is not null)
                    return before;
                if (ifMatch.Length > 0 && ifMatch != before.Etag)
                    throw GrantErrors.Stale(before);
                if (!before.IsActive(turn.At))
                    throw GrantErrors.Ended(name);
                var app = (await apps.GetAsync(turn.Write, before.App, cancellation))!;
                var after = before with
                {
                    Access = access ?? before.Access,
                    ExpiresAt = mask.ExpireTime ? GrantRules.Expiry(asked.ExpireTime, turn.At) : before.ExpiresAt,
                    ManifestDigest = mask.ManifestDigest ? asked.ManifestDigest : before.ManifestDigest,
                    UpdatedAt = turn.At,
                };
                // What was quoted before may stay: a person who takes back something is not first shown something new.
                if (after.ManifestDigest != before.ManifestDigest && after.ManifestDigest != app.ManifestDigest)
                    throw GrantErrors.ManifestChanged(app);
                var quoted = await apps.GetManifestAsync(turn.Write, after.ManifestDigest, cancellation);
                GrantRules.CheckCeiling(after.Access, app.Name, quoted);
                IdempotencyLog.Remember(turn, caller, key, digest, name.Id);
                if (after.Etag == before.Etag)
                    return before;
                await grants.PutAsync(turn, after, cancellation);
                return after;
            },
            cancellation
        );
        return new UpdateGrantResponse
        {
            Grant = grant.ToWire(database.Clock.Microseconds),
            ConsistencyToken = consistency.Seal(moment),
        };
    }

    public override async Task<RevokeGrantResponse> RevokeGrant(RevokeGrantRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var cancellation = context.CancellationToken;
        var name = OwnGrant(request.Name, caller);
        var (grant, moment) = await spaces.WriteAsync(
            Rpc.NameOf(context),
            name.Space,
            Lane.Access,
            caller,
            [],
            async (turn, cancellation) =>
            {
                var before = await grants.GetAsync(turn.Write, name, cancellation) ?? throw GrantErrors.NotFound(name);
                // One whose time is over here may have a moment left on a replica with another clock.
                if (before.RevokedAt is not null)
                    return before;
                var after = before with { RevokedAt = turn.At, UpdatedAt = turn.At };
                await grants.PutAsync(turn, after, cancellation);
                return after;
            },
            cancellation
        );
        return new RevokeGrantResponse
        {
            Grant = grant.ToWire(database.Clock.Microseconds),
            ConsistencyToken = consistency.Seal(moment),
        };
    }

    private static SpaceName OwnSpace(string parent, Caller caller)
    {
        var space = SpaceName.Parse(parent, "parent", caller);
        return space.Id == caller.Home ? space : throw DoorErrors.OwnerRequired(space.ToString());
    }

    private static GrantName OwnGrant(string text, Caller caller)
    {
        var name = GrantName.Parse(text, caller);
        return name.Space.Id == caller.Home ? name : throw DoorErrors.OwnerRequired(name.ToString());
    }

    private static byte[] Joined(IEnumerable<GrantedAccess> access)
    {
        var holder = new Grant();
        holder.Access.Add(access);
        return holder.ToByteArray();
    }
}
