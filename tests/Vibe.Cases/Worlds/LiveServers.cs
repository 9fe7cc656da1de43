using Microsoft.Extensions.DependencyInjection;
using Vibe.Testing;

namespace Vibe.Cases.Worlds;

/// <summary>The servers that live scenarios share, each with people of its own; started when the first one needs them.</summary>
internal class LiveServers : IAsyncDisposable
{
    private readonly Lazy<Task<Entrance>> _shared;
    private readonly Lazy<Task<RoleServers>> _roles = new(RoleServers.StartAsync);

    public LiveServers() => _shared = new(OpenAsync);

    public Task<Entrance> SharedAsync() => _shared.Value;

    /// <summary>The servers that have a role each.</summary>
    public Task<RoleServers> RolesAsync() => _roles.Value;

    /// <summary>Starts a server with data of its own.</summary>
    /// <param name="clock">By how much its clock is ahead.</param>
    /// <param name="settings">How its configuration differs from that of others.</param>
    public static Task<VibeServer> StartAsync(TimeSpan clock, IReadOnlyDictionary<string, string?> settings) =>
        StartAsync(Engine.Sqlite, clock, settings);

    /// <summary>How all of them differ from those of real life.</summary>
    public static IReadOnlyDictionary<string, string?> Settings { get; } =
        new Dictionary<string, string?>
        {
            // Silence is noticed after two intervals: with the usual ones scenarios would take minutes.
            ["Vibe:Subscriptions:HeartbeatInterval"] = "00:00:01",
            ["Vibe:Subscriptions:StreamsPerAddress"] = "4096",
        };

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_roles is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await _roles.Value).DisposeAsync();
        if (!_shared.IsValueCreated || !_shared.Value.IsCompletedSuccessfully)
            return;
        await CloseAsync();
        await (await _shared.Value).Server.DisposeAsync();
    }

    protected virtual async Task<Entrance> OpenAsync()
    {
        var server = await StartAsync(Engine.Sqlite);
        return new Entrance(server, server.GrpcAddress, server.WebAddress);
    }

    /// <summary>Ends what was started besides the server in this process.</summary>
    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    /// <summary>Starts a server that others share.</summary>
    protected static Task<VibeServer> StartAsync(Engine engine) =>
        StartAsync(engine, TimeSpan.Zero, new Dictionary<string, string?>());

    private static Task<VibeServer> StartAsync(
        Engine engine,
        TimeSpan clock,
        IReadOnlyDictionary<string, string?> settings
    ) =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Services = services => services.AddSingleton<TimeProvider>(new WrongTime(clock)),
                Settings = new Dictionary<string, string?>([.. Settings, .. settings]),
            }
        );
}
