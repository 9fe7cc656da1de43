using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Hosting.Json;
using Vibe.Hosting.Rates;
using Vibe.Hosting.Reference;
using Vibe.Hosting.Refusals;
using Vibe.Hosting.Requests;

namespace Vibe.Hosting;

/// <summary>What every Vibe process has, whatever it hosts: gRPC, gRPC-web and REST behind one door, and its errors.</summary>
public static class VibeHosting
{
    /// <summary>What pages of other origins read of the head of an answer, beside what any may.</summary>
    public static readonly string[] ExposedHeaders =
    [
        "grpc-status",
        "grpc-message",
        "grpc-status-details-bin",
        "x-request-id",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
    ];

    /// <summary>Adds the protocols, the door and the translation of errors.</summary>
    public static void AddVibeHosting(this IHostApplicationBuilder builder)
    {
        var limits = Limits.From(builder.Configuration);
        builder.Services.AddSingleton(limits);
        builder
            .Services.AddGrpc(options =>
            {
                options.IgnoreUnknownServices = true;
                options.MaxReceiveMessageSize = limits.MessageBytes;
                options.MaxSendMessageSize = limits.MessageBytes;
                options.Interceptors.Add<ErrorInterceptor>();
            })
            .AddJsonTranscoding(options =>
            {
                options.JsonSettings.IgnoreDefaultValues = true;
                options.JsonSettings.WriteInt64sAsStrings = true;
                options.TypeRegistry = Refusal.DetailTypes;
            });
        // What an rpc throws, the interceptor logs; what remains here are broken messages, which are their sender's fault,
        // and would let anybody fill the log with errors.
        builder.Logging.AddFilter("Grpc.AspNetCore.Server.ServerCallHandler", LogLevel.Critical);
        // Whoever asks for health is told; that a server is about to stop is no error, and what is one logs itself.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        // The framework's own scope would put the path, and so the names in it, on every line of a request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // Any page may ask: a token in the request lets it in, and no cookie or address ever does.
        builder.Services.AddCors(options =>
            options.AddDefaultPolicy(policy =>
                policy
                    .AllowAnyOrigin()
                    .AllowAnyMethod()
                    .AllowAnyHeader()
                    .WithExposedHeaders(ExposedHeaders)
                    .SetPreflightMaxAge(TimeSpan.FromHours(2))
            )
        );
        var drain = builder.Configuration.ReadSettings<DrainOptions>(DrainOptions.Section);
        builder.Services.AddSingleton(drain);
        builder.Services.AddSingleton<Drain>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Drain>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = drain.Delay + drain.Patience);
        builder.Services.AddGrpcHealthChecks().AddCheck<Drain>("drain");
        builder.Services.AddGrpcReflection();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddTrustedProxies();
        builder.Services.AddSingleton<CallRates>();
        builder.Services.AddSingleton<RefusalCounts>();
        builder.Services.AddSingleton<IAuthorizationHandler, DoorHandler>();
        builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, DoorResultHandler>();
        builder
            .Services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>Adds what requests pass before they reach an rpc, in order.</summary>
    public static void UseVibeHosting(this WebApplication app)
    {
        app.UseTrustedProxies();
        app.UseMiddleware<RequestIdMiddleware>();
        app.UseMiddleware<RefusalCountMiddleware>();
        app.UseRouting();
        app.UseCors();
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.UseMiddleware<RefusalMiddleware>();
        var rates = app.Services.GetRequiredService<CallRates>();
        app.Use(next => context => rates.ByAddressAsync(context, next));
        app.UseMiddleware<DeadlineMiddleware>();
        // Who was verified before comes in without the framework's way, which takes longer than a read.
        var remembered = app.Services.GetRequiredService<RememberedTokens>();
        app.UseWhen(
            context => !remembered.Recognize(context),
            unknown =>
            {
                unknown.Use(next => context => rates.ByStrangerAsync(context, next));
                unknown.UseAuthentication();
                unknown.Use(next => context => rates.KnownAsync(context, next));
            }
        );
        // What UseAuthentication notes where it stands in no branch; else the framework puts it before everything else.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        app.Use(next => context => rates.ByCallerAsync(context, next));
        app.UseMiddleware<AppCallsMiddleware>();
        app.UseAuthorization();
        app.UseMiddleware<RestBodyMiddleware>();
        app.UseMiddleware<EventStreamMiddleware>();
    }

    /// <summary>Maps health and the description of REST, open to everybody, and reflection, which is so in development alone.</summary>
    public static void MapVibeHosting(this WebApplication app)
    {
        app.MapRestReference();
        app.MapGrpcHealthChecksService().AllowAnonymous();
        if (app.Environment.IsDevelopment())
            app.MapGrpcReflectionService().AllowAnonymous();
    }
}
