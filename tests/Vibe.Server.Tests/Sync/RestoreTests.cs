using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Storage;
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
        await data.BackUpAsync(engine == Engine.Sqlite ? Backup.StoppedFolder : Backup.TemplateDatabase);
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

    [Theory]
    [InlineData(Engine.Sqlite, Backup.VacuumInto)]
    [InlineData(Engine.Sqlite, Backup.OnlineCopy)]
    [InlineData(Engine.Sqlite, Backup.LockedFiles)]
    [InlineData(Engine.Postgres, Backup.Dump)]
    public async Task A_backup_of_servers_that_run_is_sound_and_clients_of_the_lost_history_notice(
        Engine engine,
        Backup backup
    )
    {
        await using var data = await StoredData.NewAsync(engine);
        Person alice;
        var before = new Clients();
        var after = new Clients();
        await using (var servers = await Servers.StartAsync(data, engine))
        {
            alice = await servers.One.PersonAsync("alice");
            await FillAsync(alice.Own, alice, "d", 10);
            await before.VisitAsync(alice.Own, alice);
            // The backup is taken in the middle of writes, to a collection that no client here has seen.
            using var stop = new CancellationTokenSource();
            var writing = Task.Run(async () =>
            {
                for (var n = 0; !stop.IsCancellationRequested; n++)
                    await alice.Own.CreateAsync(alice.Document("noise", $"n{n}"), "{}");
            });
            await data.BackUpAsync(backup);
            await stop.CancelAsync();
            await writing;

            await FillAsync(servers.Two.Owner(alice), alice, "lost", 20);
            await alice.Own.DeleteAsync(alice.Document(Movies, "d2"));
            await alice.Own.SetAsync(alice.Document(Movies, "d3"), """{"Title":"lost"}""");
            await after.VisitAsync(servers.Two.Owner(alice), alice);
        }
        await data.PutBackAsync();
        await using (var servers = await Servers.StartAsync(data, engine))
        {
            var (one, two) = (servers.One.Owner(alice), servers.Two.Owner(alice));
            await FillAsync(one, alice, "one", 20);
            await FillAsync(two, alice, "two", 20);
            await one.SetAsync(alice.Document(Movies, "d4"), """{"Title":"kept"}""");

            foreach (var actor in new[] { one, two })
            {
                await before.AssertGoOnAsync(actor, alice, afresh: false);
                await after.AssertGoOnAsync(actor, alice, afresh: true);
            }
        }
    }

    [Theory]
    [InlineData(Engine.Sqlite, Backup.OnlineCopy)]
    [InlineData(Engine.Postgres, Backup.Dump)]
    public async Task A_backup_that_is_put_back_beneath_a_running_server_is_noticed_by_its_next_write(
        Engine engine,
        Backup backup
    )
    {
        await using var data = await StoredData.NewAsync(engine);
        await using var server = await data.StartAsync(expectsErrors: true);
        var alice = await server.PersonAsync("alice");
        var before = new Clients();
        var after = new Clients();
        await FillAsync(alice.Own, alice, "d", 10);
        await before.VisitAsync(alice.Own, alice);
        await data.BackUpAsync(backup);
        await FillAsync(alice.Own, alice, "lost", 20);
        await after.VisitAsync(alice.Own, alice);
        await BeatenAsync(server);
        await using var follower = await Follower.CaughtUpAsync(alice.Own, alice.Collection(Movies));

        await data.PutBackBeneathAsync();
        await AnsweringAsync(alice.Own, alice);
        await FillAsync(alice.Own, alice, "other", 40);

        await before.AssertGoOnAsync(alice.Own, alice, afresh: false);
        await after.AssertGoOnAsync(alice.Own, alice, afresh: true);
    }

    private static async Task FillAsync(Actor actor, Person alice, string prefix, int count)
    {
        for (var n = 0; n < count; n++)
            await actor.CreateAsync(alice.Document(Movies, $"{prefix}{n}"), $$"""{"Title":"{{prefix}} {{n}}"}""");
    }

    /// <summary>Waits until the server has renewed its beat, which it does every second.</summary>
    private static async Task BeatenAsync(VibeServer server)
    {
        var first = await BeatAsync(server);
        using var late = new CancellationTokenSource(Follower.Limit);
        while (await BeatAsync(server) == first)
            await Task.Delay(20, late.Token);
    }

    private static async Task<string> BeatAsync(VibeServer server)
    {
        await using var snapshot = await server.Services.GetRequiredService<Database>().ReadAsync(default);
        var beats = await snapshot.ListAsync("SELECT beat FROM incarnations", row => row.GetString(0), [], default);
        return string.Join(' ', beats.Order());
    }

    /// <summary>Waits until the server has found its database again.</summary>
    private static async Task AnsweringAsync(Actor actor, Person alice)
    {
        using var late = new CancellationTokenSource(Follower.Limit);
        while (true)
        {
            try
            {
                await actor.ListAsync(alice.Collection(Movies));
                return;
            }
            catch (RpcException exception) when (exception.Reason() == "STORAGE_UNAVAILABLE")
            {
                await Task.Delay(20, late.Token);
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

/// <summary>Servers on one database: two where it is PostgreSQL, else one under both names.</summary>
internal sealed record Servers(VibeServer One, VibeServer Two) : IAsyncDisposable
{
    public static async Task<Servers> StartAsync(StoredData data, Engine engine)
    {
        var one = await data.StartAsync();
        return new Servers(one, engine == Engine.Postgres ? await data.StartAsync() : one);
    }

    public async ValueTask DisposeAsync()
    {
        if (Two != One)
            await Two.DisposeAsync();
        await One.DisposeAsync();
    }
}

/// <summary>Clients of every kind, with what each of them kept at a moment.</summary>
internal sealed class Clients
{
    private const string Movies = "movies";

    private readonly List<Copy> _copies = [];
    private string _consistency = "";
    private ListDocumentsRequest _list = new();
    private string _listed = "";

    /// <summary>Lets them read, and keep what they got.</summary>
    public async Task VisitAsync(Actor actor, Person alice)
    {
        var collection = alice.Collection(Movies);
        foreach (var (pages, size) in new[] { (9, 100), (1, 3) })
        {
            var copy = new Copy();
            for (var page = 0; page < pages && !copy.IsComplete; page++)
                copy.Apply(await actor.PullAsync(collection, copy.Token, size), size);
            _copies.Add(copy);
        }
        var followed = new Copy();
        await using (var follower = await Follower.OpenAsync(actor, Scope(collection)))
            do followed.Apply(await follower.PageAsync());
            while (!followed.IsComplete);
        _copies.Add(followed);
        _consistency = (
            await actor.SetAsync(alice.Document(Movies, "d0"), $$"""{"Title":"{{Guid.NewGuid()}}"}""")
        ).ConsistencyToken;
        _list = new ListDocumentsRequest { Parent = collection, PageSize = 4 };
        var page1 = await actor.Documents.ListDocumentsAsync(_list);
        _list.PageToken = page1.NextPageToken;
        _listed = page1.Documents[^1].Name;
    }

    /// <summary>Lets them go on, each in its own way, and makes sure that they end with what there is.</summary>
    public async Task AssertGoOnAsync(Actor actor, Person alice, bool afresh)
    {
        var collection = alice.Collection(Movies);
        var there = await actor.ListAsync(collection);
        foreach (var kept in _copies)
        {
            var (puller, follower) = (kept.Clone(), kept.Clone());
            do puller.Apply(await actor.PullAsync(collection, puller.Token, 7), 7);
            while (!puller.IsComplete);
            await using (var stream = await Follower.OpenAsync(actor, Scope(collection, kept.Token)))
                do follower.Apply(await stream.PageAsync());
                while (!follower.IsComplete);
            foreach (var copy in new[] { puller, follower })
            {
                Assert.Equal(there, copy.Documents);
                Assert.Equal(afresh ? 1 : 0, copy.Resets - kept.Resets);
            }
        }
        var asked = new GetDocumentRequest
        {
            Name = alice.Document(Movies, "d1"),
            ConsistencyTokens = { _consistency },
        };
        if (afresh)
            Assert.Equal(
                "HISTORY_LOST",
                (await Refused.Async(() => actor.Documents.GetDocumentAsync(asked).ResponseAsync)).Reason()
            );
        else
            await actor.Documents.GetDocumentAsync(asked);
        // A list goes on after a name, which no history can take away.
        var rest = await actor.Documents.ListDocumentsAsync(_list);
        Assert.All(rest.Documents, document => Assert.True(string.CompareOrdinal(document.Name, _listed) > 0));
    }
}
