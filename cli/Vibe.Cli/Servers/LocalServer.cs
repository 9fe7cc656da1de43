using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Cli.Pages;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Server;
using Vibe.Server.Telemetry;
using Vibe.Storage;

namespace Vibe.Cli.Servers;

/// <summary>A server in this process.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private ServerFile? _file;

    private LocalServer(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        Vault = Vault.Of(app.Services);
    }

    /// <summary>What only who has the data can do: accounts and tokens.</summary>
    public Vault Vault { get; }

    public Uri Grpc => new(_file!.Grpc);

    public Uri Web => new(_file!.Web);

    /// <summary>Puts a server together; nothing is opened yet.</summary>
    /// <param name="place">Where the data is.</param>
    /// <param name="environment">Development opens reflection.</param>
    /// <param name="port">The port of gRPC, the web's is the next one; 0 takes free ones, null what is configured.</param>
    /// <param name="page">What browsers are shown; without one, nothing.</param>
    public static LocalServer Build(Place place, string environment, int? port, Page? page = null)
    {
        var builder = VibeHost.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = environment, ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Configuration.AddInMemoryCollection(place.Settings);
        if (port is { } given)
            builder.Configuration.AddInMemoryCollection(
                new Dictionary<string, string?>
                {
                    ["Vibe:GrpcAddress"] = $"http://127.0.0.1:{given}",
                    ["Vibe:WebAddress"] = $"http://127.0.0.1:{(given == 0 ? 0 : given + 1)}",
                }
            );
        builder.AddVibeLogs();
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
        if (page is not null)
            builder.Services.AddSingleton<IStartupFilter>(page);
        return new LocalServer(VibeHost.Build(builder), place.Folder);
    }

    public Task<Migrations.Outcome> MigrateAsync(CancellationToken cancellation)
    {
        DataFolder.Create(_folder);
        return _app.MigrateAsync(cancellation);
    }

    /// <summary>Opens the database and the ports, and leaves word in the data folder.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (ServerFile.Read(_folder) is { } other && await ServerFile.AnswersAsync(other.Address, cancellation))
            throw CommandException.Failed(
                $"A server runs on {_folder} already: {other.Grpc} (process {other.Pid}).",
                "vibe dev --data FOLDER --port 0, for another one beside it"
            );
        await _app.AssertReadyAsync(cancellation);
        try
        {
            await _app.StartAsync(cancellation);
        }
        catch (IOException exception)
            when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw CommandException.Failed(exception.Message, "vibe dev --port 0, which takes free ports");
        }
        var bound = _app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.ToArray();
        _file = new ServerFile(bound[0], bound[1], Environment.ProcessId);
        DataFolder.Create(_folder);
        _file.Write(_folder);
    }

    /// <summary>Returns when the server is told to stop, and has stopped.</summary>
    public Task WaitAsync(CancellationToken stop) => _app.WaitForShutdownAsync(stop);

    public async ValueTask DisposeAsync()
    {
        _file?.Remove(_folder);
        if (_file is not null)
            await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
