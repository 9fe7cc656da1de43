using Microsoft.AspNetCore.Builder;
using Vibe.Server;
using Vibe.Server.Telemetry;

namespace Vibe.Proof.NewEnemy;

/// <summary>The server of this build as a process of its own, for as long as the process that started it lives.</summary>
internal static class SecondServer
{
    public static async Task<int> RunAsync()
    {
        using var upset = Disturbance.Begin();
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                ContentRootPath = AppContext.BaseDirectory,
                Args = ["--hostBuilder:reloadConfigOnChange=false"],
            }
        );
        builder.AddVibeLogs();
        await using var app = VibeHost.Build(builder);
        await app.AssertReadyAsync();
        await app.StartAsync();
        while (await Console.In.ReadLineAsync() is not null) { }
        await app.StopAsync();
        return 0;
    }
}
