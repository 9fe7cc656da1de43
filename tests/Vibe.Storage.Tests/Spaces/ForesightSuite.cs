using Microsoft.Extensions.Time.Testing;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class ForesightSuite(Engine engine) : StorageSuite(engine)
{
    // Time that stands still ends no group.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task What_works_that_wait_together_will_want_to_know_is_asked_for_at_once()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var lines = new LineLookup(space.Name);
        _ = space.Wait(turn => Task.FromResult(Enter(turn, lines, "there")));
        var works = Enumerable.Range(1, 20).Select(n => Wait(space, lines, n)).ToArray();

        await space.LeaveAsync();

        Assert.Equal("there", (await works[0]).Result);
        foreach (var work in works[1..])
            Assert.Null((await work).Result);
        // Once for all, and once more for the line that was written meanwhile.
        Assert.Equal(2, lines.Times);
    }

    [Fact]
    public async Task A_work_finds_what_one_before_it_wrote_though_it_was_asked_for_before()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var lines = new LineLookup(space.Name);
        var before = Wait(space, lines, 1);
        var write = space.Wait(turn => Task.FromResult(Enter(turn, lines, "written")), questions: lines.For(1));
        var after = Wait(space, lines, 1);

        await space.LeaveAsync();

        Assert.Null((await before).Result);
        Assert.Equal(1, (await write).Result);
        Assert.Equal("written", (await after).Result);
    }

    [Fact]
    public async Task A_work_finds_nothing_of_what_one_that_failed_before_it_wrote()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var lines = new LineLookup(space.Name);
        var bad = space.Wait<long>(turn =>
        {
            Enter(turn, lines, "taken back");
            throw new TimeZoneNotFoundException();
        });
        var after = Wait(space, lines, 1);

        await space.LeaveAsync();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => bad);
        Assert.Null((await after).Result);
    }

    [Fact]
    public async Task Nothing_that_was_asked_for_is_known_any_more_once_a_work_changed_what_is_allowed()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var lines = new LineLookup(space.Name);
        var before = Wait(space, lines, 1);
        _ = space.Wait(turn => Task.FromResult(turn.NextPolicyRevision()));
        _ = space.Wait(async turn =>
        {
            // Tells nobody.
            await StorageProcess.EnterAsync(turn, "untold");
            return true;
        });
        var after = Wait(space, lines, 2);

        await space.LeaveAsync();

        Assert.Null((await before).Result);
        Assert.Equal("untold", (await after).Result);
    }

    [Fact]
    public async Task A_work_may_ask_for_what_it_did_not_foresee()
    {
        var process = await ProcessAsync(_time);
        var name = await process.SpaceAsync();
        for (var n = 1; n < 5; n++)
            await process.WriteAsync(name, $"{n}");
        var space = await HeldSpace.TakeAsync(process, name);
        var lines = new LineLookup(name);
        var found = space.Wait(turn => turn.FindAsync(lines, [1, 3, 9]).AsTask(), questions: lines.For(3));

        await space.LeaveAsync();

        Assert.Equal(new Dictionary<long, string> { [1] = "1", [3] = "3" }, (await found).Result);
        Assert.Equal(2, lines.Times);
    }

    [Fact]
    public async Task What_works_that_come_later_will_want_to_know_is_asked_for_later()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var lines = new LineLookup(space.Name);
        var works = Enumerable.Range(1, 200).Select(n => Wait(space, lines, n)).ToArray();

        await space.LeaveAsync();

        foreach (var work in works)
            Assert.Null((await work).Result);
        Assert.InRange(lines.Times, 2, 4);
    }

    private static Task<(string? Result, Moment Moment)> Wait(HeldSpace space, LineLookup lines, long line) =>
        space.Wait(turn => turn.FindAsync(lines, line).AsTask(), questions: lines.For(line));

    private static long Enter(Turn turn, LineLookup lines, string by)
    {
        var line = StorageProcess.EnterLater(turn, by);
        turn.Foresight.Forget(lines.For(line));
        return line;
    }

    /// <summary>Finds lines of a space's log, and counts how often it is asked to.</summary>
    private sealed class LineLookup(SpaceName space) : BatchLookup<long, string>
    {
        public int Times { get; private set; }

        protected override IEnumerable<Ask> AsksFor(IReadOnlyList<long> keys, Action<long, string> found)
        {
            Times++;
            return
            [
                new Ask(
                    Sql.ForEach(
                        "log.at, log.ids",
                        ("idempotency_keys", "log"),
                        "log.space = @space",
                        "log.key",
                        "@lines"
                    ),
                    [("@space", space.Id), ("@lines", keys.Select(key => $"{key}").ToArray())],
                    row => found(row.GetInt64(0), row.GetString(1))
                ),
            ];
        }
    }
}

public sealed class SqliteForesightTests() : ForesightSuite(Engine.Sqlite);

public sealed class PostgresForesightTests() : ForesightSuite(Engine.Postgres);
