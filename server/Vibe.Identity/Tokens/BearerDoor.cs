using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Vibe.Hosting.Access;

namespace Vibe.Identity.Tokens;

/// <summary>Lets ASP.NET Core verify access tokens, and keeps what is wrong with one for the answer of the door.</summary>
internal static class BearerDoor
{
    public static void AddBearerDoor(this IServiceCollection services)
    {
        services.AddSingleton<RememberedTokens>(provider => provider.GetRequiredService<VerifiedTokens>());
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        // It brings Data Protection along, which nothing here uses and whose worker leaves keys in the home folder.
        services.Remove(services.Single(service => service.ImplementationType?.Name == "DataProtectionHostedService"));
        services
            .AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokens, VerifiedTokens>(
                (options, tokens, verified) =>
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
                            if (Caller.From(context.Principal!) is not { } caller)
                            {
                                context.Fail("The token names nobody.");
                                return Task.CompletedTask;
                            }
                            context.HttpContext.Features.Set(caller);
                            verified.Add(
                                context.Request,
                                new VerifiedToken(caller, context.Principal!, context.SecurityToken.SigningKey)
                            );
                            return Task.CompletedTask;
                        },
                    };
                }
            );
    }
}
