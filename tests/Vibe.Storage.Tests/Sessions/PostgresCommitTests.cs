using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Sessions;

public sealed class PostgresCommitTests() : StorageSuite(Engine.Postgres)
{
    [Fact]
    public async Task A_connection_that_is_lost_before_the_commit_leaves_the_outcome_open()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await using (var write = await process.Database.WriteAsync(CancellationToken.None))
        {
            await write.ExecuteAsync("UPDATE spaces SET head = 9", [], CancellationToken.None);
            await EndAsync(process, write);

            var lost = await Assert.ThrowsAsync<VibeException>(write.CommitAsync);

            Assert.Equal(ErrorReason.OutcomeUnknown, lost.Reason);
        }

        Assert.Equal(0, (await process.StateAsync(space))!.Head);
        Assert.Equal(1, await process.WriteAsync(space));
    }

    [Fact]
    public async Task A_connection_that_is_lost_in_a_turn_leaves_nothing_and_the_next_write_works()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        var lost = await Assert.ThrowsAsync<VibeException>(() =>
            process.TurnAsync(
                space,
                async turn =>
                {
                    await EndAsync(process, turn.Write);
                    return turn.NextRevision();
                }
            )
        );

        Assert.Equal(ErrorReason.StorageUnavailable, lost.Reason);
        Assert.Equal(1, await process.WriteAsync(space));
    }

    [Fact]
    public async Task A_commit_that_the_server_refuses_is_known_to_have_written_nothing()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync("CREATE TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        await using var write = await process.Database.WriteAsync(CancellationToken.None);
        await write.ExecuteAsync("INSERT INTO once VALUES (1), (1)", [], CancellationToken.None);

        var refused = await Assert.ThrowsAsync<VibeException>(write.CommitAsync);

        Assert.Equal(ErrorReason.StorageUnavailable, refused.Reason);
        Assert.Empty(await process.ListAsync<int>("SELECT id FROM once"));
    }

    private static async Task EndAsync(StorageProcess process, Session session)
    {
        var pid = await session.FirstAsync("SELECT pg_backend_pid()", row => row.GetInt32(0), [], default);
        await process.ListAsync<bool>("SELECT pg_terminate_backend(@pid)", ("@pid", pid));
        await EventuallyAsync(async () =>
            (await process.ListAsync<int>("SELECT pid FROM pg_stat_activity WHERE pid = @pid", ("@pid", pid))).Count
            == 0
        );
    }
}
