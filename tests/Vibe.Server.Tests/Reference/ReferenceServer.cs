using Vibe.Testing;

namespace Vibe.Server.Tests.Reference;

/// <summary>A server with a person, which describes REST.</summary>
public sealed class ReferenceServer : IAsyncLifetime
{
    public VibeServer Server { get; private set; } = null!;

    public Person Alice { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await VibeServer.StartAsync(Engine.Sqlite);
        Alice = await Server.PersonAsync("alice");
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
