using Microsoft.AspNetCore.Server.Kestrel.Core;
using Vibe.Hosting;
using Vibe.Identity.Keys;
using Vibe.Identity.Servers;
using Vibe.Server.Telemetry;
using Vibe.Storage;

namespace Vibe.Server;

/// <summary>Puts a server together, for the process of its own, for the command line and for tests alike.</summary>
public static class VibeHost
{
    /// <summary>
    /// Begins a server's configuration. Settings are read once, at the start: nothing here follows a file that changes, and
    /// to watch for that would make a server whose data is below its working folder hear of each of its own writes.
    /// </summary>
    public static WebApplicationBuilder CreateBuilder(WebApplicationOptions options) =>
        WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                Args = [.. options.Args ?? [], "--hostBuilder:reloadConfigOnChange=false"],
                ApplicationName = options.ApplicationName,
                ContentRootPath = options.ContentRootPath,
                EnvironmentName = options.EnvironmentName,
                WebRootPath = options.WebRootPath,
            }
        );

    /// <summary>Builds a server from its configuration. Nothing is opened yet.</summary>
    /// <param name="builder">Holds the configuration.</param>
    /// <param name="services">Replaces services, for who hosts the server in a process of its own making.</param>
    /// <exception cref="StartupException">A setting is unknown, unreadable or out of its bounds.</exception>
    public static WebApplication Build(WebApplicationBuilder builder, Action<IServiceCollection>? services = null)
    {
        EnsureThreads();
        var roles = Roles.From(builder.Configuration);
        var connections = builder.Configuration.ReadSettings<ConnectionOptions>(ConnectionOptions.Section);
        builder.WebHost.ConfigureKestrel((context, kestrel) => Listen(kestrel, connections, context.Configuration));
        builder.AddVibeHosting();
        builder.AddVibeStorage();
        builder.AddVibeTelemetry();
        foreach (var module in Modules.All)
        {
            module.AddServices(builder);
            builder.Services.AddSingleton(new ServedPackage(module.Package, module.Role, roles.Host(module)));
        }
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.Use(next =>
            context =>
            {
                connections.ApplyTo(context);
                return next(context);
            }
        );
        app.UseVibeHosting();
        foreach (var module in Modules.All.Where(roles.Host))
            module.MapEndpoints(app);
        foreach (var module in Modules.All)
            module.MapEverywhere(app);
        app.MapVibeHosting();
        return app;
    }

    /// <summary>Brings the database to this version and makes what keys it lacks: a step of its own, before any start.</summary>
    /// <exception cref="StartupException">The database is newer, or its master key is missing.</exception>
    public static async Task<Migrations.Outcome> MigrateAsync(this IHost host, CancellationToken cancellation = default)
    {
        var outcome = await host.Services.GetRequiredService<Migrations>().ApplyAsync(cancellation);
        await host.Services.GetRequiredService<KeyRing>().EnsureAsync(cancellation);
        return outcome;
    }

    /// <summary>Makes sure that everything is as it must be before the first request.</summary>
    /// <exception cref="StartupException">Something is not; the text says what to do.</exception>
    public static async Task AssertReadyAsync(this IHost host, CancellationToken cancellation = default)
    {
        await host.Services.GetRequiredService<Database>().AssertReadyAsync(cancellation);
        await host.Services.GetRequiredService<Migrations>().AssertCurrentAsync(cancellation);
        await host.Services.GetRequiredService<KeyRing>().LoadAsync(cancellation);
    }

    // A commit of SQLite blocks its thread, and a thread goes on with what it began before it looks at new calls: with one
    // for each processor, a flood of writes would keep everybody else waiting at the door.
    private static void EnsureThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, 2 * Environment.ProcessorCount), completions);
    }

    // Over cleartext one port speaks one version of HTTP: gRPC takes the first, browsers and REST the second.
    private static void Listen(
        KestrelServerOptions kestrel,
        ConnectionOptions connections,
        IConfiguration configuration
    )
    {
        var options = configuration.GetSection(ServerOptions.Section).Get<ServerOptions>() ?? new ServerOptions();
        kestrel.AllowAlternateSchemes = true;
        kestrel.AddServerHeader = false;
        connections.ApplyTo(kestrel.Limits);
        Listen(kestrel, options.GrpcAddress, HttpProtocols.Http2);
        Listen(kestrel, options.WebAddress, HttpProtocols.Http1);
    }

    private static void Listen(KestrelServerOptions kestrel, string address, HttpProtocols protocols)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            throw new StartupException($"'{address}' is no address to listen on; expected 'http://HOST:PORT'.");
        if (System.Net.IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, uri.Port, listen => listen.Protocols = protocols);
        else if (uri.Host == "localhost")
            kestrel.ListenLocalhost(uri.Port, listen => listen.Protocols = protocols);
        else
            kestrel.ListenAnyIP(uri.Port, listen => listen.Protocols = protocols);
    }
}
