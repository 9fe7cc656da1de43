using System.Data.Common;
using Microsoft.Extensions.Time.Testing;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class GroupSuite(Engine engine) : StorageSuite(engine)
{
    // Time that stands still ends no group.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    /// <summary>The ways in which a work may fail.</summary>
    public enum Flaw
    {
        RefusesBeforeItReads,
        RefusesAfterItRead,
        RefusesAfterItWrote,
        FailsInTheDatabase,
        FailsInTheDatabaseAfterItWrote,
        RefusesAfterItDeferred,
        RefusesAfterItDeferredAndRead,
        FailsInTheDatabaseAfterItDeferred,
    }

    [Fact]
    public async Task Works_that_wait_together_share_a_commit_and_have_each_its_own_revision_and_moment()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        using var sizes = new GroupSizes(process);
        var works = Enumerable.Range(0, 300).Select(n => space.WaitToEnter($"{n}")).ToArray();

        await space.LeaveAsync();

        Assert.Equal([Group.Most, 301 - Group.Most], sizes.All);
        Assert.Equal(sizes.All.Count, sizes.Groups);
        Assert.Equal(0, sizes.Waiting);
        Assert.Equal(2, space.Groups);
        Assert.Equal(works.Select((_, n) => $"{n}"), await space.EntriesAsync());
        var incarnation = (await process.ListAsync<string>("SELECT id FROM incarnations")).Single();
        foreach (var (work, n) in works.Select((work, n) => (work, n)))
            Assert.Equal((n + 1, new Moment(space.Name, incarnation, n + 1)), await work);
    }

    [Theory]
    [InlineData(Flaw.RefusesBeforeItReads, 0)]
    [InlineData(Flaw.RefusesAfterItWrote, 0)]
    [InlineData(Flaw.FailsInTheDatabaseAfterItWrote, 0)]
    [InlineData(Flaw.RefusesBeforeItReads, 3)]
    [InlineData(Flaw.RefusesAfterItRead, 3)]
    [InlineData(Flaw.RefusesAfterItWrote, 3)]
    [InlineData(Flaw.FailsInTheDatabase, 3)]
    [InlineData(Flaw.FailsInTheDatabaseAfterItWrote, 3)]
    [InlineData(Flaw.RefusesAfterItDeferred, 0)]
    [InlineData(Flaw.RefusesAfterItDeferred, 3)]
    [InlineData(Flaw.RefusesAfterItDeferredAndRead, 3)]
    [InlineData(Flaw.FailsInTheDatabaseAfterItDeferred, 0)]
    [InlineData(Flaw.FailsInTheDatabaseAfterItDeferred, 3)]
    public async Task A_work_that_fails_takes_no_revision_and_leaves_its_neighbours_alone(Flaw flaw, int good)
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var before = Enumerable.Range(0, good).Select(n => WaitToEnter(space, n)).ToArray();
        var bad = space.Wait(turn => FailAsync(turn, flaw));
        var after = Enumerable.Range(0, good).Select(n => WaitToEnter(space, n)).ToArray();

        await space.LeaveAsync();

        if ($"{flaw}".StartsWith("FailsInTheDatabase", StringComparison.Ordinal))
            await Assert.ThrowsAnyAsync<DbException>(() => bad);
        else
            await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => bad);
        foreach (var (work, n) in before.Concat(after).Select((work, n) => (work, n)))
            Assert.Equal(n + 1, (await work).Moment.Revision);
        Assert.Equal(good == 0 ? 0 : 1, space.Groups);
        Assert.Equal(2 * good, (await space.EntriesAsync()).Count);
        Assert.Equal(new SpaceState(2 * good, 0), await process.StateAsync(space.Name));
    }

    [Fact]
    public async Task Each_work_decides_by_what_the_ones_before_it_in_its_group_left()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        Task<long> EpochAsync(Turn turn) => Task.FromResult(turn.PolicyEpoch);
        Task<long> MoveAsync(Turn turn)
        {
            turn.NextPolicyRevision();
            return Task.FromResult(turn.PolicyEpoch);
        }
        async Task<long> CountAsync(Turn turn) => (await StorageProcess.EntriesAsync(turn.Write, turn.Space, 0)).Count;
        var epochs = new[]
        {
            space.Wait(EpochAsync),
            space.Wait(MoveAsync),
            space.Wait(EpochAsync),
            space.Wait(turn => MoveAsync(turn).ContinueWith<long>(_ => throw new TimeZoneNotFoundException())),
            space.Wait(EpochAsync),
        };
        var entered = space.WaitToEnter("seen by the next");
        var count = space.Wait(CountAsync);

        await space.LeaveAsync();

        Assert.Equal(1, space.Groups);
        Assert.Equal([0, 1, 1], new[] { epochs[0], epochs[1], epochs[2] }.Select(epoch => epoch.Result.Result));
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => epochs[3]);
        Assert.Equal(1, (await epochs[4]).Result);
        Assert.Equal(2, (await entered).Moment.Revision);
        Assert.Equal(1, (await count).Result);
        Assert.Equal(new SpaceState(2, 1), await process.StateAsync(space.Name));
    }

    [Fact]
    public async Task A_group_tells_the_moments_before_and_after_its_first_write_apart()
    {
        var first = await ProcessAsync();
        var second = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(second, await first.SpaceAsync());
        var before = space.Wait(turn => Task.FromResult(turn.Head));
        var writes = new[] { space.WaitToEnter("one"), space.WaitToEnter("two") };

        await space.LeaveAsync();

        var marks = await second.ListAsync<string>("SELECT incarnation FROM space_incarnations ORDER BY from_revision");
        Assert.Equal(2, marks.Count);
        Assert.Equal(new Moment(space.Name, marks[0], 0), (await before).Moment);
        Assert.Equal(new Moment(space.Name, marks[1], 1), (await writes[0]).Moment);
        Assert.Equal(new Moment(space.Name, marks[1], 2), (await writes[1]).Moment);
    }

    [Fact]
    public async Task A_group_in_which_nothing_was_written_commits_nothing_and_wakes_nobody()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var woken = 0;
        using var listening = process.Signal.Listen(space.Name.Id, () => woken++);
        var bad = space.Wait(turn => FailAsync(turn, Flaw.RefusesAfterItWrote));

        await space.LeaveAsync();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => bad);
        Assert.Equal(0, space.Groups);
        Assert.Equal(0, woken);
    }

    [Fact]
    public async Task A_group_of_many_writes_wakes_once()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var woken = 0;
        using var listening = process.Signal.Listen(space.Name.Id, () => Interlocked.Increment(ref woken));
        for (var n = 0; n < 20; n++)
            _ = space.WaitToEnter($"{n}");

        await space.LeaveAsync();

        Assert.Equal(1, woken);
    }

    [Fact]
    public async Task A_group_takes_no_more_content_once_it_has_lasted_long_enough()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        for (var n = 0; n < 4; n++)
            _ = space.Wait(turn =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(20));
                return StorageProcess.EnterAsync(turn, "slow");
            });

        await space.LeaveAsync();

        Assert.Equal(2, space.Groups);
        Assert.Equal(4, (await space.EntriesAsync()).Count);
    }

    [Fact]
    public async Task A_work_whose_turn_has_begun_is_carried_out_though_its_caller_gives_up()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        var entered = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        using var impatient = new CancellationTokenSource();
        var work = process.Spaces.WriteAsync(
            space,
            Lane.Content,
            null,
            [],
            async (turn, cancellation) =>
            {
                entered.SetResult();
                await leave.Task;
                cancellation.ThrowIfCancellationRequested();
                return await StorageProcess.EnterAsync(turn, "carried out");
            },
            impatient.Token
        );
        await entered.Task;

        await impatient.CancelAsync();
        leave.SetResult();

        Assert.Equal(1, (await work).Result);
        Assert.Equal(1, (await process.StateAsync(space))!.Head);
    }

    [Fact]
    public async Task A_work_that_is_given_up_while_it_waits_leaves_the_others_in_their_order()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        using var impatient = new CancellationTokenSource();
        var ran = false;
        _ = space.WaitToEnter("first");
        var given = space.Wait(
            turn =>
            {
                ran = true;
                return StorageProcess.EnterAsync(turn, "given up");
            },
            cancellation: impatient.Token
        );
        _ = space.WaitToEnter("second");

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await space.LeaveAsync();
        Assert.False(ran);
        Assert.Equal(["first", "second"], await space.EntriesAsync());
    }

    [Fact]
    public async Task A_caller_that_gave_up_before_it_asked_does_not_wait()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            process.MomentAsync(space, turn => Task.FromResult(turn.NextRevision()), cancellation: new(true))
        );

        Assert.Equal(0, (await process.StateAsync(space))!.Head);
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_space_in_which_nobody_writes()
    {
        var process = await ProcessAsync();
        var spaces = new List<SpaceName>();
        for (var n = 0; n < 10; n++)
            spaces.Add(await process.SpaceAsync());

        for (var round = 0; round < 20; round++)
            await Task.WhenAll(spaces.Select(space => Task.Run(() => process.WriteAsync(space))));

        await EventuallyAsync(() => Task.FromResult(process.Spaces.BusySpaces == 0));
        foreach (var space in spaces)
            Assert.Equal(20, (await process.StateAsync(space))!.Head);
    }

    [Fact]
    public async Task The_rows_of_groups_are_forgotten_after_a_day()
    {
        var process = await ProcessAsync(_time);
        var now = process.Database.Clock.Microseconds;
        await process.ExecuteAsync(
            $"""
            INSERT INTO groups (space, id, at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
            SELECT 'space', 'old' || i, {now} FROM n UNION ALL SELECT 'space', 'young', {now + 1_000_000 * 3600L * 23}
            """
        );
        _time.Advance(TimeSpan.FromHours(23));
        await process.StartAsync<SpaceUpkeep>();

        await EventuallyAsync(async () =>
        {
            _time.Advance(TimeSpan.FromMinutes(5));
            return (await process.ListAsync<string>("SELECT id FROM groups")).Count < 2;
        });

        Assert.Equal(["young"], await process.ListAsync<string>("SELECT id FROM groups"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_was_deferred_and_cannot_be_carried_out_fails_its_group_and_leaves_nothing(int later)
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        Task<long> DeferNonsense(Turn turn)
        {
            turn.Write.Defer("DELETE FROM nowhere", []);
            return Task.FromResult(turn.NextRevision());
        }
        var works = new List<Task>
        {
            space.WaitToEnter("first"),
            space.WaitToEnter("second"),
            space.Wait(DeferNonsense),
        };
        for (var n = 0; n < later; n++)
            works.Add(WaitToEnter(space, n));

        await space.LeaveAsync();

        foreach (var work in works)
            Assert.Equal(ErrorReason.StorageUnavailable, (await Assert.ThrowsAsync<VibeException>(() => work)).Reason);
        Assert.Empty(await space.EntriesAsync());
        Assert.Equal(new SpaceState(0, 0), await process.StateAsync(space.Name));
        Assert.Equal(1, await process.WriteAsync(space.Name));
    }

    // One in two goes out at once.
    private static Task<(long Result, Moment Moment)> WaitToEnter(HeldSpace space, int n) =>
        n % 2 == 0
            ? space.WaitToEnter($"{n}")
            : space.Wait(turn => Task.FromResult(StorageProcess.EnterLater(turn, $"{n}")));

    private static async Task<long> FailAsync(Turn turn, Flaw flaw)
    {
        if (flaw is Flaw.RefusesAfterItRead)
            await StorageProcess.EntriesAsync(turn.Write, turn.Space, 0);
        if (flaw is Flaw.RefusesAfterItWrote or Flaw.FailsInTheDatabaseAfterItWrote)
        {
            turn.NextPolicyRevision();
            await StorageProcess.EnterAsync(turn, "bad");
        }
        if ($"{flaw}".EndsWith("Deferred", StringComparison.Ordinal) || flaw is Flaw.RefusesAfterItDeferredAndRead)
        {
            turn.NextPolicyRevision();
            StorageProcess.EnterLater(turn, "bad");
        }
        if (flaw is Flaw.RefusesAfterItDeferredAndRead)
            Assert.Equal("bad", (await StorageProcess.EntriesAsync(turn.Write, turn.Space, 0))[^1].By);
        if ($"{flaw}".StartsWith("FailsInTheDatabase", StringComparison.Ordinal))
            await turn.Write.FirstAsync("SELECT 1 FROM nowhere", _ => 0, [], CancellationToken.None);
        throw new TimeZoneNotFoundException();
    }
}

public sealed class SqliteGroupTests() : GroupSuite(Engine.Sqlite);

public sealed class PostgresGroupTests() : GroupSuite(Engine.Postgres);
