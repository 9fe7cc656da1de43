using Microsoft.Extensions.Time.Testing;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class QueueSuite(Engine engine) : StorageSuite(engine)
{
    private const int Room = 1024;
    private const int AppRoom = Room / 4;
    private const int AccessRoom = 64;

    // Time that stands still ends no group.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task More_writes_than_a_space_queues_are_refused_with_a_time_to_try_again_and_the_others_are_not()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        for (var n = 0; n < Room; n++)
            _ = space.WaitToEnter($"{n}");

        var refused = await BusyAsync(space.WaitToEnter("too many"));

        Assert.Equal(space.Name.ToString(), refused.Metadata["space"]);
        Assert.True(refused.RetryDelay > TimeSpan.Zero);
        if (Engine == Engine.Postgres)
            Assert.Equal(1, await process.WriteAsync(await process.SpaceAsync()).WaitAsync(Patience));
        await space.LeaveAsync();
        Assert.Equal(Enumerable.Range(0, Room).Select(n => $"{n}"), await space.EntriesAsync());
        Assert.Equal(Room + 1, await process.WriteAsync(space.Name));
    }

    [Fact]
    public async Task A_work_that_is_given_up_leaves_its_room_to_another()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        var app = App("hostile");
        using var impatient = new CancellationTokenSource();
        var given = space.WaitToEnter("given up", caller: app, cancellation: impatient.Token);
        for (var n = 1; n < AppRoom; n++)
            _ = space.WaitToEnter($"{n}", caller: app);
        await BusyAsync(space.WaitToEnter("too many", caller: app));

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        var later = space.WaitToEnter("in its place", caller: app);
        await space.LeaveAsync();
        Assert.Equal(AppRoom, (await later).Result);
    }

    [Fact]
    public async Task An_app_holds_a_quarter_of_the_queue_whoever_it_acts_for_and_all_apps_leave_one_to_the_owner()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        for (var n = 0; n < AppRoom; n++)
            _ = space.WaitToEnter("hostile", caller: App("hostile", person: $"p{n % 2}"));
        await BusyAsync(space.WaitToEnter("too many", caller: App("hostile", person: "p3")));
        foreach (var visitor in new[] { App("other"), Visitor("mallory") })
        {
            for (var n = 0; n < AppRoom; n++)
                _ = space.WaitToEnter("guest", caller: visitor);
            await BusyAsync(space.WaitToEnter("too many", caller: visitor));
        }
        await BusyAsync(space.WaitToEnter("too many", caller: App("third")));
        var owner = new Caller(space.Name.Owner, Caller.FirstPartyClient, null, DateTimeOffset.MaxValue);
        for (var n = 0; n < AppRoom; n++)
            _ = space.WaitToEnter("owner", caller: owner);
        await BusyAsync(space.WaitToEnter("too many", caller: owner));

        await space.LeaveAsync();

        var entries = (await space.EntriesAsync()).CountBy(by => by).ToDictionary();
        Assert.Equal(AppRoom, entries["hostile"]);
        Assert.Equal(2 * AppRoom, entries["guest"]);
        Assert.Equal(AppRoom, entries["owner"]);
        Assert.Equal(3, entries.Count);
    }

    [Fact]
    public async Task What_takes_back_comes_before_all_content_and_finds_room_when_the_queue_is_full()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        for (var n = 0; n < Room; n++)
            _ = space.WaitToEnter("content");
        _ = space.WaitToEnter("access 1", Lane.Access);
        _ = space.WaitToEnter("access 2", Lane.Access, App("notes"));

        await space.LeaveAsync();

        var entries = await space.EntriesAsync();
        Assert.Equal(["access 1", "access 2", "content"], entries.Take(3));
        Assert.Equal(Room + 2, entries.Count);
    }

    [Fact]
    public async Task What_takes_back_comes_next_also_in_a_group_that_is_on_its_way()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        _ = space.Wait(async turn =>
        {
            _ = space.WaitToEnter("access", Lane.Access);
            return await StorageProcess.EnterAsync(turn, "content 1");
        });
        _ = space.WaitToEnter("content 2");

        await space.LeaveAsync();

        Assert.Equal(["content 1", "access", "content 2"], await space.EntriesAsync());
    }

    [Fact]
    public async Task Apps_that_change_lists_fill_neither_the_owners_place_nor_stop_all_content()
    {
        var process = await ProcessAsync(_time);
        var space = await HeldSpace.TakeAsync(process);
        _ = space.WaitToEnter("content");
        foreach (var app in new[] { "a", "b", "c", "d" })
            for (var n = 0; n < AppRoom / 2; n++)
                _ = space.WaitToEnter(app, Lane.Access, App(app));
        for (var n = 0; n < AccessRoom / 4; n++)
            _ = space.WaitToEnter("revoke", Lane.Access);

        await space.LeaveAsync();

        var entries = await space.EntriesAsync();
        Assert.Equal(AccessRoom, entries.IndexOf("content"));
        var first = entries.Take(AccessRoom).CountBy(by => by).ToDictionary();
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["a"] = 16,
                ["b"] = 16,
                ["c"] = 16,
                ["revoke"] = 16,
            },
            first
        );
        Assert.Equal(1 + 4 * AppRoom / 2 + AccessRoom / 4, entries.Count);
    }

    [Fact]
    public async Task A_space_does_not_wait_until_another_has_written_everything()
    {
        var process = await ProcessAsync(_time);
        var quiet = await process.SpaceAsync();
        var busy = await HeldSpace.TakeAsync(process);
        for (var n = 0; n < Room; n++)
            _ = busy.WaitToEnter($"{n}");
        var ahead = process.TurnAsync(
            quiet,
            async turn =>
            {
                turn.NextRevision();
                return (await StorageProcess.EntriesAsync(turn.Write, busy.Name, 0)).Count;
            }
        );

        await busy.LeaveAsync();

        // The group that was on its way when it came, and one more where it came late in it.
        Assert.InRange(await ahead, 0, 2 * Group.Most);
    }

    private static Caller App(string app, string person = "alice") =>
        new(Caller.DidPrefix + person, app, "g1", DateTimeOffset.MaxValue);

    private static Caller Visitor(string person) =>
        new(Caller.DidPrefix + person, Caller.FirstPartyClient, null, DateTimeOffset.MaxValue);

    private static async Task<VibeException> BusyAsync(Task waiting)
    {
        var refused = await Assert.ThrowsAsync<VibeException>(() => waiting.WaitAsync(Patience));
        Assert.Equal(ErrorReason.SpaceBusy, refused.Reason);
        return refused;
    }
}

public sealed class SqliteQueueTests() : QueueSuite(Engine.Sqlite);

public sealed class PostgresQueueTests() : QueueSuite(Engine.Postgres);
