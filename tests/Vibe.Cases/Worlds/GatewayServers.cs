using Vibe.Testing;

namespace Vibe.Cases.Worlds;

/// <summary>Servers on one PostgreSQL, as processes of their own, with a real Envoy in front of them.</summary>
/// <param name="isByRole">Whether each process has one role, instead of being one of two replicas.</param>
internal sealed class GatewayServers(bool isByRole) : LiveServers
{
    private static readonly string[] Roles = ["identity", "consent", "data", "sync"];

    private readonly List<ServerProcess> _processes = [];
    private Envoy? _envoy;

    /// <summary>The certificate of whoever vouches for the gateway, as a file.</summary>
    public async Task<string> AuthorityAsync()
    {
        await SharedAsync();
        return _envoy!.AuthorityFile;
    }

    protected override async Task<Entrance> OpenAsync()
    {
        var server = await StartAsync(Engine.Postgres);
        try
        {
            var backends = new List<string>();
            foreach (var role in isByRole ? Roles : ["all", "all"])
            {
                var process = await ServerProcess.StartAsync(server, Variables(role));
                _processes.Add(process);
                backends.Add(isByRole ? $"{role}={process.GrpcAddress.Authority}" : process.GrpcAddress.Authority);
            }
            _envoy = await Envoy.StartAsync(backends);
        }
        catch
        {
            await CloseAsync();
            await server.DisposeAsync();
            throw;
        }
        return new Entrance(server, _envoy.Address, _envoy.Address);
    }

    protected override async ValueTask CloseAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        if (_envoy is not null)
            await _envoy.DisposeAsync();
    }

    private static IEnumerable<KeyValuePair<string, string?>> Variables(string role) =>
        Settings
            .Append(KeyValuePair.Create("Vibe:Roles", (string?)role))
            .Select(setting => KeyValuePair.Create(setting.Key.Replace(":", "__"), setting.Value));
}
