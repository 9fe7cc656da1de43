using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Vibe.Load.Twin;

/// <summary>A server that answers and does nothing else: what any server of this kind takes to start.</summary>
internal static class EmptyServer
{
    public static async Task ServeAsync(Uri address, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ListenLocalhost(address.Port, listen => listen.Protocols = HttpProtocols.Http2)
        );
        await using var app = builder.Build();
        app.MapGet("/", () => "");
        await app.StartAsync(cancellation);
        await app.WaitForShutdownAsync(cancellation);
    }
}
