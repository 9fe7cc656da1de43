using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Vibe.Hosting.Access;

namespace Vibe.Identity.Tokens;

/// <summary>Lets ASP.NET Core verify access tokens, and keeps what is wrong with one for the answer of the door.</summary>
internal static class BearerDoor
{
    public static void AddBearerDoor(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        // It brings Data Protection along, which nothing here uses and whose worker leaves keys in the home folder.
        services.Remove(services.Single(service => service.ImplementationType?.Name == "DataProtectionHostedService"));
        services
            .AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokens>(
                (options, tokens) =>
                {
                    options.MapInboundClaims = false;
                    options.TokenValidationParameters = tokens.Validation;
                    options.Events = new JwtBearerEvents
                    {
                        OnAuthenticationFailed = context =>
                        {
                            var error =
                                context.Exception is SecurityTokenExpiredException
                                    ? DoorErrors.TokenExpired()
                                    : DoorErrors.TokenInvalid();
                            context.HttpContext.Features.Set(new TokenFlaw(error));
                            return Task.CompletedTask;
                        },
                        OnTokenValidated = context =>
                        {
                            if (Caller.From(context.Principal!) is { } caller)
                                context.HttpContext.Features.Set(caller);
                            else
                                context.Fail("The token names nobody.");
                            return Task.CompletedTask;
                        },
                    };
                }
            );
    }
}
