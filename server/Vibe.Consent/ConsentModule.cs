using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vibe.Consent.Apps;
using Vibe.Consent.Grants;
using Vibe.Consent.Policy;
using Vibe.Consent.Refusals;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Consent;

/// <summary>May they: apps and what they ask for, grants and what people allow, and the one policy that decides.</summary>
public sealed class ConsentModule : VibeModule
{
    /// <inheritdoc />
    public override string Role => "consent";

    /// <inheritdoc />
    public override void AddServices(IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(new ModelPart(ConsentMapping.Build));
        services.AddSingleton(new ModelPart(RefusalMapping.Build));
        services.AddSingleton(new WatchedRows("apps/", "apps", "manifest_digest"));
        services.AddSingleton<AppStore>();
        services.AddSingleton<ManifestRules>();
        services.AddSingleton<GrantRules>();
        services.AddSingleton<GrantStore>();
        services.AddSingleton<StandingGrants>();
        services.AddSingleton(provider => new ConsentPolicy(
            provider.GetRequiredService<Clock>(),
            provider.GetRequiredService<StandingGrants>()
        ));
        services.AddSingleton<ConsentDirectory>();
        services.AddSingleton<IAuthorizationHandler, GrantDoorHandler>();
        services.AddHostedService<RefusalLog>();
    }

    /// <inheritdoc />
    public override void MapEndpoints(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapVibeService<AppEndpoints>();
        endpoints.MapVibeService<GrantEndpoints>();
    }
}
