using Grpc.AspNetCore.Server;
using Grpc.Core;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Hosting.Rates;
using Vibe.Sync.Scopes;
using Vibe.Sync.V1;

namespace Vibe.Sync.Subscriptions;

internal sealed class SyncEndpoints(SubscriptionServices services, ScopeRequests requests, Limits limits, Drain drain)
    : SyncService.SyncServiceBase
{
    public override async Task<PullResponse> Pull(PullRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var scope = requests.Read(request.Scope, "scope", 0, caller);
        var size = limits.PageSize(request.PageSize);
        var page = await services.Reader.ReadAsync(caller, scope, scope.Cursor, size, context.CancellationToken);
        page.Page.ResumeToken = services.Tokens.Seal(caller, scope.Collection, page.Cursor);
        return new PullResponse { Page = page.Page, Collection = scope.Collection.ToString() };
    }

    public override async Task Subscribe(
        SubscribeRequest request,
        IServerStreamWriter<SubscribeResponse> responseStream,
        ServerCallContext context
    )
    {
        var caller = Caller.Of(context);
        var http = context.GetHttpContext();
        var scopes = requests.Read(request, caller);
        var holder = new StreamHolder($"{caller.Person} {caller.Client} {caller.Grant}", $"{Network.Of(http)}");
        using var place = services.Ceilings.Open(holder);
        using var open = SyncTelemetry.Open();
        using var subscription = new Subscription(
            services,
            caller,
            holder,
            scopes,
            responseStream,
            http.TraceIdentifier,
            http.Abort,
            drain.GoAway
        );
        await subscription.RunAsync(context.CancellationToken);
    }
}
