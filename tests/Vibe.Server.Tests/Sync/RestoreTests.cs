using Npgsql;
using Vibe.Access.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>Databases that are put back to an earlier state, and went on differently (R23).</summary>
public sealed class RestoreTests
{
    private const string Movies = "movies";

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task After_a_restore_tokens_of_the_lost_history_begin_a_snapshot_and_copies_are_right(Engine engine)
    {
        await using var data = await StoredData.NewAsync(engine);
        Person alice;
        AllowedApp app;
        var copies = new Dictionary<string, Copy>();
        await using (var server = await data.StartAsync())
        {
            alice = await server.PersonAsync("alice");
            app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
            for (var i = 0; i < 10; i++)
                await alice.Own.CreateAsync(alice.Document(Movies, $"d{i}"), $$"""{"Title":"{{i}}"}""");
            copies["complete before"] = await PulledAsync(alice.Own, alice, pages: 9, size: 100);
            copies["midway before"] = await PulledAsync(alice.Own, alice, pages: 1, size: 3);
        }
        await data.BackUpAsync();
        await using (var server = await data.StartAsync())
        {
            var owner = server.Owner(alice);
            // A restart is no restore.
            Assert.False((await owner.PullAsync(alice.Collection(Movies), copies["complete before"].Token)).Reset);
            for (var i = 10; i < 20; i++)
                await owner.CreateAsync(alice.Document(Movies, $"d{i}"), "{}");
            await owner.DeleteAsync(alice.Document(Movies, "d2"));
            copies["complete after"] = await PulledAsync(owner, alice, pages: 9, size: 100);
            copies["midway after"] = await PulledAsync(owner, alice, pages: 1, size: 3);
            copies["app after"] = await PulledAsync(server.App(app), alice, pages: 9, size: 100);
            copies["app midway after"] = await PulledAsync(server.App(app), alice, pages: 1, size: 3);
            Assert.False((await owner.PullAsync(alice.Collection(Movies), copies["complete before"].Token)).Reset);
        }
        await data.PutBackAsync();
        await using (var server = await data.StartAsync())
        {
            var owner = server.Owner(alice);
            Assert.True((await owner.PullAsync(alice.Collection(Movies), copies["complete after"].Token)).Reset);
            await owner.DeleteAsync(alice.Document(Movies, "d1"));
            await owner.DeleteAsync(alice.Document(Movies, "d5"));
            for (var i = 0; i < 30; i++)
                await owner.CreateAsync(alice.Document(Movies, $"e{i}"), $$"""{"Title":"{{i}}"}""");

            foreach (var (name, copy) in copies)
            {
                var actor = name.StartsWith("app", StringComparison.Ordinal) ? server.App(app) : owner;
                await using (
                    var follower = await Follower.OpenAsync(actor, Scope(alice.Collection(Movies), copy.Token))
                )
                    Assert.Equal(name.EndsWith("after", StringComparison.Ordinal), (await follower.PageAsync()).Reset);
                var resets = copy.Resets;
                do copy.Apply(await actor.PullAsync(alice.Collection(Movies), copy.Token, 7), 7);
                while (!copy.IsComplete);
                Assert.Equal(name.EndsWith("after", StringComparison.Ordinal) ? 1 : 0, copy.Resets - resets);
                Assert.Equal(await actor.ListAsync(alice.Collection(Movies)), copy.Documents);
            }
        }
    }

    private static async Task<Copy> PulledAsync(Actor actor, Person alice, int pages, int size)
    {
        var copy = new Copy();
        for (var page = 0; page < pages && !copy.IsComplete; page++)
            copy.Apply(await actor.PullAsync(alice.Collection(Movies), copy.Token, size), size);
        return copy;
    }
}

/// <summary>Data that outlives its servers, and can be put back to an earlier state.</summary>
internal sealed class StoredData : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-test-").FullName;
    private readonly string _backup = Directory.CreateTempSubdirectory("vibe-test-").FullName;
    private string? _postgres;
    private string? _postgresBackup;

    private StoredData(Engine engine) => _engine = engine;

    public static async Task<StoredData> NewAsync(Engine engine)
    {
        var data = new StoredData(engine);
        if (engine == Engine.Postgres)
        {
            var cluster =
                await PostgresCluster.FindAsync()
                ?? throw MissingEngine.Exception("PostgreSQL is not installed and VIBE_TEST_POSTGRES names no server.");
            data._postgres = await cluster.CreateDatabaseAsync();
        }
        return data;
    }

    public Task<VibeServer> StartAsync() =>
        VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = _engine,
                Folder = _folder,
                Postgres = _postgres,
            }
        );

    public async Task BackUpAsync()
    {
        if (_postgres is not null)
            _postgresBackup = await CopiedDatabaseAsync(_postgres);
        foreach (var file in Directory.GetFiles(_folder))
            File.Copy(file, Path.Combine(_backup, Path.GetFileName(file)));
    }

    public Task PutBackAsync()
    {
        _postgres = _postgresBackup;
        foreach (var file in Directory.GetFiles(_folder))
            File.Delete(file);
        foreach (var file in Directory.GetFiles(_backup))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_backup, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static async Task<string> CopiedDatabaseAsync(string connectionString)
    {
        var from = new NpgsqlConnectionStringBuilder(connectionString);
        var to = new NpgsqlConnectionStringBuilder(connectionString) { Database = $"vibe_{Guid.NewGuid():n}" };
        var other = new NpgsqlConnectionStringBuilder(connectionString) { Database = "postgres" };
        await using var source = NpgsqlDataSource.Create(other);
        await using var command = source.CreateCommand($"CREATE DATABASE {to.Database} TEMPLATE {from.Database}");
        await command.ExecuteNonQueryAsync();
        return to.ToString();
    }
}
