using Vibe.Testing;

namespace Vibe.Server.Tests.Sync;

/// <summary>A server that the tests of a class share; each test brings people of its own.</summary>
public abstract class SharedServer(Engine engine) : IAsyncLifetime
{
    private readonly Lazy<Task<VibeServer>> _server = new(() => VibeServer.StartAsync(engine));

    // Started by the first test and not before, so that a missing engine skips tests instead of failing the class.
    public Task<VibeServer> StartedAsync() => _server.Value;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await _server.Value).DisposeAsync();
    }
}

public sealed class SqliteServer() : SharedServer(Engine.Sqlite);

public sealed class PostgresServer() : SharedServer(Engine.Postgres);

/// <summary>What the suites of this folder have in common: a server, and Alice, whose space it is about.</summary>
public abstract class SyncSuite(SharedServer shared) : IAsyncLifetime
{
    protected const string Movies = "movies";
    protected const string MyMovies = "spaces/me/collections/movies";

    protected VibeServer Server { get; private set; } = null!;
    protected Person Alice { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await shared.StartedAsync();
        Alice = await Server.PersonAsync("alice");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    protected string Movie(string id) => Alice.Document(Movies, id);
}
