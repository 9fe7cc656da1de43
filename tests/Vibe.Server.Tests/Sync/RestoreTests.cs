using Vibe.Access.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>Databases that are put back to an earlier state, and went on differently (R23).</summary>
public sealed class RestoreTests
{
    private const string Movies = "movies";

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task After_a_restore_tokens_of_the_lost_history_begin_a_snapshot_and_copies_are_right(Engine engine)
    {
        await using var data = await StoredData.NewAsync(engine);
        Person alice;
        AllowedApp app;
        var copies = new Dictionary<string, Copy>();
        await using (var server = await data.StartAsync())
        {
            alice = await server.PersonAsync("alice");
            app = await alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
            for (var i = 0; i < 10; i++)
                await alice.Own.CreateAsync(alice.Document(Movies, $"d{i}"), $$"""{"Title":"{{i}}"}""");
            copies["complete before"] = await PulledAsync(alice.Own, alice, pages: 9, size: 100);
            copies["midway before"] = await PulledAsync(alice.Own, alice, pages: 1, size: 3);
        }
        await data.BackUpAsync();
        await using (var server = await data.StartAsync())
        {
            var owner = server.Owner(alice);
            // A restart is no restore.
            Assert.False((await owner.PullAsync(alice.Collection(Movies), copies["complete before"].Token)).Reset);
            for (var i = 10; i < 20; i++)
                await owner.CreateAsync(alice.Document(Movies, $"d{i}"), "{}");
            await owner.DeleteAsync(alice.Document(Movies, "d2"));
            copies["complete after"] = await PulledAsync(owner, alice, pages: 9, size: 100);
            copies["midway after"] = await PulledAsync(owner, alice, pages: 1, size: 3);
            copies["app after"] = await PulledAsync(server.App(app), alice, pages: 9, size: 100);
            copies["app midway after"] = await PulledAsync(server.App(app), alice, pages: 1, size: 3);
            Assert.False((await owner.PullAsync(alice.Collection(Movies), copies["complete before"].Token)).Reset);
        }
        await data.PutBackAsync();
        await using (var server = await data.StartAsync())
        {
            var owner = server.Owner(alice);
            Assert.True((await owner.PullAsync(alice.Collection(Movies), copies["complete after"].Token)).Reset);
            await owner.DeleteAsync(alice.Document(Movies, "d1"));
            await owner.DeleteAsync(alice.Document(Movies, "d5"));
            for (var i = 0; i < 30; i++)
                await owner.CreateAsync(alice.Document(Movies, $"e{i}"), $$"""{"Title":"{{i}}"}""");

            foreach (var (name, copy) in copies)
            {
                var actor = name.StartsWith("app", StringComparison.Ordinal) ? server.App(app) : owner;
                await using (
                    var follower = await Follower.OpenAsync(actor, Scope(alice.Collection(Movies), copy.Token))
                )
                    Assert.Equal(name.EndsWith("after", StringComparison.Ordinal), (await follower.PageAsync()).Reset);
                var resets = copy.Resets;
                do copy.Apply(await actor.PullAsync(alice.Collection(Movies), copy.Token, 7), 7);
                while (!copy.IsComplete);
                Assert.Equal(name.EndsWith("after", StringComparison.Ordinal) ? 1 : 0, copy.Resets - resets);
                Assert.Equal(await actor.ListAsync(alice.Collection(Movies)), copy.Documents);
            }
        }
    }

    private static async Task<Copy> PulledAsync(Actor actor, Person alice, int pages, int size)
    {
        var copy = new Copy();
        for (var page = 0; page < pages && !copy.IsComplete; page++)
            copy.Apply(await actor.PullAsync(alice.Collection(Movies), copy.Token, size), size);
        return copy;
    }
}
