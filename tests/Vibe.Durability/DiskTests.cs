using System.Globalization;
using Grpc.Core;
using Grpc.Health.V1;
using Npgsql;
using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>
/// Disks that are full, read-only or broken: writes are refused and leave nothing behind, reads go on, and so do writes as
/// soon as the disk takes them again, without a restart.
/// </summary>
public sealed class DiskTests(ITestOutputHelper output)
{
    private const int Padding = 8000;
    private const int InARow = 12;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task On_a_full_disk_sqlite_refuses_writes_serves_reads_and_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 16);
        var data = await Data.MakeAsync(disk.Folder);
        await using var server = await ServerProcess.StartAsync(ServerProcess.Real, data);
        var refusals = await OvercomeAsync(
            server.Calls,
            data.Space,
            () =>
            {
                disk.Fill();
                return Task.CompletedTask;
            },
            () =>
            {
                disk.Free();
                return Task.CompletedTask;
            }
        );

        Assert.Equal(["STORAGE_UNAVAILABLE"], refusals.Counts.Keys);
    }

    [Theory]
    [InlineData("EROFS")]
    [InlineData("EIO")]
    public async Task On_a_disk_that_takes_no_writes_sqlite_refuses_them_serves_reads_and_goes_on_later(string error)
    {
        using var data = await Data.MakeAsync();
        await using var server = await ServerProcess.StartAsync(ServerProcess.Real, data);
        FailingDisk? disk = null;
        var refusals = await OvercomeAsync(
            server.Calls,
            data.Space,
            async () => disk = await FailingDisk.AttachAsync(server, data, "pwrite64,ftruncate,fsync,fdatasync", error),
            () => disk!.DisposeAsync().AsTask()
        );

        Assert.Equal(["STORAGE_UNAVAILABLE"], refusals.Counts.Keys);
    }

    [Fact]
    public async Task A_commit_whose_sync_fails_has_an_unknown_outcome()
    {
        using var data = await Data.MakeAsync();
        await using var server = await ServerProcess.StartAsync(ServerProcess.Real, data);
        var load = new Load(server.Calls, data.Space, Padding);
        await load.PutAsync("before");
        var refusals = new Refusals();
        await using (await FailingDisk.AttachAsync(server, data, "fsync,fdatasync", "EIO"))
            for (var n = 0; n < InARow; n++)
                await refusals.TryAsync(() => load.PutAsync(string.Create(CultureInfo.InvariantCulture, $"d{n}")));

        Assert.Equal(["OUTCOME_UNKNOWN"], refusals.Counts.Keys);
        Assert.Equal(InARow, refusals.Counts.Values.Sum());
        await load.PutAsync("after");
        var listed = await load.ListAsync();
        Assert.Superset(new HashSet<string> { "before", "after" }, listed.Keys.ToHashSet());
        Assert.Empty(listed.Keys.Except(load.Tried.Keys));
    }

    [Fact]
    public async Task On_a_full_disk_postgresql_refuses_writes_serves_reads_and_goes_on_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 24);
        await using var postgres =
            await PostgresInstance.StartAsync() ?? throw Missing.Exception("PostgreSQL is not installed.");
        var folder = Directory.CreateDirectory(Path.Combine(disk.Folder, "tables")).FullName;
        await postgres.OwnAsync(disk.Folder);
        await postgres.OwnAsync(folder);
        await using (var source = NpgsqlDataSource.Create(postgres.ConnectionString))
        await using (var command = source.CreateCommand($"CREATE TABLESPACE small LOCATION '{folder}'"))
            await command.ExecuteNonQueryAsync();
        var database = await postgres.CreateDatabaseAsync("TABLESPACE small");
        await using var server = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = Engine.Postgres,
                Postgres = database,
                ExpectsErrors = true,
            }
        );
        var alice = await server.PersonAsync("alice");
        var refusals = await OvercomeAsync(
            alice.Own.Invoker,
            alice.Id,
            () =>
            {
                disk.Fill();
                return Task.CompletedTask;
            },
            () =>
            {
                disk.Free();
                return Task.CompletedTask;
            }
        );

        Assert.Equal(["STORAGE_UNAVAILABLE"], refusals.Counts.Keys);
    }

    /// <summary>Writes before, while and after a disk takes no writes, and makes sure that all is well each time.</summary>
    private async Task<Refusals> OvercomeAsync(CallInvoker calls, string space, Func<Task> begin, Func<Task> end)
    {
        var load = new Load(calls, space, Padding);
        var refusals = new Refusals();
        await using var copy = new Copy(calls, $"spaces/{space}/collections/load");
        await load.RunAsync(writers: 2, each: 10);
        await begin();
        // Some writes may find room in what the files have already.
        var (tries, row) = (0, 0);
        for (; row < InARow; tries++)
        {
            Assert.InRange(tries, 0, 5000);
            var id = string.Create(CultureInfo.InvariantCulture, $"d{tries}");
            row = await refusals.TryAsync(() => load.PutAsync(id)) ? 0 : row + 1;
        }
        await refusals.TryAsync(() => load.PutAsync("w0-0"));

        await AssertStoredAsync(load);
        var health = await new Health.HealthClient(calls).CheckAsync(new HealthCheckRequest());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);

        await end();
        await load.PutAsync("after");
        var stored = await AssertStoredAsync(load);
        await copy.BecomesAsync(stored, Patience);
        output.WriteLine($"{load.Groups} writes acknowledged, {refusals} of {tries + 1} in between");
        return refusals;
    }

    /// <summary>What is stored is what was acknowledged, and nothing else: a refused write had no effect.</summary>
    private static async Task<Dictionary<string, string>> AssertStoredAsync(Load load)
    {
        var expected = load
            .Acknowledged.Values.GroupBy(written => written.Id)
            .ToDictionary(versions => versions.Key, versions => load.Body(versions.MaxBy(written => written.Version)));
        var listed = await load.ListAsync();
        Assert.Equal(expected.OrderBy(each => each.Key), listed.OrderBy(each => each.Key));
        return listed;
    }
}
