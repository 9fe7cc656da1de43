using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Vibe.Cases.Doors;

/// <summary>
/// A door for gRPC over HTTP/2 and gRPC-web over HTTP/1.1 that hands every call to one function, message by message, whatever
/// the service is: for servers that follow a script, and for whoever stands between a client and a server.
/// </summary>
internal sealed class GrpcDoor : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcDoor(WebApplication app, Uri grpc, Uri web)
    {
        _app = app;
        Grpc = grpc;
        Web = web;
    }

    public Uri Grpc { get; }

    public Uri Web { get; }

    /// <summary>Opens a door on free ports of the loopback.</summary>
    public static async Task<GrpcDoor> OpenAsync(Func<GrpcCall, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.Services.AddCors();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        var app = builder.Build();
        app.UseCors(cors => cors.AllowAnyOrigin().AllowAnyHeader().AllowAnyMethod().WithExposedHeaders("*"));
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.MapPost(
            "/{service}/{method}",
            (HttpContext context, string service, string method) => answer(new GrpcCall(context, service, method))
        );
        await app.StartAsync();
        var addresses = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Select(address => new Uri(address))
            .ToArray();
        return new GrpcDoor(app, addresses[0], addresses[1]);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
