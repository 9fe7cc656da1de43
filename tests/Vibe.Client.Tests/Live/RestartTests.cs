using System.Text.Json.Nodes;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;

namespace Vibe.Client.Tests.Live;

public sealed class RestartTests
{
    [Theory, EachEngine]
    public async Task Both_loops_and_calls_go_on_after_the_server_started_again(Engine engine)
    {
        await using var house = await RestartedServer.StartAsync(engine);
        var alice = await house.Server.PersonAsync("alice");
        await using var vibe = house.Server.Client(alice.Own, LiveClients.Eager);
        var notes = vibe.Me.Collection("notes");
        await notes.Document("a").CreateAsync(new JsonObject { ["n"] = 0 });
        await using var views = notes.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var pages = notes.SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        var first = await views.NextAsync();
        var mirror = new Mirror();
        mirror.Apply(await pages.NextAsync());

        for (var round = 1; round <= 2; round++)
        {
            await house.StopAsync();
            var away = await views.NextAsync();
            await house.StartAsync();
            var back = await views.NextAsync();

            Assert.False(away.IsLive);
            Assert.NotNull(away.Error);
            Assert.Empty(away.Changes);
            Assert.True(back.IsLive);
            Assert.Empty(back.Changes);
            Assert.Same(first.Documents["a"], back.Documents["a"]);

            await notes.Document($"n{round}").CreateAsync([]);
            var view = await views.NextAsync();
            var page = await pages.UntilAsync(page =>
            {
                Assert.False(page.IsReset);
                mirror.Apply(page);
                return page.Changes.Count > 0;
            });

            Assert.Equal($"n{round}", view.Changes.Single().Id);
            Assert.Equal($"n{round}", page.Changes.Single().Id);
        }

        Assert.Equal(await notes.ListAsync().ToListAsync(), mirror.Documents);
    }

    [Theory, EachEngine]
    public async Task A_stored_token_goes_on_with_another_client_and_another_server(Engine engine)
    {
        await using var house = await RestartedServer.StartAsync(engine);
        var alice = await house.Server.PersonAsync("alice");
        string token;
        await using (var vibe = house.Server.Client(alice.Own))
        {
            await vibe.Me.Collection("notes").Document("a").CreateAsync([]);
            token = (await vibe.Me.Collection("notes").SubscribeAsync(null, Patience.Stop).FirstAsync()).ResumeToken;
            await vibe.Me.Collection("notes").Document("b").CreateAsync([]);
        }

        await house.StopAsync();
        await house.StartAsync();

        await using var later = house.Server.Client(alice.Own);
        await later.Me.Collection("notes").Document("c").CreateAsync([]);
        var page = await later
            .Me.Collection("notes")
            .SubscribeAsync(new SubscribeOptions { ResumeToken = token }, Patience.Stop)
            .FirstAsync();
        Assert.False(page.IsReset);
        Assert.True(page.IsLive);
        Assert.Equal(["b", "c"], page.Changes.Select(change => change.Id));
    }

    [Theory, EachEngine]
    public async Task A_write_that_meets_a_stopped_server_arrives_once_it_is_back(Engine engine)
    {
        await using var house = await RestartedServer.StartAsync(engine);
        var alice = await house.Server.PersonAsync("alice");
        await using var vibe = new VibeClient(
            house.Server.GrpcAddress,
            alice.Own.Token!,
            new VibeClientOptions
            {
                Retry = new RetryPolicy { MaxAttempts = 1000, MaxDelay = TimeSpan.FromMilliseconds(50) },
            }
        );
        var notes = vibe.Me.Collection("notes");
        await notes.Document("a").CreateAsync([]);
        await house.StopAsync();

        var write = notes.Document("b").CreateAsync([]);
        var read = notes.Document("a").GetAsync();
        await house.StartAsync();

        await write;
        Assert.NotNull(await read);
        Assert.Equal(["a", "b"], await notes.ListAsync().Select(note => note.Id).ToListAsync());
    }

    [Fact]
    public async Task A_server_that_was_put_back_resets_followers_and_drops_the_clients_own_tokens()
    {
        await using var house = await RestartedServer.StartAsync(Engine.Sqlite);
        var alice = await house.Server.PersonAsync("alice");
        await using var vibe = house.Server.Client(alice.Own, LiveClients.Eager);
        var notes = vibe.Me.Collection("notes");
        await notes.Document("a").CreateAsync([]);
        await house.StopAsync();
        house.Keep();
        await house.StartAsync();
        await notes.Document("b").CreateAsync([]);
        await using var views = notes.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var pages = notes.SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        var mirror = new Mirror();
        Assert.Equal(["a", "b"], (await views.NextAsync()).Documents.Keys);
        mirror.Apply(await pages.NextAsync());

        await house.StopAsync();
        house.PutBack();
        await house.StartAsync();
        var page = await pages.NextAsync();
        mirror.Apply(page);
        var view = await views.UntilAsync(view => view.IsLive);

        Assert.True(page.IsReset);
        Assert.Equal(["a"], mirror.Documents.Select(note => note.Id));
        Assert.Equal(["a"], view.Documents.Keys);
        Assert.Equal("b", view.Changes.Single().Id);
        Assert.Null(await notes.Document("b").GetAsync());
        await notes.Document("c").CreateAsync([]);
        Assert.Equal(["a", "c"], (await views.NextAsync()).Documents.Keys);
        Assert.Equal(["a", "c"], await notes.ListAsync().Select(note => note.Id).ToListAsync());
    }
}
