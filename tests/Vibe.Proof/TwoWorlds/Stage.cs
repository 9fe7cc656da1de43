using Microsoft.Extensions.DependencyInjection;
using Vibe.Proof.Runs;
using Vibe.Storage;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// Where pairs are played, one after the other: a server, on PostgreSQL a second one beside it, and a clock that stands
/// still between the steps, so that both worlds have the same moments.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>How often streams speak when they have nothing to say.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(5);

    /// <summary>When a stream that opens at a moment speaks first: together with others, and so up to a quarter of a second early.</summary>
    public static DateTimeOffset HeartbeatAfter(DateTimeOffset opened)
    {
        var due = opened + HeartbeatInterval;
        return due.AddTicks(-(due.UtcTicks % TimeSpan.FromMilliseconds(250).Ticks));
    }

    private Stage(StageClock clock, VibeServer server, VibeServer? second, Cast cast, Entrance entrance) =>
        (Clock, Server, Second, Cast, Entrance) = (clock, server, second, cast, entrance);

    public StageClock Clock { get; }
    public VibeServer Server { get; }

    /// <summary>Another server of the same database, where the engine has them.</summary>
    public VibeServer? Second { get; }

    public Cast Cast { get; }

    /// <summary>Where watchers come in.</summary>
    public Entrance Entrance { get; }

    public static async Task<Stage> StartAsync(Order order)
    {
        if (order.IsThroughEnvoy)
            Envoy.Require();
        var clock = new StageClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var setup = new ServerSetup
        {
            Engine = order.Engine,
            Settings = new Dictionary<string, string?>
            {
                ["Vibe:Subscriptions:HeartbeatInterval"] = $"{HeartbeatInterval}",
            },
            Services = services => services.AddSingleton<TimeProvider>(clock),
        };
        var server = await VibeServer.StartAsync(setup);
        var second =
            order.Engine == Engine.Sqlite
                ? null
                : await VibeServer.StartAsync(
                    setup with
                    {
                        Folder = server.Folder,
                        Postgres = server.Postgres,
                        // One clock for both: by how much those of real servers differ would be seen in times.
                        Services = services =>
                            services
                                .AddSingleton<TimeProvider>(clock)
                                .AddSingleton(server.Services.GetRequiredService<Clock>()),
                    }
                );
        var entrance = await Entrance.ToAsync(server, order.IsThroughEnvoy);
        return new Stage(clock, server, second, await Cast.MakeAsync(server), entrance);
    }

    public async ValueTask DisposeAsync()
    {
        await Entrance.DisposeAsync();
        if (Second is not null)
            await Second.DisposeAsync();
        await Server.DisposeAsync();
    }
}
