using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Sessions;

public abstract class SnapshotSuite(Engine engine) : StorageSuite(engine)
{
    [Fact]
    public async Task Every_statement_of_a_snapshot_sees_the_same_commits()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
        var before = await SpaceState.ReadAsync(snapshot, space, CancellationToken.None);

        await process.WriteAsync(space).WaitAsync(Patience);
        await process.ExecuteAsync("DELETE FROM idempotency_keys WHERE at = 1");

        Assert.Equal(before, await SpaceState.ReadAsync(snapshot, space, CancellationToken.None));
        Assert.Equal([(1, "somebody")], await StorageProcess.EntriesAsync(snapshot, space, 0));
        Assert.Equal(2, (await process.StateAsync(space))!.Head);
    }

    [Fact]
    public async Task A_snapshot_holds_while_writers_of_two_processes_commit()
    {
        var process = await ProcessAsync();
        var other = await ProcessAsync();
        var space = await process.SpaceAsync();
        var writing = Task.WhenAll(
            new[] { process, other, process, other }.Select(writer =>
                Task.Run(async () =>
                {
                    for (var n = 0; n < 40; n++)
                        await writer.WriteAsync(space);
                })
            )
        );

        var snapshots = 0;
        do
        {
            await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
            var entries = await StorageProcess.EntriesAsync(snapshot, space, 0);
            var state = await SpaceState.ReadAsync(snapshot, space, CancellationToken.None);
            Assert.Equal(state!.Head, entries.Count);
            Assert.Equal(entries, await StorageProcess.EntriesAsync(snapshot, space, 0));
            snapshots++;
        } while (!writing.IsCompleted);

        await writing;
        Assert.True(snapshots > 1);
    }

    [Fact]
    public async Task A_reader_does_not_wait_for_a_writer()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        var seen = await process.TurnAsync(
            space,
            async turn =>
            {
                await StorageProcess.EnterAsync(turn, "unseen");
                return await process.StateAsync(space).WaitAsync(Patience);
            }
        );

        Assert.Equal(0, seen!.Head);
        Assert.Equal(1, (await process.StateAsync(space))!.Head);
    }
}

public sealed class SqliteSnapshotTests() : SnapshotSuite(Engine.Sqlite);

public sealed class PostgresSnapshotTests() : SnapshotSuite(Engine.Postgres);
