using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using Grpc.Net.Client;
using Vibe.Access.V1;
using Vibe.Consent.V1;
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
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Vibe:Limits:AppCalls"] = "1024",
        ["Vibe:Limits:AppRate"] = "0",
        ["Vibe:Subscriptions:StreamsPerGrant"] = "20000",
        ["Vibe:Subscriptions:StreamsPerAddress"] = "20000",
        ["Vibe:Subscriptions:ListingPatience"] = "00:01:00",
        ["Vibe:Subscriptions:WriteTimeout"] = "00:01:00",
        ["Vibe:Subscriptions:StalledPerGrant"] = "20000",
        ["Vibe:Subscriptions:StalledPerAddress"] = "20000",
        ["Vibe:Subscriptions:ListingsPerGrant"] = "20000",
        ["Vibe:Subscriptions:ListingsPerAddress"] = "20000",
    };

    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(5);

    // A third of the time for which tokens are good.
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(5);

    /// <summary>Which version it is, and what it is told.</summary>
    public static string Description { get; } =
        $"Vibe {typeof(VibeHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, "
        + $"told {string.Join(", ", Settings.Select(each => $"{each.Key}={each.Value}"))}";

    private readonly Storage _storage;
    private readonly VibeServer _prepared;
    private readonly ConcurrentQueue<AllowedApp[]> _unused;
    private readonly List<MeasuredProcess> _replicas = [];
    private MeasuredProcess _process;

    private VibeSubject(
        Uri address,
        Uri web,
        Storage storage,
        VibeServer prepared,
        MeasuredProcess process,
        IEnumerable<AllowedApp[]> people
    )
        : base(address) =>
        (WebAddress, _storage, _prepared, _process, _unused) = (web, storage, prepared, process, new(people));

    /// <summary>Where it is called over HTTP/1.1, by REST and gRPC-web.</summary>
    public Uri WebAddress { get; }

    /// <summary>How long the process took from its start to its first answer.</summary>
    public TimeSpan FirstAnswerAfter => _process.FirstAnswerAfter;

    /// <summary>Starts it with so many spaces.</summary>
    /// <param name="engine">What its data is in.</param>
    /// <param name="places">How many spaces.</param>
    /// <param name="masks">What further apps may read in each of them: the members, as pointers.</param>
    public static async Task<VibeSubject> StartAsync(Engine engine, int places, params string[][] masks)
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
            var people = await PeopleAsync(prepared, places, masks);
            await prepared.StopAsync();
            var (address, web) = (MeasuredProcess.FreeAddress(), MeasuredProcess.FreeAddress());
            var process = await StartAsync(address, web, storage);
            return new VibeSubject(address, web, storage, prepared, process, people);
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    public override VibePlace NewPlace() => PlaceOf(NewPerson());

    /// <summary>Gives a place that nobody has used, and what ends the permission of its first app.</summary>
    public (VibePlace Place, Call Revocation) NewRevocablePlace()
    {
        var apps = NewPerson();
        var request = new RevokeGrantRequest { Name = apps[0].Grant.Name };
        var owner = apps[0].Person.Renewed().Token;
        return (PlaceOf(apps), new Call("vibe.consent.v1.GrantService", "RevokeGrant", request, owner));
    }

    /// <summary>Gives what makes tokens for a place that nobody has used.</summary>
    public Func<string> NewAccess() => TokensOf(NewPerson()[0]);

    /// <summary>Kills the process, and starts it again where it was.</summary>
    public async Task RestartAsync()
    {
        await _process.DisposeAsync();
        _process = await StartAsync(Address, WebAddress, _storage);
    }

    /// <summary>Starts another process on the same data, and gives its address.</summary>
    public async Task<Uri> AddReplicaAsync()
    {
        var address = MeasuredProcess.FreeAddress();
        _replicas.Add(await StartAsync(address, MeasuredProcess.FreeAddress(), _storage));
        return address;
    }

    public override Usage Usage() => _storage.Usage(_process.Id);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var process in _replicas.Append(_process))
            await process.DisposeAsync();
        await _prepared.DisposeAsync();
        await _storage.DisposeAsync();
    }

    private AllowedApp[] NewPerson() =>
        _unused.TryDequeue(out var apps) ? apps : throw new LoadException("There are fewer spaces than runs.");

    private VibePlace PlaceOf(AllowedApp[] apps) => new(Channel, [.. apps.Select(TokensOf)]);

    // Tokens end, and a workload may take longer than they last; but the server knows those again that it has seen, and one
    // for each call would push others out of its memory.
    private static Func<string> TokensOf(AllowedApp app)
    {
        var (token, age) = ((string?)null, Stopwatch.StartNew());
        return () =>
        {
            if (token is null || age.Elapsed > Renewal)
            {
                token = app.WithTokenOf(null).Token!;
                age.Restart();
            }
            return token;
        };
    }

    private static async Task<List<AllowedApp[]>> PeopleAsync(VibeServer server, int count, string[][] masks)
    {
        Allow[] allowed =
        [
            new(VibePlace.Collection, [Operation.Read, Operation.Create], "*"),
            .. masks.Select(mask => new Allow(VibePlace.Collection, [Operation.Read], mask)),
        ];
        var people = new List<AllowedApp[]>();
        for (var person = 0; person < count; person++)
        {
            var made = await server.PersonAsync($"person {person}");
            var apps = new AllowedApp[allowed.Length];
            for (var app = 0; app < apps.Length; app++)
                apps[app] =
                    person == 0
                        ? await made.AppAsync(app == 0 ? VibePlace.Collection : $"mask-{app}", allowed[app])
                        : await made.AllowAsync(people[0][app].App, allowed[app]);
            people.Add(apps);
        }
        return people;
    }

    private static async Task<MeasuredProcess> StartAsync(Uri address, Uri web, Storage storage)
    {
        var settings = new Dictionary<string, string>(Settings)
        {
            ["Vibe:GrpcAddress"] = $"{address}",
            ["Vibe:WebAddress"] = $"{web}",
            ["Vibe:Storage:Folder"] = storage.Folder,
            ["Logging:LogLevel:Default"] = "Warning",
        };
        if (storage.Database is not null)
            settings["Vibe:Storage:Postgres"] = storage.Database;
        // By default it waits a second and longer after it found nobody there, and so would find the server later than it is.
        using var channel = GrpcChannel.ForAddress(
            address,
            new GrpcChannelOptions { InitialReconnectBackoff = AtOnce, MaxReconnectBackoff = AtOnce }
        );
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
