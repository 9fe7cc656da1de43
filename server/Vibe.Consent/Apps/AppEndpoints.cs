using Grpc.Core;
using Vibe.Consent.V1;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Requests;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Apps;

internal sealed class AppEndpoints(Database database, AppStore apps, ManifestRules rules, SpaceSignal signal)
    : AppService.AppServiceBase
{
    public override async Task<CreateAppResponse> CreateApp(CreateAppRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var id = AppName.CheckId(request.AppId);
        var manifest = rules.Check(request.App?.Manifest);
        var now = database.Clock.Microseconds;
        var app = new App(id, caller.Home, App.DigestOf(manifest), manifest, now, now);
        await using var write = await database.WriteAsync(context.CancellationToken);
        if (await apps.AddAsync(write, app, context.CancellationToken))
        {
            await write.CommitAsync();
            return new CreateAppResponse { App = app.ToWire() };
        }
        var existing = await apps.GetAsync(write, id, context.CancellationToken);
        if (existing is null || existing.Developer != app.Developer || existing.ManifestDigest != app.ManifestDigest)
            throw new VibeException(
                ErrorReason.ResourceExists,
                $"The app id '{id}' is taken. Choose another, or update the app if it is yours.",
                new Dictionary<string, string> { ["resource"] = app.Name }
            );
        return new CreateAppResponse { App = existing.ToWire() };
    }

    public override async Task<GetAppResponse> GetApp(GetAppRequest request, ServerCallContext context)
    {
        var id = AppName.Parse(request.Name, "name");
        await using var snapshot = await database.ReadAsync(context.CancellationToken);
        var app = await apps.GetAsync(snapshot, id, context.CancellationToken) ?? throw AppErrors.NotFound(id);
        return new GetAppResponse { App = app.ToWire() };
    }

    public override async Task<UpdateAppResponse> UpdateApp(UpdateAppRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var id = AppName.Parse(request.Name, "name");
        var ifMatch = IfMatch.Of(request.IfMatch, context);
        var manifest = rules.Check(request.App?.Manifest);
        await using var write = await database.WriteAsync(context.CancellationToken);
        var before = await apps.GetAsync(write, id, context.CancellationToken);
        if (before is null || before.Developer != caller.Home)
            throw DoorErrors.OwnerRequired($"apps/{id}");
        if (ifMatch.Length > 0 && ifMatch != before.Etag)
            throw AppErrors.Stale(before);
        var after = before with
        {
            Manifest = manifest,
            ManifestDigest = App.DigestOf(manifest),
            UpdatedAt = Math.Max(database.Clock.Microseconds, before.UpdatedAt),
        };
        if (after.ManifestDigest == before.ManifestDigest)
            return new UpdateAppResponse { App = before.ToWire() };
        if (!await apps.ReplaceManifestAsync(write, after, before.ManifestDigest, context.CancellationToken))
            throw AppErrors.Stale(before);
        await write.CommitAsync();
        signal.Raise(after.Name);
        return new UpdateAppResponse { App = after.ToWire() };
    }
}
