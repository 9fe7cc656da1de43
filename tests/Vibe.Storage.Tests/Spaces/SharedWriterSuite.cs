using Microsoft.Extensions.Time.Testing;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class SharedWriterSuite(Engine engine) : StorageSuite(engine)
{
    private readonly Engine _engine = engine;

    // Time that stands still ends no group.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Works_that_wait_in_several_spaces_share_a_commit_and_each_space_keeps_its_own_order()
    {
        var process = await ProcessAsync(_time);
        var spaces = await SpacesAsync(process, 10);
        var held = await HoldAsync(process);
        using var sizes = new GroupSizes(process);
        var works = spaces.Select(space => Wait(process, space, 3)).ToList();

        await LeaveAsync(held);
        await Task.WhenAll(works.SelectMany(each => each));

        Assert.Equal([.. held.Select(_ => 1), 30], sizes.All.Order());
        var incarnation = (await process.ListAsync<string>("SELECT id FROM incarnations")).Single();
        foreach (var (space, waited) in spaces.Zip(works))
        {
            Assert.Equal(new SpaceState(3, 0), await process.StateAsync(space));
            Assert.Equal(["0", "1", "2"], await EntriesAsync(process, space));
            foreach (var (work, n) in waited.Select((work, n) => (work, n)))
                Assert.Equal(new Moment(space, incarnation, n + 1), (await work).Moment);
        }
    }

    [Fact]
    public async Task Each_space_that_moved_wakes_once_and_no_other()
    {
        var process = await ProcessAsync(_time);
        var spaces = await SpacesAsync(process, 4);
        var held = await HoldAsync(process);
        var woken = new List<string>();
        var listening = spaces.Select(space => process.Signal.Listen(space.Id, () => woken.Add(space.Id))).ToList();
        var works = spaces[1..].Select(space => Wait(process, space, 2)).ToList();
        var still = process.MomentAsync(spaces[0], turn => Task.FromResult(turn.Head));

        await LeaveAsync(held);
        await Task.WhenAll(works.SelectMany(each => each).Append(still));

        Assert.Equal(spaces[1..].Select(space => space.Id).Order(), woken.Order());
        listening.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task A_work_that_fails_in_one_space_does_no_harm_in_another()
    {
        var process = await ProcessAsync(_time);
        var spaces = await SpacesAsync(process, 2);
        var held = await HoldAsync(process);
        var works = spaces.Select(space => Wait(process, space, 2)).ToList();
        var bad = process.MomentAsync<long>(
            spaces[0],
            async turn =>
            {
                await StorageProcess.EnterAsync(turn, "bad");
                throw new TimeZoneNotFoundException();
            }
        );
        var late = Wait(process, spaces[0], 1);

        await LeaveAsync(held);

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => bad);
        Assert.Equal(3, (await late[0]).Result);
        await Task.WhenAll(works.SelectMany(each => each));
        Assert.Equal(["0", "1", "0"], await EntriesAsync(process, spaces[0]));
        Assert.Equal(["0", "1"], await EntriesAsync(process, spaces[1]));
    }

    [Fact]
    public async Task A_space_in_which_much_waits_keeps_no_other_waiting()
    {
        var process = await ProcessAsync(_time);
        var spaces = await SpacesAsync(process, 4);
        var held = await HoldAsync(process);
        var before = 0;
        var much = Enumerable
            .Range(0, 2 * Group.Most)
            .Select(_ => process.MomentAsync(spaces[0], turn => Task.FromResult(before++)))
            .ToList();
        var little = spaces[1..].Select(space => process.MomentAsync(space, turn => Task.FromResult(before))).ToList();

        await LeaveAsync(held);

        foreach (var work in little)
            Assert.InRange((await work).Result, 0, little.Count);
        await Task.WhenAll(much);
    }

    // So many that nobody is left to write.
    private async Task<List<HeldSpace>> HoldAsync(StorageProcess process)
    {
        var held = new List<HeldSpace>();
        while (held.Count < (_engine == Engine.Sqlite ? 1 : SpaceLog.SharedAtOnce))
            held.Add(await HeldSpace.TakeAsync(process));
        return held;
    }

    private static async Task LeaveAsync(List<HeldSpace> held)
    {
        foreach (var space in held)
            await space.LeaveAsync();
    }

    protected static async Task<List<SpaceName>> SpacesAsync(StorageProcess process, int count)
    {
        var spaces = new List<SpaceName>();
        for (var n = 0; n < count; n++)
            spaces.Add(await process.SpaceAsync());
        return spaces;
    }

    protected static Task<(long Result, Moment Moment)>[] Wait(StorageProcess process, SpaceName space, int works) =>
        [
            .. Enumerable
                .Range(0, works)
                .Select(n => process.MomentAsync(space, turn => StorageProcess.EnterAsync(turn, $"{n}"))),
        ];

    protected static async Task<List<string>> EntriesAsync(StorageProcess process, SpaceName space)
    {
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
        return [.. (await StorageProcess.EntriesAsync(snapshot, space, 0)).Select(entry => entry.By)];
    }
}

public sealed class SqliteSharedWriterTests() : SharedWriterSuite(Engine.Sqlite);

public sealed class PostgresSharedWriterTests() : SharedWriterSuite(Engine.Postgres)
{
    [Fact]
    public async Task A_space_that_another_process_has_locked_is_waited_for_by_nobody_else()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());
        var spaces = await SpacesAsync(here, 4);
        var held = await HeldSpace.TakeAsync(there, spaces[0]);
        var waiting = Wait(here, spaces[0], 3);

        for (var round = 0; round < 5; round++)
            await Task.WhenAll(spaces[1..].SelectMany(space => Wait(here, space, 4))).WaitAsync(Patience);

        Assert.DoesNotContain(waiting, work => work.IsCompleted);
        await held.LeaveAsync();
        Assert.Equal([1, 2, 3], (await Task.WhenAll(waiting).WaitAsync(Patience)).Select(work => work.Result));
    }

    [Fact]
    public async Task Two_processes_that_write_in_the_same_spaces_lose_nothing_and_wait_for_each_other_alone()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());
        var spaces = await SpacesAsync(here, 8);

        var works = Enumerable
            .Range(0, 20)
            .SelectMany(_ => spaces.SelectMany(space => Wait(here, space, 2).Concat(Wait(there, space, 2))))
            .ToList();
        await Task.WhenAll(works).WaitAsync(Patience);

        foreach (var space in spaces)
        {
            Assert.Equal(new SpaceState(80, 0), await here.StateAsync(space));
            Assert.Equal(80, (await EntriesAsync(here, space)).Count);
        }
    }

    [Fact]
    public async Task A_space_that_is_not_there_takes_nothing_and_keeps_nobody_waiting()
    {
        var process = await ProcessAsync();
        var space = (await SpacesAsync(process, 1))[0];
        var nowhere = new SpaceName("nowhere");

        var missing = process.MomentAsync(nowhere, turn => Task.FromResult(turn.Exists));
        var there = Wait(process, space, 1);

        Assert.False((await missing.WaitAsync(Patience)).Result);
        Assert.Equal(1, (await there[0].WaitAsync(Patience)).Result);
    }
}
