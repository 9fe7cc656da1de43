using System.Collections.Concurrent;
using System.Reflection;
using Grpc.Net.Client;
using Vibe.Access.V1;
using Vibe.Identity.V1;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Server;
using Vibe.Testing;

namespace Vibe.Load.Servers;

/// <summary>The server of this build, started for the run on data that has people and an app which they have granted.</summary>
internal sealed class VibeSubject : Subject
{
    // What an operator would tell it too who expects so much of one app.
    private static readonly Dictionary<string, string> Settings = new() { ["Vibe:Limits:AppCalls"] = "1024" };

    /// <summary>Which version it is, and what it is told.</summary>
    public static string Description { get; } =
        $"Vibe {typeof(VibeHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, "
        + $"told {string.Join(", ", Settings.Select(each => $"{each.Key}={each.Value}"))}";

    private readonly Storage _storage;
    private readonly VibeServer _prepared;
    private readonly MeasuredProcess _process;
    private readonly ConcurrentQueue<AllowedApp> _unused;

    private VibeSubject(
        Uri address,
        Storage storage,
        VibeServer prepared,
        MeasuredProcess process,
        IEnumerable<AllowedApp> apps
    )
        : base(address) => (_storage, _prepared, _process, _unused) = (storage, prepared, process, new(apps));

    /// <summary>Starts it with so many spaces.</summary>
    public static async Task<VibeSubject> StartAsync(Engine engine, int places)
    {
        var storage = await Storage.MakeAsync(engine);
        try
        {
            var prepared = await VibeServer.StartAsync(
                new ServerSetup
                {
                    Engine = engine,
                    Folder = storage.Folder,
                    Postgres = storage.Database,
                }
            );
            var apps = await PeopleAsync(prepared, places);
            await prepared.StopAsync();
            var address = MeasuredProcess.FreeAddress();
            var process = await StartAsync(address, storage);
            return new VibeSubject(address, storage, prepared, process, apps);
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    public override Place NewPlace() =>
        _unused.TryDequeue(out var app)
            ? new VibePlace(Channel, app.WithTokenOf(null).Token!)
            : throw new LoadException("There are fewer spaces than runs.");

    public override Usage Usage() => _storage.Usage(_process.Id);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _process.DisposeAsync();
        await _prepared.DisposeAsync();
        await _storage.DisposeAsync();
    }

    private static async Task<List<AllowedApp>> PeopleAsync(VibeServer server, int count)
    {
        var everything = new Allow(VibePlace.Collection, [Operation.Read, Operation.Create], "*");
        var apps = new List<AllowedApp>();
        for (var person = 0; person < count; person++)
        {
            var made = await server.PersonAsync($"person {person}");
            apps.Add(
                apps.Count == 0
                    ? await made.AppAsync(VibePlace.Collection, everything)
                    : await made.AllowAsync(apps[0].App, everything)
            );
        }
        return apps;
    }

    private static async Task<MeasuredProcess> StartAsync(Uri address, Storage storage)
    {
        var settings = new Dictionary<string, string>(Settings)
        {
            ["Vibe:GrpcAddress"] = $"{address}",
            ["Vibe:WebAddress"] = $"{MeasuredProcess.FreeAddress()}",
            ["Vibe:Storage:Folder"] = storage.Folder,
            ["Logging:LogLevel:Default"] = "Warning",
        };
        if (storage.Database is not null)
            settings["Vibe:Storage:Postgres"] = storage.Database;
        using var channel = GrpcChannel.ForAddress(address);
        var client = new ServerService.ServerServiceClient(channel);
        return await MeasuredProcess.StartAsync(
            ["Vibe.Server.dll"],
            settings.ToDictionary(
                setting => setting.Key.Replace(":", "__", StringComparison.Ordinal),
                setting => setting.Value
            ),
            async () => await client.GetServerAsync(new GetServerRequest())
        );
    }
}
