using Microsoft.EntityFrameworkCore;
using Vibe.Hosting;
using Vibe.Storage.Postgres;
using Vibe.Storage.Sqlite;
using Vibe.Testing;

namespace Vibe.Storage.Tests;

public abstract class MigrationSuite(Engine engine) : StorageSuite(engine)
{
    private const string History = "SELECT migration_id FROM \"__EFMigrationsHistory\" ORDER BY migration_id";
    private const string Newer = "99991231235959_FromTheFuture";

    [Fact]
    public async Task An_empty_database_gets_all_migrations_once()
    {
        var process = await UnreadyProcessAsync();
        await using var db = process.Database.OpenContext();

        var first = await process.Migrations.ApplyAsync(CancellationToken.None);
        var second = await process.Migrations.ApplyAsync(CancellationToken.None);

        Assert.Equal(db.Database.GetMigrations(), first.Applied);
        Assert.NotEmpty(first.Applied);
        Assert.Null(first.Backup);
        Assert.Empty(second.Applied);
        Assert.Null(second.Backup);
        Assert.Equal(first.Applied, await process.ListAsync<string>(History));
        await process.Migrations.AssertCurrentAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_database_that_was_not_migrated_is_refused_and_told_how()
    {
        var process = await UnreadyProcessAsync();

        var refusal = await Assert.ThrowsAsync<StartupException>(() =>
            process.Migrations.AssertCurrentAsync(CancellationToken.None)
        );

        Assert.Contains("vibe migrate", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_migrations_make_what_the_model_says()
    {
        var process = await UnreadyProcessAsync();
        await using var db = process.Database.OpenContext();

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_left_alone()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.ExecuteAsync(
            $"INSERT INTO \"__EFMigrationsHistory\" (migration_id, product_version) VALUES ('{Newer}', '99.0')"
        );
        var history = await process.ListAsync<string>(History);
        var later = await UnreadyProcessAsync();

        foreach (var start in new[] { later.Migrations.ApplyAsync, later.Migrations.AssertCurrentAsync })
        {
            var refusal = await Assert.ThrowsAsync<StartupException>(() => start(CancellationToken.None));
            Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(Newer, refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(history, await process.ListAsync<string>(History));
        Assert.Equal([space.Id], await process.ListAsync<string>("SELECT id FROM spaces"));
        Assert.Equal(["master.key"], OtherFiles((await PlaceAsync()).Folder));
    }

    private static IEnumerable<string> OtherFiles(string folder) =>
        Directory
            .GetFiles(folder)
            .Select(file => Path.GetFileName(file))
            .Where(file => file is not ("vibe.db" or "vibe.db-wal" or "vibe.db-shm"));
}

public sealed class SqliteMigrationTests() : MigrationSuite(Engine.Sqlite)
{
    [Fact]
    public async Task A_backup_holds_all_that_was_acknowledged_and_is_a_database_of_its_own()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);

        var path = await process.Database.BackupAsync(CancellationToken.None);

        await process.WriteAsync(space);
        var folder = Directory.CreateDirectory(Path.Combine((await PlaceAsync()).Folder, "restored"));
        File.Copy(path!, Path.Combine(folder.FullName, "vibe.db"));
        await using var restored = new StorageProcess(new Place(folder.FullName, null));
        await restored.Database.AssertReadyAsync(CancellationToken.None);
        await restored.Migrations.AssertCurrentAsync(CancellationToken.None);
        Assert.Equal(["ok"], await restored.ListAsync<string>("PRAGMA integrity_check"));
        Assert.Equal(1, (await restored.StateAsync(space))!.Head);
        Assert.Equal(2, await restored.WriteAsync(space));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_name_of_the_trouble()
    {
        var place = await PlaceAsync();
        await File.WriteAllTextAsync(Path.Combine(place.Folder, "vibe.db"), new string('x', 10_000));
        var process = await UnreadyProcessAsync();

        var migrating = await Assert.ThrowsAsync<StartupException>(() =>
            process.Migrations.ApplyAsync(CancellationToken.None)
        );
        var starting = await Assert.ThrowsAsync<StartupException>(() =>
            process.Database.AssertReadyAsync(CancellationToken.None)
        );

        Assert.Contains("not a database", migrating.Message, StringComparison.Ordinal);
        Assert.Contains("vibe.db", starting.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_engines_have_the_same_tables_and_columns()
    {
        var process = await UnreadyProcessAsync();
        var parts = process.Get<IEnumerable<ModelPart>>().ToArray();
        await using var sqlite = new SqliteDatabase("vibe.db", parts, process.Database.Clock);
        await using var postgres = new PostgresDatabase("Host=nowhere", parts, process.Database.Clock);
        await using var sqliteContext = sqlite.OpenContext();
        await using var postgresContext = postgres.OpenContext();

        var columns = ColumnsOf(sqliteContext);

        Assert.Contains("spaces.head (False)", columns);
        Assert.Equal(columns, ColumnsOf(postgresContext));
    }

    private static string[] ColumnsOf(VibeDb db) =>
        [
            .. db
                .Model.GetRelationalModel()
                .Tables.SelectMany(table =>
                    table.Columns.Select(column => $"{table.Name}.{column.Name} ({column.IsNullable})")
                )
                .Order(StringComparer.Ordinal),
        ];
}

public sealed class PostgresMigrationTests() : MigrationSuite(Engine.Postgres)
{
    [Fact]
    public async Task A_server_that_is_not_there_is_refused_by_name_of_the_trouble()
    {
        await using var process = new StorageProcess(
            (await PlaceAsync()) with
            {
                Postgres = "Host=127.0.0.1;Port=1;Username=vibe;Database=vibe;Timeout=5",
            }
        );

        foreach (
            var start in new[]
            {
                process.Migrations.ApplyAsync,
                process.Migrations.AssertCurrentAsync,
                process.Database.AssertReadyAsync,
            }
        )
            await Assert.ThrowsAsync<StartupException>(() => start(CancellationToken.None));
    }
}
