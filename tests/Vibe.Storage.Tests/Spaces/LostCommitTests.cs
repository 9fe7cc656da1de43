using Microsoft.Extensions.Time.Testing;
using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public sealed class LostCommitTests() : StorageSuite(Engine.Postgres)
{
    // Time that stands still ends no group.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_commit_whose_answer_is_lost_succeeds_and_is_not_written_again(int works)
    {
        await using var way = await WayAsync();
        var (process, space) = await HeldAsync(way);
        var (runs, woken) = (0, 0);
        using var listening = process.Signal.Listen(space.Name.Id, () => woken++);
        var writes = Enumerable.Range(0, works).Select(_ => space.Wait(EnterAsync)).ToArray();
        Task<long> EnterAsync(Turn turn)
        {
            runs++;
            return StorageProcess.EnterAsync(turn, "once");
        }

        way.CutNext(Cut.BeforeTheAnswer);
        await space.LeaveAsync();

        Assert.True(way.WasCut.IsCompleted);
        foreach (var (write, n) in writes.Select((write, n) => (write, n)))
            Assert.Equal(n + 1, (await write).Moment.Revision);
        Assert.Equal(works, runs);
        Assert.Equal(1, woken);
        Assert.Equal(works, (await space.EntriesAsync()).Count);
        Assert.Equal(works + 1, await process.WriteAsync(space.Name));
        Assert.Single(await process.ListAsync<string>("SELECT id FROM incarnations"));
    }

    [Fact]
    public async Task The_first_write_of_a_process_may_be_the_one_whose_answer_is_lost()
    {
        var first = await ProcessAsync();
        var name = await first.SpaceAsync();
        await using var way = await WayAsync();
        var (process, space) = await HeldAsync(way, name);
        var write = space.WaitToEnter("once");

        way.CutNext(Cut.BeforeTheAnswer);
        await space.LeaveAsync();

        Assert.Equal(1, (await write).Result);
        Assert.Equal(2, await process.WriteAsync(name));
        Assert.Equal(2, (await process.ListAsync<string>("SELECT incarnation FROM space_incarnations")).Count);
    }

    [Fact]
    public async Task A_commit_that_never_arrived_is_known_to_have_written_nothing()
    {
        await using var way = await WayAsync();
        var (process, space) = await HeldAsync(way);
        var writes = new[] { space.WaitToEnter("one"), space.WaitToEnter("two") };

        way.CutNext(Cut.BeforeTheCommit);
        await space.LeaveAsync();

        foreach (var write in writes)
            Assert.Equal(ErrorReason.StorageUnavailable, (await Assert.ThrowsAsync<VibeException>(() => write)).Reason);
        Assert.Empty(await space.EntriesAsync());
        Assert.Equal(1, await process.WriteAsync(space.Name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_that_is_still_on_its_way_is_waited_for(bool arrives)
    {
        await using var way = await WayAsync();
        var (process, space) = await HeldAsync(way);
        var write = space.WaitToEnter("late");

        way.CutNext(Cut.WithTheCommitOnItsWay);
        var leaving = space.LeaveAsync();
        await way.WasCut.WaitAsync(Patience);
        await EventuallyAsync(async () =>
            (
                await process.ListAsync<int>(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE'
                    """
                )
            ).Count == 1
        );
        Assert.False(write.IsCompleted);
        way.Deliver(commit: arrives);
        await leaving;

        if (arrives)
            Assert.Equal(1, (await write).Result);
        else
            Assert.Equal(ErrorReason.StorageUnavailable, (await Assert.ThrowsAsync<VibeException>(() => write)).Reason);
        Assert.Equal(arrives ? 1 : 0, (await space.EntriesAsync()).Count);
    }

    [Fact]
    public async Task A_commit_after_which_nobody_answers_any_more_has_an_unknown_outcome()
    {
        var direct = await ProcessAsync();
        var name = await direct.SpaceAsync();
        await using var way = await WayAsync(staysCut: true);
        var (_, space) = await HeldAsync(way, name);
        var write = space.WaitToEnter("written");
        var refused = space.Wait<long>(_ => throw new TimeZoneNotFoundException());

        way.CutNext(Cut.BeforeTheAnswer);
        var leaving = space.LeaveAsync();
        await EventuallyAsync(() =>
        {
            if (way.WasCut.IsCompleted)
                _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(leaving.IsCompleted);
        });

        Assert.Equal(ErrorReason.OutcomeUnknown, (await Assert.ThrowsAsync<VibeException>(() => write)).Reason);
        Assert.Equal(ErrorReason.StorageUnavailable, (await Assert.ThrowsAsync<VibeException>(() => refused)).Reason);
        Assert.Equal(1, (await direct.StateAsync(name))!.Head);
    }

    private async Task<CommitCut> WayAsync(bool staysCut = false) =>
        new((await PlaceAsync()).Postgres!) { StaysCut = staysCut };

    private async Task<(StorageProcess Process, HeldSpace Space)> HeldAsync(CommitCut way, SpaceName? name = null)
    {
        var process = await ProcessAsync(_time, (await PlaceAsync()) with { Postgres = way.ConnectionString });
        return (process, await HeldSpace.TakeAsync(process, name));
    }
}
