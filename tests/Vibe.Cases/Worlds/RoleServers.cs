using Vibe.Cases.Scenarios;
using Vibe.Testing;

namespace Vibe.Cases.Worlds;

/// <summary>A server for each role on the data of one that has all; each says where all of them are reached.</summary>
internal sealed class RoleServers : IAsyncDisposable
{
    private static readonly string[] Roles = ["identity", "consent", "data", "sync"];

    private readonly Dictionary<string, VibeServer> _servers = new(StringComparer.Ordinal);

    private RoleServers(VibeServer whole) => Whole = whole;

    /// <summary>The one that has all roles, which the others say nothing of.</summary>
    public VibeServer Whole { get; }

    public static async Task<RoleServers> StartAsync()
    {
        // Servers that share data have it in PostgreSQL.
        var setup = new ServerSetup { Engine = Engine.Postgres, Settings = LiveServers.Settings };
        var started = new RoleServers(await VibeServer.StartAsync(setup));
        try
        {
            var ports = Roles.ToDictionary(role => role, _ => (Grpc: Ports.Free(), Web: Ports.Free()));
            var addresses = ports.SelectMany(at =>
                new[] { $"{at.Key},grpc={At(at.Value.Grpc)}", $"{at.Key},web={At(at.Value.Web)}" }
            );
            var known = addresses.Select((address, index) => ($"Vibe:PublicAddresses:{index}", address)).ToList();
            foreach (var role in Roles)
            {
                var settings = new Dictionary<string, string?>(LiveServers.Settings)
                {
                    ["Vibe:Roles"] = role,
                    ["Vibe:GrpcAddress"] = At(ports[role].Grpc),
                    ["Vibe:WebAddress"] = At(ports[role].Web),
                };
                foreach (var (name, address) in known)
                    settings[name] = address;
                started._servers[role] = await VibeServer.StartAsync(
                    setup with
                    {
                        Folder = started.Whole.Folder,
                        Postgres = started.Whole.Postgres,
                        Settings = settings,
                    }
                );
            }
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the server of a role is reached, by gRPC and by gRPC-web.</summary>
    public (Uri Grpc, Uri Web) AddressOf(string role) =>
        _servers.TryGetValue(role, out var server)
            ? (server.GrpcAddress, server.WebAddress)
            : throw new ScenarioException($"'{role}' is no role.");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values)
            await server.DisposeAsync();
        await Whole.DisposeAsync();
    }

    private static string At(int port) => $"http://127.0.0.1:{port}";
}
