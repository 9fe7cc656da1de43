using Vibe.Cases.Tests;
using Vibe.Cases.Worlds;

[assembly: AssemblyFixture(typeof(Servers))]

namespace Vibe.Cases.Tests;

/// <summary>The server that all live scenarios share.</summary>
public sealed class Servers : IAsyncDisposable
{
    internal LiveServers Live { get; } = new();

    public ValueTask DisposeAsync() => Live.DisposeAsync();
}
