using System.Collections.Concurrent;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting.Access;
using Vibe.Identity.Accounts;
using Vibe.Identity.Tokens;
using Vibe.Server;
using Vibe.Testing.Telemetry;

namespace Vibe.Testing;

/// <summary>How a server for tests differs from an ordinary one.</summary>
public sealed record ServerSetup
{
    /// <summary>What the data is in.</summary>
    public Engine Engine { get; init; } = Engine.Sqlite;

    /// <summary>Settings as in the configuration, for example <c>Vibe:Subscriptions:HeartbeatInterval</c>.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>Replaces services, for example the clock.</summary>
    public Action<IServiceCollection> Services { get; init; } = _ => { };

    /// <summary>
    /// A data folder that outlives the server, and its database with it; without one the server gets its own, and both go
    /// with it.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>A PostgreSQL database that exists already.</summary>
    public string? Postgres { get; init; }

    /// <summary>The environment; reflection is open in development.</summary>
    public string EnvironmentName { get; init; } = Environments.Development;

    /// <summary>Whether errors in the log are expected; else they fail the test when the server is disposed of.</summary>
    public bool ExpectsErrors { get; init; }
}

/// <summary>
/// A real server in this process, with its own data, on free ports of the loopback: what tests speak to through the front
/// door, over every protocol.
/// </summary>
public sealed class VibeServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServerSetup _setup;
    private readonly LogRecorder _log;
    private readonly ConcurrentDictionary<string, string> _callers = new();

    private VibeServer(WebApplication app, ServerSetup setup, string folder, string? postgres, LogRecorder log)
    {
        _app = app;
        _setup = setup;
        _log = log;
        Folder = folder;
        Postgres = postgres;
        var addresses = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.ToArray();
        GrpcAddress = new Uri(addresses[0]);
        WebAddress = new Uri(addresses[1]);
        Channel = GrpcChannel.ForAddress(GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        WebChannel = WebChannelTo(WebAddress);
    }

    /// <summary>What operators must not have seen when the server stops, nor callers what only others sent.</summary>
    public Canaries Canaries { get; } = new();

    public string Folder { get; }
    public string? Postgres { get; }
    public Uri GrpcAddress { get; }
    public Uri WebAddress { get; }

    /// <summary>A connection over HTTP/2.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>Connections for gRPC-web.</summary>
    public GrpcChannel WebChannel { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>The errors in the server's log so far.</summary>
    public IReadOnlyCollection<string> Errors => _log.Errors;

    /// <summary>Everything in the server's log so far.</summary>
    public IReadOnlyCollection<string> Log => _log.Lines;

    /// <summary>Starts a server on an engine; skips the test, visibly, where the engine is not to be had.</summary>
    public static Task<VibeServer> StartAsync(Engine engine) => StartAsync(new ServerSetup { Engine = engine });

    /// <summary>Starts another server on the same database, with nothing else in common; it ends before this one.</summary>
    public Task<VibeServer> StartAnotherAsync() =>
        StartAsync(
            new ServerSetup
            {
                Engine = _setup.Engine,
                Folder = Folder,
                Postgres = Postgres,
            }
        );

    public static async Task<VibeServer> StartAsync(ServerSetup setup)
    {
        var folder = setup.Folder ?? Directory.CreateTempSubdirectory("vibe-test-").FullName;
        try
        {
            return await StartAsync(setup, folder);
        }
        catch when (setup.Folder is null)
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private static async Task<VibeServer> StartAsync(ServerSetup setup, string folder)
    {
        var postgres = setup.Engine == Engine.Postgres ? setup.Postgres ?? await NewDatabaseAsync() : null;
        var builder = VibeHost.CreateBuilder(
            new WebApplicationOptions
            {
                EnvironmentName = setup.EnvironmentName,
                ContentRootPath = AppContext.BaseDirectory,
            }
        );
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["Vibe:GrpcAddress"] = "http://127.0.0.1:0",
                ["Vibe:WebAddress"] = "http://127.0.0.1:0",
                ["Vibe:Storage:Folder"] = folder,
                ["Vibe:Storage:Postgres"] = postgres,
                ["Vibe:Drain:Patience"] = "00:00:05",
            }
        );
        builder.Configuration.AddInMemoryCollection(setup.Settings);
        var log = new LogRecorder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Warning);
        // Ours is looked through whole, at whatever level an operator may set.
        builder.Logging.AddFilter<LogRecorder>("Vibe", LogLevel.Trace);
        TelemetryRecorder.Start();
        var app = VibeHost.Build(builder, setup.Services);
        await app.MigrateAsync();
        await app.AssertReadyAsync();
        await app.StartAsync();
        return new VibeServer(app, setup, folder, postgres, log);
    }

    /// <summary>A connection over gRPC-web.</summary>
    internal static GrpcChannel WebChannelTo(Uri address) =>
        GrpcChannel.ForAddress(
            address,
            new GrpcChannelOptions
            {
                HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, new HttpClientHandler()),
                HttpVersion = new Version(1, 1),
                DisposeHttpClient = true,
            }
        );

    /// <summary>Makes a person.</summary>
    public async Task<Person> PersonAsync(string name)
    {
        var account = await Services.GetRequiredService<AccountStore>().CreateAsync(name, CancellationToken.None);
        Canaries.Sent(CallerOf(account.Did, Caller.FirstPartyClient, null), [account.Id]);
        return new Person(this, account);
    }

    /// <summary>Mints a token.</summary>
    public string Token(string person, string client, string? grant, TimeSpan? lifetime = null)
    {
        var tokens = Services.GetRequiredService<AccessTokens>();
        var (token, _) = tokens.Mint(person, client, grant, lifetime ?? AccessTokens.MaxLifetime);
        var caller = CallerOf(person, client, grant);
        _callers[token] = caller;
        Canaries.Sent(caller, [token, person, person.Replace(Caller.DidPrefix, "", StringComparison.Ordinal)]);
        // Those who gave a grant know its name as well as the app that has it.
        if (grant is not null)
            foreach (var knows in new[] { caller, CallerOf(person, Caller.FirstPartyClient, null) })
                Canaries.Sent(knows, [grant]);
        return token;
    }

    /// <summary>Who calls with a token: the same for each token of one app, or of one person; the token, if it is not ours.</summary>
    public string CallerOf(string? token) =>
        token is null ? "nobody"
        : _callers.TryGetValue(token, out var caller) ? caller
        : token;

    private static string CallerOf(string person, string client, string? grant) => $"{person} {client} {grant}";

    /// <summary>Somebody with a token from elsewhere.</summary>
    public Actor With(string token) => new(this, token);

    /// <summary>A person that has an account in this server's database, as somebody who calls this server.</summary>
    public Person With(Person person) => new(this, new Account(person.Id, "", 0));

    /// <summary>A person that has an account in this server's database, in a first-party session with this server.</summary>
    public Actor Owner(Person person) => new(this, Token(person.Did, "vibe", null));

    /// <summary>An app that a person allowed something in this server's database, at this server.</summary>
    public Actor App(AllowedApp app) =>
        new(this, Token(app.Person.Did, app.App.Name["apps/".Length..], app.Grant.Name.Split('/')[^1]));

    /// <summary>Somebody without a token.</summary>
    public Actor Nobody => new(this, null);

    /// <summary>Stops serving, as the process would; what is to be read from it can still be read.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Channel.Dispose();
        WebChannel.Dispose();
        if (_setup.Folder is null)
        {
            Directory.Delete(Folder, recursive: true);
            if (Postgres is not null && _setup.Postgres is null)
                await (await PostgresCluster.FindAsync())!.DropDatabaseAsync(Postgres);
        }
        if (Canaries.In(_log.Lines.Concat(TelemetryRecorder.Texts)).ToList() is { Count: > 0 } leaks)
            throw new InvalidOperationException(
                $"This must not be in logs, spans or metrics:\n{string.Join('\n', leaks)}"
            );
        if (Canaries.AtStrangers().ToList() is { Count: > 0 } told)
            throw new InvalidOperationException($"This must not be told to others:\n{string.Join('\n', told)}");
        if (!_setup.ExpectsErrors && _log.Errors.Count > 0)
            throw new InvalidOperationException($"The server logged errors:\n{string.Join('\n', _log.Errors)}");
    }

    private static async Task<string> NewDatabaseAsync()
    {
        var cluster = await PostgresCluster.FindAsync();
        return cluster is null
            ? throw Missing.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.")
            : await cluster.CreateDatabaseAsync();
    }
}
