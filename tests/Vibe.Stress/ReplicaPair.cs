using Vibe.Testing;
using Replica = Vibe.Testing.ServerProcess;

namespace Vibe.Stress;

/// <summary>Two servers on one database, each a process of its own, behind a gateway that is their only address.</summary>
internal sealed class ReplicaPair : IAsyncDisposable
{
    private readonly Uri[] _addresses = [Free(), Free()];
    private readonly Replica[] _replicas = new Replica[2];
    private readonly int _streams;

    private ReplicaPair(VibeServer beside, int streams) => (Beside, _streams) = (beside, streams);

    /// <summary>A server of this process on their data, which makes people and tokens for them and is not behind the gateway.</summary>
    public VibeServer Beside { get; }

    public Envoy Envoy { get; private set; } = null!;

    public int Count => _replicas.Length;

    /// <summary>Starts them; skips the test, visibly, where PostgreSQL or Envoy is absent.</summary>
    /// <param name="streams">How many streams they shall bear from the one address that the gateway is for them.</param>
    public static async Task<ReplicaPair> StartAsync(int streams)
    {
        var pair = new ReplicaPair(await VibeServer.StartAsync(Engine.Postgres), streams);
        try
        {
            for (var replica = 0; replica < pair.Count; replica++)
                await pair.ServeAsync(replica);
            pair.Envoy = await Envoy.StartAsync(pair._addresses);
            foreach (var address in pair._addresses)
                await pair.Envoy.SendsToAsync(address);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells one to stop, and gives what it ended with when it has.</summary>
    public async Task<int> StopAsync(int replica)
    {
        await _replicas[replica].StopAsync();
        return _replicas[replica].ExitCode;
    }

    /// <summary>Ends one without a word to it (SIGKILL).</summary>
    public Task KillAsync(int replica) => _replicas[replica].KillAsync();

    /// <summary>Starts one again where it was, and returns when the gateway sends calls to it.</summary>
    public async Task StartAgainAsync(int replica)
    {
        await _replicas[replica].DisposeAsync();
        await ServeAsync(replica);
        await Envoy.SendsToAsync(_addresses[replica]);
    }

    public async ValueTask DisposeAsync()
    {
        if (Envoy is not null)
            await Envoy.DisposeAsync();
        foreach (var replica in _replicas.OfType<Replica>())
            await replica.DisposeAsync();
        await Beside.DisposeAsync();
    }

    private async Task ServeAsync(int replica) =>
        _replicas[replica] = await Replica.StartAsync(
            Beside,
            new Dictionary<string, string?>
            {
                ["Vibe__GrpcAddress"] = $"{_addresses[replica]}",
                // As long as docs/running.md asks for behind this gateway.
                ["Vibe__Drain__Delay"] = "00:00:05",
                // Streams are opened anew before those that they take the place of have ended.
                ["Vibe__Subscriptions__StreamsPerAddress"] = $"{2 * _streams + 64}",
                ["Vibe__Subscriptions__ListingsPerAddress"] = $"{_streams + 64}",
            }
        );

    private static Uri Free() => new($"http://127.0.0.1:{Ports.Free()}");
}
