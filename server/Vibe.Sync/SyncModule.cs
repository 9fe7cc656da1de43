using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Hosting.Refusals;
using Vibe.Identity.Servers;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Sync.Scopes;
using Vibe.Sync.Subscriptions;

namespace Vibe.Sync;

/// <summary>Moving it: keeps clients in step with what they may see, by pages and by streams of pages.</summary>
public sealed class SyncModule : VibeModule
{
    /// <inheritdoc />
    public override string Role => "sync";

    /// <inheritdoc />
    public override void AddServices(IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(builder.Configuration.ReadSettings<SubscriptionOptions>(SubscriptionOptions.Section));
        services.AddSingleton(new LimitPart(stated => stated.SubscriptionScopes = ScopeRequests.MaxScopes));
        services.AddSingleton<ResumeTokens>();
        services.AddSingleton<ScopeReader>();
        services.AddSingleton(provider =>
        {
            var shared = ActivatorUtilities.CreateInstance<SharedReads>(provider);
            var signal = provider.GetRequiredService<SpaceSignal>();
            signal.Delivered += shared.Begin;
            signal.Convoys = shared.NewConvoy;
            return shared;
        });
        services.AddSingleton<ScopeRequests>();
        services.AddSingleton<Heartbeats>();
        services.AddSingleton<StreamCeilings>();
        services.AddSingleton(provider => new SubscriptionServices(
            provider.GetRequiredService<ScopeReader>(),
            provider.GetRequiredService<SharedReads>(),
            provider.GetRequiredService<ResumeTokens>(),
            provider.GetRequiredService<SpaceSignal>(),
            provider.GetRequiredService<Clock>(),
            provider.GetRequiredService<RefusalCounts>(),
            provider.GetRequiredService<Heartbeats>(),
            provider.GetRequiredService<SubscriptionOptions>(),
            provider.GetRequiredService<StreamCeilings>(),
            provider.GetRequiredService<ILogger<SyncEndpoints>>()
        ));
    }

    /// <inheritdoc />
    public override void MapEndpoints(IEndpointRouteBuilder endpoints) => endpoints.MapVibeService<SyncEndpoints>();
}
