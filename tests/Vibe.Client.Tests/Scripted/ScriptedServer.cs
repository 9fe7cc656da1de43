using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Vibe.Client.Tests.Scripted;

/// <summary>A gRPC server on this machine that does what a test tells it to.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedServer(WebApplication app, ScriptedDocuments documents, ScriptedSync sync)
    {
        _app = app;
        Documents = documents;
        Sync = sync;
    }

    public ScriptedDocuments Documents { get; }

    public ScriptedSync Sync { get; }

    public Uri Address =>
        new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<ScriptedServer> StartAsync()
    {
        var documents = new ScriptedDocuments();
        var sync = new ScriptedSync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2)
        );
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(documents);
        builder.Services.AddSingleton(sync);
        var app = builder.Build();
        app.MapGrpcService<ScriptedDocuments>();
        app.MapGrpcService<ScriptedSync>();
        await app.StartAsync();
        return new ScriptedServer(app, documents, sync);
    }

    /// <summary>A client that tries again at once.</summary>
    public VibeClient Client(TokenSource? token = null, TimeProvider? time = null, TimeSpan? timeout = null) =>
        new(
            Address,
            token ?? "token-1",
            new VibeClientOptions
            {
                Application = "tests/1.0",
                Retry = new RetryPolicy { BaseDelay = TimeSpan.Zero },
                Timeout = timeout ?? TimeSpan.FromSeconds(30),
                TimeProvider = time ?? TimeProvider.System,
            }
        );

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
