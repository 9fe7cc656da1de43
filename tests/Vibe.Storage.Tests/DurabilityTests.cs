using Npgsql;
using Vibe.Hosting;
using Vibe.Server;
using Vibe.Testing;

namespace Vibe.Storage.Tests;

public sealed class SqliteDurabilityTests() : StorageSuite(Engine.Sqlite)
{
    [Fact]
    public async Task The_writer_syncs_every_commit_to_a_write_ahead_log()
    {
        const int Full = 2;
        var process = await ProcessAsync();
        await using var write = await process.Database.WriteAsync(CancellationToken.None);

        Assert.Equal(Full, await write.FirstAsync("PRAGMA synchronous", row => row.GetInt32(0), [], default));
        Assert.Equal("wal", await write.FirstAsync("PRAGMA journal_mode", row => row.GetString(0), [], default));
    }

    [Fact]
    public async Task A_command_beside_a_running_server_waits_for_its_turn_to_write()
    {
        var server = await ProcessAsync();
        var command = await ProcessAsync();
        var space = await server.SpaceAsync();
        Task<long> beside = Task.FromResult(0L);

        await server.TurnAsync(
            space,
            async turn =>
            {
                await StorageProcess.EnterAsync(turn, "server");
                beside = Task.Run(() => command.WriteAsync(space, "command"));
                await Assert.ThrowsAsync<TimeoutException>(() => beside.WaitAsync(TimeSpan.FromMilliseconds(300)));
                return 0;
            }
        );

        Assert.Equal(2, await beside.WaitAsync(Patience));
        Assert.Equal(3, await server.WriteAsync(space));
    }

    [Fact]
    public async Task Two_processes_writing_at_once_both_get_through()
    {
        var processes = new[] { await ProcessAsync(), await ProcessAsync() };
        var space = await processes[0].SpaceAsync();

        await Task.WhenAll(
            processes.Select(process =>
                Task.Run(async () =>
                {
                    for (var n = 0; n < 30; n++)
                        await process.WriteAsync(space);
                })
            )
        );

        Assert.Equal(60, (await processes[0].StateAsync(space))!.Head);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused_and_told_how()
    {
        await using var process = new StorageProcess(
            new Place(Path.Combine((await PlaceAsync()).Folder, "missing"), null)
        );

        var refusal = await Assert.ThrowsAsync<StartupException>(() => process.Host.AssertReadyAsync());

        Assert.Contains("vibe migrate", refusal.Message, StringComparison.Ordinal);
    }
}

public sealed class PostgresDurabilityTests() : StorageSuite(Engine.Postgres)
{
    [Fact]
    public async Task A_database_that_acknowledges_before_it_is_on_disk_is_refused_and_told_how()
    {
        var process = await ProcessAsync();
        var database = new NpgsqlConnectionStringBuilder((await PlaceAsync()).Postgres).Database;
        await process.ExecuteAsync($"ALTER DATABASE {database} SET synchronous_commit = off");
        var later = await UnreadyProcessAsync();

        foreach (
            var start in new[]
            {
                later.Database.AssertReadyAsync,
                later.Migrations.ApplyAsync,
                later.Migrations.AssertCurrentAsync,
            }
        )
        {
            var refusal = await Assert.ThrowsAsync<StartupException>(() => start(CancellationToken.None));
            Assert.Contains("synchronous_commit = off", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("Set both to on", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_ordinary_database_is_taken()
    {
        var process = await ProcessAsync();

        Assert.Equal(["on"], await process.ListAsync<string>("SHOW synchronous_commit"));
    }
}
