using Microsoft.AspNetCore.Builder;
using Vibe.Server;

namespace Vibe.Proof.NewEnemy;

/// <summary>The server of this build as a process of its own, for as long as the process that started it lives.</summary>
internal static class SecondServer
{
    public static async Task<int> RunAsync()
    {
        using var upset = Disturbance.Begin();
        await using var app = VibeHost.Build(
            WebApplication.CreateBuilder(
                new WebApplicationOptions
                {
                    ContentRootPath = AppContext.BaseDirectory,
                    Args = ["--hostBuilder:reloadConfigOnChange=false"],
                }
            )
        );
        await app.AssertReadyAsync();
        await app.StartAsync();
        while (await Console.In.ReadLineAsync() is not null) { }
        await app.StopAsync();
        return 0;
    }
}
