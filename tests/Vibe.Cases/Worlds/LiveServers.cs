using Microsoft.Extensions.DependencyInjection;
using Vibe.Testing;

namespace Vibe.Cases.Worlds;

/// <summary>The server that live scenarios share, each with people of its own; started when the first one needs it.</summary>
internal sealed class LiveServers : IAsyncDisposable
{
    private readonly Lazy<Task<VibeServer>> _shared = new(() => StartAsync(TimeSpan.Zero));

    public Task<VibeServer> SharedAsync() => _shared.Value;

    /// <summary>Starts a server with data of its own.</summary>
    /// <param name="clock">By how much its clock is ahead.</param>
    public static Task<VibeServer> StartAsync(TimeSpan clock) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Sqlite,
                Services = services => services.AddSingleton<TimeProvider>(new WrongTime(clock)),
                Settings = new Dictionary<string, string?>
                {
                    // Silence is noticed after two intervals: with those of real life scenarios would take minutes.
                    ["Vibe:Subscriptions:HeartbeatInterval"] = "00:00:01",
                    ["Vibe:Subscriptions:StreamsPerAddress"] = "4096",
                },
            }
        );

    public async ValueTask DisposeAsync()
    {
        if (_shared.IsValueCreated)
            await (await _shared.Value).DisposeAsync();
    }
}
