using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests;

/// <summary>One server for all tests of a class; each test has people of its own on it.</summary>
public abstract class EngineServer(Engine engine) : IAsyncDisposable
{
    private readonly Lazy<Task<VibeServer>> _server = new(() => VibeServer.StartAsync(engine));

    public Task<VibeServer> StartedAsync() => _server.Value;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await _server.Value).DisposeAsync();
    }
}

public sealed class SqliteServer() : EngineServer(Engine.Sqlite);

public sealed class PostgresServer() : EngineServer(Engine.Postgres);

/// <summary>
/// Tests that speak to a real server. A suite derives from it, and two classes derive from the suite, one for each
/// engine.
/// </summary>
public abstract class FrontDoorTests(EngineServer shared) : IAsyncLifetime
{
    protected const Operation Read = Operation.Read;
    protected const Operation Create = Operation.Create;
    protected const Operation Update = Operation.Update;
    protected const Operation Delete = Operation.Delete;
    protected const Operation Share = Operation.Share;

    protected static readonly Operation[] Everything = [Read, Create, Update, Delete, Share];

    private static int _apps;

    protected VibeServer Server { get; private set; } = null!;

    /// <summary>A person whom no other test knows.</summary>
    protected Person Alice { get; private set; } = null!;

    protected Actor Own => Alice.Own;

    /// <summary>The collection that most tests are about.</summary>
    protected string Movies => Alice.Collection("movies");

    public async ValueTask InitializeAsync()
    {
        Server = await shared.StartedAsync();
        Alice = await Server.PersonAsync("alice");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    protected string Movie(string id) => Alice.Document("movies", id);

    protected static string NewApp() => $"app-{Interlocked.Increment(ref _apps)}";

    /// <summary>An app of its own that Alice allows what it asks for.</summary>
    protected Task<AllowedApp> AppAsync(params Allow[] allowed) => Alice.AppAsync(NewApp(), allowed);

    /// <summary>An app that may do some operations on some members of the movies.</summary>
    protected Task<AllowedApp> AppAsync(Operation[] operations, params string[] fields) =>
        AppAsync(new Allow("movies", operations, fields));
}
