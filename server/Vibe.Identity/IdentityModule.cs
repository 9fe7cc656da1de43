using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Identity.Accounts;
using Vibe.Identity.Examinations;
using Vibe.Identity.Keys;
using Vibe.Identity.Servers;
using Vibe.Identity.Tokens;
using Vibe.Storage;

namespace Vibe.Identity;

/// <summary>Who: accounts and their identity log, the server's keys, and the tokens that both rest on.</summary>
public sealed class IdentityModule : VibeModule
{
    /// <inheritdoc />
    public override string Role => "identity";

    /// <inheritdoc />
    public override void AddServices(IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<ServerOptions>(builder.Configuration.GetSection(ServerOptions.Section));
        services.AddSingleton(new ModelPart(IdentityMapping.Build));
        services.AddSingleton<KeyRing>();
        services.AddHostedService<KeyWatch>();
        services.AddSingleton<Sealer>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<VerifiedTokens>();
        services.AddSingleton<ConsistencyTokens>();
        services.AddSingleton<PageTokens>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<ServerDescription>();
        services.AddSingleton<KeyExamination>();
        services.AddSingleton<TokenExamination>();
        services.AddBearerDoor();
    }

    /// <inheritdoc />
    public override void MapEndpoints(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapVibeService<AccountEndpoints>();
    }

    /// <inheritdoc />
    public override void MapEverywhere(IEndpointRouteBuilder endpoints)
    {
        // An address that cannot be read keeps the server from starting.
        _ = endpoints.ServiceProvider.GetRequiredService<ServerDescription>();
        endpoints.MapVibeService<ServerEndpoints>();
    }
}
