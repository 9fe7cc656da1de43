using System.Collections.Concurrent;
using Vibe.Testing;

namespace Vibe.Client.Tests.Live;

/// <summary>The servers that the tests of a class share, one for each engine, started when first asked for.</summary>
public sealed class LiveServers : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Engine, Lazy<Task<VibeServer>>> _servers = new();

    public Task<VibeServer> On(Engine engine) =>
        _servers.GetOrAdd(engine, static engine => new(() => VibeServer.StartAsync(engine))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (
            var server in _servers.Values.Select(started => started.Value).Where(task => task.IsCompletedSuccessfully)
        )
        {
            await (await server).DisposeAsync();
        }
    }
}
