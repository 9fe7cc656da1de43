using Microsoft.Extensions.Time.Testing;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public sealed class SharedWriterTests() : StorageSuite(Engine.Sqlite)
{
    // Time that stands still ends no group.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Works_that_wait_in_several_spaces_share_a_commit_and_each_space_keeps_its_own_order()
    {
        var process = await ProcessAsync(_time);
        var spaces = await SpacesAsync(process, 10);
        var held = await HeldSpace.TakeAsync(process);
        using var sizes = new GroupSizes(process);
        var works = spaces.Select(space => Wait(process, space, 3)).ToList();

        await held.LeaveAsync();
        await Task.WhenAll(works.SelectMany(each => each));

        Assert.Equal([1, 30], sizes.All);
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
        var held = await HeldSpace.TakeAsync(process);
        var woken = new List<string>();
        var listening = spaces.Select(space => process.Signal.Listen(space.Id, () => woken.Add(space.Id))).ToList();
        var works = spaces[1..].Select(space => Wait(process, space, 2)).ToList();
        var still = process.MomentAsync(spaces[0], turn => Task.FromResult(turn.Head));

        await held.LeaveAsync();
        await Task.WhenAll(works.SelectMany(each => each).Append(still));

        Assert.Equal(spaces[1..].Select(space => space.Id).Order(), woken.Order());
        listening.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task A_work_that_fails_in_one_space_does_no_harm_in_another()
    {
        var process = await ProcessAsync(_time);
        var spaces = await SpacesAsync(process, 2);
        var held = await HeldSpace.TakeAsync(process);
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

        await held.LeaveAsync();

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
        var held = await HeldSpace.TakeAsync(process);
        var before = 0;
        var much = Enumerable
            .Range(0, 2 * Group.Most)
            .Select(_ => process.MomentAsync(spaces[0], turn => Task.FromResult(before++)))
            .ToList();
        var little = spaces[1..].Select(space => process.MomentAsync(space, turn => Task.FromResult(before))).ToList();

        await held.LeaveAsync();

        foreach (var work in little)
            Assert.InRange((await work).Result, 0, little.Count);
        await Task.WhenAll(much);
    }

    private static async Task<List<SpaceName>> SpacesAsync(StorageProcess process, int count)
    {
        var spaces = new List<SpaceName>();
        for (var n = 0; n < count; n++)
            spaces.Add(await process.SpaceAsync());
        return spaces;
    }

    private static Task<(long Result, Moment Moment)>[] Wait(StorageProcess process, SpaceName space, int works) =>
        [
            .. Enumerable
                .Range(0, works)
                .Select(n => process.MomentAsync(space, turn => StorageProcess.EnterAsync(turn, $"{n}"))),
        ];

    private static async Task<List<string>> EntriesAsync(StorageProcess process, SpaceName space)
    {
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
        return [.. (await StorageProcess.EntriesAsync(snapshot, space, 0)).Select(entry => entry.By)];
    }
}
