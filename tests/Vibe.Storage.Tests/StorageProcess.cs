using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vibe.Hosting.Access;
using Vibe.Server;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests;

/// <summary>Where the data of a test is.</summary>
public sealed record Place(string Folder, string? Postgres)
{
    /// <summary>An empty database; skips the test, visibly, where the engine is not to be had.</summary>
    public static async Task<Place> NewAsync(Engine engine)
    {
        string? postgres = null;
        if (engine == Engine.Postgres)
        {
            var cluster =
                await PostgresCluster.FindAsync()
                ?? throw Missing.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.");
            postgres = await cluster.CreateDatabaseAsync();
        }
        return new Place(Directory.CreateTempSubdirectory("vibe-storage-").FullName, postgres);
    }

    /// <summary>Removes the data.</summary>
    public async Task RemoveAsync()
    {
        Directory.Delete(Folder, recursive: true);
        if (Postgres is not null && await PostgresCluster.FindAsync() is { } cluster)
            await cluster.DropDatabaseAsync(Postgres);
    }
}

/// <summary>
/// What one process of a server has of the storage: everything that the server puts together, and none of its background
/// work until a test starts it. Several on one place are several processes.
/// </summary>
public sealed class StorageProcess : IAsyncDisposable
{
    private const string NewEntry = """
        INSERT INTO idempotency_keys (space, person, client, key, digest, ids, at)
        VALUES (@space, 'log', 'log', @key, @digest, @by, @revision)
        """;

    private readonly WebApplication _app;
    private readonly List<IHostedService> _working = [];

    public StorageProcess(Place place, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?>
            {
                ["Vibe:Storage:Folder"] = place.Folder,
                ["Vibe:Storage:Postgres"] = place.Postgres,
            }
        );
        builder.Logging.ClearProviders();
        _app = VibeHost.Build(
            builder,
            services =>
            {
                if (time is not null)
                    services.AddSingleton(time);
            }
        );
    }

    public IHost Host => _app;
    public Database Database => Get<Database>();
    public SpaceLog Spaces => Get<SpaceLog>();
    public SpaceSignal Signal => Get<SpaceSignal>();
    public Incarnation Incarnation => Get<Incarnation>();
    public Migrations Migrations => Get<Migrations>();

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Starts a work in the background.</summary>
    public async Task StartAsync<T>()
        where T : IHostedService
    {
        var service = _app.Services.GetServices<IHostedService>().OfType<T>().Single();
        _working.Add(service);
        await service.StartAsync(CancellationToken.None);
    }

    /// <summary>Makes a space.</summary>
    public async Task<SpaceName> SpaceAsync(string? id = null)
    {
        var space = new SpaceName(id ?? Guid.NewGuid().ToString("n"));
        await using var write = await Database.WriteAsync(CancellationToken.None);
        await Spaces.CreateAsync(write, space, CancellationToken.None);
        await write.CommitAsync();
        return space;
    }

    /// <summary>Takes a turn.</summary>
    public async Task<T> TurnAsync<T>(SpaceName space, Func<Turn, Task<T>> work) =>
        (await MomentAsync(space, work)).Result;

    /// <summary>Takes a turn, and gives its moment too.</summary>
    public Task<(T Result, Moment Moment)> MomentAsync<T>(
        SpaceName space,
        Func<Turn, Task<T>> work,
        Lane lane = Lane.Content,
        Caller? caller = null,
        CancellationToken cancellation = default,
        params Question[] questions
    ) => Spaces.WriteAsync(space, lane, caller, questions, (turn, _) => work(turn), cancellation);

    /// <summary>Writes one entry, which takes one revision, and gives that.</summary>
    public Task<long> WriteAsync(SpaceName space, string by = "somebody") =>
        TurnAsync(space, turn => EnterAsync(turn, by));

    /// <summary>Enters a line into a log of the space, under the next revision.</summary>
    public static async Task<long> EnterAsync(Turn turn, string by)
    {
        var (revision, entry) = Entry(turn, by);
        await turn.Write.ExecuteAsync(NewEntry, entry, CancellationToken.None);
        return revision;
    }

    /// <summary>Like <see cref="EnterAsync"/>, with a statement that goes out together with others.</summary>
    public static long EnterLater(Turn turn, string by)
    {
        var (revision, entry) = Entry(turn, by);
        turn.Write.Defer(NewEntry, entry);
        return revision;
    }

    private static (long Revision, Value[] Entry) Entry(Turn turn, string by)
    {
        var revision = turn.NextRevision();
        var key = revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return (
            revision,
            [
                ("@space", turn.Space.Id),
                ("@key", key),
                ("@digest", Array.Empty<byte>()),
                ("@by", by),
                ("@revision", revision),
            ]
        );
    }

    /// <summary>Reads what was entered behind a revision.</summary>
    public static Task<List<(long Revision, string By)>> EntriesAsync(Session session, SpaceName space, long after) =>
        session.ListAsync(
            "SELECT at, ids FROM idempotency_keys WHERE space = @space AND at > @after ORDER BY at",
            row => (row.GetInt64(0), row.GetString(1)),
            [("@space", space.Id), ("@after", after)],
            CancellationToken.None
        );

    public async Task<SpaceState?> StateAsync(SpaceName space)
    {
        await using var snapshot = await Database.ReadAsync(CancellationToken.None);
        return await SpaceState.ReadAsync(snapshot, space, CancellationToken.None);
    }

    /// <summary>Runs a statement in a transaction of its own.</summary>
    public async Task<int> ExecuteAsync(string sql, params Value[] values)
    {
        await using var write = await Database.WriteAsync(CancellationToken.None);
        var rows = await write.ExecuteAsync(sql, values, CancellationToken.None);
        await write.CommitAsync();
        return rows;
    }

    /// <summary>Reads the first column of a query.</summary>
    public async Task<List<T>> ListAsync<T>(string sql, params Value[] values)
    {
        await using var snapshot = await Database.ReadAsync(CancellationToken.None);
        return await snapshot.ListAsync(sql, row => row.GetFieldValue<T>(0), values, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _working)
            await service.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
