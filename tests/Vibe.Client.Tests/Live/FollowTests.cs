using System.Text.Json.Nodes;
using Vibe.Client.Tests.Scripted;
using Vibe.Consent.V1;
using Vibe.Testing;
using Xunit;
using Rights = Vibe.Access.V1.Operation;

namespace Vibe.Client.Tests.Live;

public sealed class FollowTests(LiveServers servers) : IClassFixture<LiveServers>
{
    [Theory, EachEngine]
    public async Task Views_begin_with_everything_and_go_on_with_differences(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");
        await movies.Document("a").CreateAsync(new Movie("A"));
        await movies.Document("b").CreateAsync(new Movie("B"));
        await using var views = movies.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();

        var first = await views.NextAsync();
        await movies.Document("b").UpdateAsync(new { Year = 1 });
        var updated = await views.NextAsync();
        await vibe.Me.Batch().Delete(movies.Document("a")).Create(movies.Document("c"), new Movie("C")).CommitAsync();
        var batched = await views.NextAsync();

        Assert.True(first.IsLive);
        Assert.Equal(["a", "b"], first.Documents.Keys);
        Assert.Equal(["a", "b"], first.Changes.Select(change => change.Id));
        Assert.Equal(new Movie("B", 1), updated.Changes.Single().Document!.Value);
        Assert.Same(first.Documents["a"], updated.Documents["a"]);
        Assert.Equal(["b", "c"], batched.Documents.Keys);
        Assert.Equal(["a", "c"], batched.Changes.Select(change => change.Id));
        Assert.Equal(RemovalCause.Deleted, batched.Changes[0].Cause);
        Assert.Equal(["a", "b"], first.Documents.Keys);
        Assert.Equal(await movies.Document("c").GetAsync(), batched.Documents["c"]);
    }

    [Theory, EachEngine]
    public async Task An_empty_collection_gives_an_empty_view_and_then_its_first_document(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");
        await using var views = movies.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();

        var empty = await views.NextAsync();
        await movies.CreateAsync(new Movie("A"));
        var next = await views.NextAsync();

        Assert.True(empty.IsLive);
        Assert.Empty(empty.Documents);
        Assert.Single(next.Documents);
    }

    [Theory, EachEngine]
    public async Task Views_hold_the_clients_own_writes_from_the_first_on(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var notes = vibe.Me.Collection("notes");

        for (var count = 1; count <= 10; count++)
        {
            await notes.CreateAsync([]);
            var view = await notes.SnapshotsAsync(Patience.Stop).FirstAsync();
            Assert.Equal(count, view.Documents.Count);
        }
    }

    [Theory, EachEngine]
    public async Task Narrowing_a_grant_takes_members_out_of_the_view_and_widening_brings_them_back(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("movies", [Rights.Read], "/Title", "/Year"));
        await using var own = server.Client(alice.Own);
        await using var vibe = server.Client(app.Actor);
        await own.Me.Collection<Movie>("movies").Document("a").CreateAsync(new Movie("A", 1));
        await own.Me.Collection<Movie>("movies").Document("b").CreateAsync(new Movie("B"));
        await using var views = vibe.Me.Collection("movies").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        var first = await views.NextAsync();

        await LimitAsync(alice, app, new Allow("movies", [Rights.Read], "/Title"));
        var narrowed = await views.UntilAsync(view => view.IsLive && view.Changes.Count > 0);
        await LimitAsync(alice, app, new Allow("movies", [Rights.Read], "/Title", "/Year"));
        var widened = await views.UntilAsync(view => view.IsLive && view.Changes.Count > 0);

        Assert.Equal("""{"Title":"A","Year":1}""", first.Documents["a"].Json);
        Assert.Equal("""{"Title":"A"}""", narrowed.Documents["a"].Json);
        Assert.Equal(["a", "b"], narrowed.Documents.Keys);
        Assert.Equal("""{"Title":"A","Year":1}""", widened.Documents["a"].Json);
    }

    [Theory, EachEngine]
    public async Task A_grant_that_loses_the_collection_ends_the_views(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        Allow[] all = [new Allow("movies", [Rights.Read], "*"), new Allow("notes", [Rights.Read], "*")];
        var app = await alice.AppAsync(all);
        await using var vibe = server.Client(app.Actor);
        await using var movies = vibe.Me.Collection("movies").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var notes = vibe.Me.Collection("notes").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await movies.NextAsync();
        await notes.NextAsync();

        await LimitAsync(alice, app, all[1]);

        Assert.Equal(Reason.NotGranted, (await movies.EndAsync()).Reason);
        await using var own = server.Client(alice.Own);
        await own.Me.Collection("notes").CreateAsync([]);
        Assert.Single((await notes.UntilAsync(view => view.Documents.Count > 0)).Documents);
    }

    [Theory, EachEngine]
    public async Task A_masked_reader_hears_nothing_of_hidden_edits(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("movies", [Rights.Read], "/Title"));
        await using var own = server.Client(alice.Own);
        await using var vibe = server.Client(app.Actor);
        var movies = own.Me.Collection<Movie>("movies");
        await movies.Document("a").CreateAsync(new Movie("A"));
        await using var pages = vibe.Me.Collection("movies").SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        await using var views = vibe.Me.Collection("movies").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await pages.NextAsync();
        var before = await views.NextAsync();

        await movies.Document("a").UpdateAsync(new { Year = 1 });
        await movies.Document("a").UpdateAsync(new { Rating = 2 });
        await movies.Document("b").CreateAsync(new Movie("B"));
        var page = await pages.NextAsync();
        var after = await views.NextAsync();

        Assert.Equal(["b"], page.Changes.Select(change => change.Id));
        Assert.Equal(["b"], after.Changes.Select(change => change.Id));
        Assert.Same(before.Documents["a"], after.Documents["a"]);
        Assert.Equal(before.Documents["a"].Etag, (await vibe.Me.Collection("movies").Document("a").GetAsync())!.Etag);
    }

    [Theory, EachEngine]
    public async Task A_slow_reader_of_views_skips_moments_and_ends_with_the_last(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var notes = vibe.Me.Collection("notes");
        await using var views = notes.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var witness = notes.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        var held = new Dictionary<string, DocumentSnapshot<JsonObject>>();
        await views.NextAsync();

        for (var i = 0; i < 60; i++)
        {
            await notes
                .Document($"n{i % 20:00}")
                .ReplaceAsync(new JsonObject { ["n"] = i }, new() { AllowMissing = true });
        }

        await witness.UntilAsync(view =>
            view.Documents.TryGetValue("n19", out var last) && (int)last.Value["n"]! == 59
        );
        var taken = 0;
        await views.UntilAsync(view =>
        {
            taken++;
            foreach (var change in view.Changes)
            {
                if (change.Document is { } document)
                {
                    held[change.Id] = document;
                }
                else
                {
                    held.Remove(change.Id);
                }
            }

            Assert.Equal(view.Documents.Values.ToHashSet(), [.. held.Values]);
            return view.Documents.TryGetValue("n19", out var last) && (int)last.Value["n"]! == 59;
        });

        Assert.InRange(taken, 1, 10);
        Assert.Equal(
            await notes.ListAsync().ToListAsync(),
            held.Values.OrderBy(note => note.Id, StringComparer.Ordinal)
        );
    }

    [Theory, EachEngine]
    public async Task A_slow_reader_of_pages_misses_nothing(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var notes = vibe.Me.Collection("notes");
        var mirror = new Mirror();
        await using var pages = notes.SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        mirror.Apply(await pages.NextAsync());

        for (var i = 0; i < 60; i++)
        {
            await notes
                .Document($"n{i % 20:00}")
                .ReplaceAsync(new JsonObject { ["n"] = i }, new() { AllowMissing = true });
        }

        await notes.Document("n00").DeleteAsync();
        var now = await notes.ListAsync().ToListAsync();
        await pages.UntilAsync(page =>
        {
            mirror.Apply(page);
            return mirror.Documents.SequenceEqual(now);
        });
    }

    [Theory, EachEngine]
    public async Task A_reader_far_behind_catches_up_in_pages_and_then_is_live(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var notes = vibe.Me.Collection("notes");
        var mirror = new Mirror();
        await using (var before = notes.SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator())
        {
            mirror.Apply(await before.NextAsync());
        }

        for (var i = 0; i < 4; i++)
        {
            var batch = vibe.Me.Batch();
            for (var j = 0; j < 500; j++)
            {
                batch.Create(
                    notes.NewDocument(),
                    new JsonObject { ["n"] = (i * 500) + j, ["text"] = new string('x', 200) }
                );
            }

            await batch.CommitAsync();
        }

        var view = await notes.SnapshotsAsync(Patience.Stop).FirstAsync();
        await using var pages = notes
            .SubscribeAsync(new SubscribeOptions { ResumeToken = mirror.ResumeToken }, Patience.Stop)
            .GetAsyncEnumerator();
        var seen = new List<ChangePage<JsonObject>>();
        await pages.UntilAsync(page =>
        {
            seen.Add(page);
            mirror.Apply(page);
            return page.IsLive;
        });

        Assert.Equal(2000, view.Documents.Count);
        Assert.True(seen.Count > 1);
        Assert.DoesNotContain(seen, page => page.IsReset);
        Assert.Equal(2000, mirror.Documents.Count());
        Assert.Equal(view.Documents.Values, mirror.Documents);
        Assert.Equal(2000, await notes.ListAsync(new ListOptions { PageSize = 1000 }).CountAsync());
    }

    [Theory, EachEngine]
    public async Task Pages_go_on_from_a_stored_token_with_another_client(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var writer = server.Client(alice.Own);
        var notes = writer.Me.Collection("notes");
        await notes.Document("a").CreateAsync([]);
        await notes.Document("b").CreateAsync([]);
        var mirror = new Mirror();
        for (var round = 0; round < 3; round++)
        {
            await using var vibe = server.Client(alice.Own);
            var options = new SubscribeOptions { ResumeToken = mirror.ResumeToken };
            var pages = vibe.Me.Collection("notes").SubscribeAsync(options, Patience.Stop);
            var page = await pages.FirstAsync(page => page.IsLive);
            mirror.Apply(page);

            Assert.Equal(round == 0, page.IsReset);
            Assert.Equal(round == 0 ? ["a", "b"] : [$"{round - 1}"], page.Changes.Select(change => change.Id));
            await notes.Document($"{round}").CreateAsync([]);
        }
    }

    [Theory, EachEngine]
    public async Task A_token_that_the_server_cannot_continue_from_begins_with_a_reset(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        await vibe.Me.Collection("notes").Document("a").CreateAsync([]);
        var foreign = (await vibe.Me.Collection("other").SubscribeAsync(null, Patience.Stop).FirstAsync()).ResumeToken;

        foreach (var token in new[] { foreign, "not a token", new string('x', 600) })
        {
            var page = await vibe
                .Me.Collection("notes")
                .SubscribeAsync(new SubscribeOptions { ResumeToken = token }, Patience.Stop)
                .FirstAsync();
            Assert.True(page.IsReset);
            Assert.True(page.IsLive);
            Assert.Equal("a", page.Changes.Single().Id);
        }
    }

    [Theory, EachEngine]
    public async Task Leaving_the_loop_or_cancelling_frees_the_stream(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own, LiveClients.Eager);
        var notes = vibe.Me.Collection("notes");

        // More than the server lets one grant hold open at a time.
        for (var i = 0; i < 80; i++)
        {
            await notes.SubscribeAsync(null, Patience.Stop).FirstAsync();
        }

        using var cancel = new CancellationTokenSource();
        await using var views = notes.SnapshotsAsync(cancel.Token).GetAsyncEnumerator();
        await using var pages = notes.SubscribeAsync(null, cancel.Token).GetAsyncEnumerator();
        await views.NextAsync();
        await pages.NextAsync();
        var (view, page) = (views.MoveNextAsync().AsTask(), pages.MoveNextAsync().AsTask());
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => view);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => page);
    }

    [Theory, EachEngine]
    public async Task One_stream_too_many_waits_for_a_place(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var writer = server.Client(alice.Own);
        var wire = new WireRecorder();
        await using var last = server.Client(alice.Own, wire.Options());
        await writer.Me.Collection("notes").Document("a").CreateAsync([]);
        var clients = new List<VibeClient>();
        var open = new List<IAsyncEnumerator<ChangePage<JsonObject>>>();
        for (var i = 0; i < 32; i++)
        {
            clients.Add(server.Client(alice.Own));
            open.Add(clients[^1].Me.Collection("notes").SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator());
            await open[^1].NextAsync();
        }

        await using var waiting = last.Me.Collection("notes").SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        var page = waiting.NextAsync();
        await wire.Answered.WaitAsync(Patience.Stop);
        Assert.False(page.IsCompleted);
        await open[0].DisposeAsync();

        Assert.Equal("a", (await page).Changes.Single().Id);
        foreach (var (client, other) in clients.Zip(open))
        {
            await other.DisposeAsync();
            await client.DisposeAsync();
        }
    }

    [Theory, EachEngine]
    public async Task Closing_the_client_ends_its_loops(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var vibe = server.Client(alice.Own);
        await using var views = vibe.Me.Collection("notes").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await views.NextAsync();

        var next = views.MoveNextAsync().AsTask();
        await vibe.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => next);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => vibe.Me.Collection("notes").CreateAsync([]));
    }

    private static Task LimitAsync(Person person, AllowedApp app, params Allow[] allowed) =>
        person
            .Own.Grants.UpdateGrantAsync(
                new UpdateGrantRequest
                {
                    Name = app.Grant.Name,
                    Grant = new Grant
                    {
                        ManifestDigest = app.Grant.ManifestDigest,
                        Access = { allowed.Select(Person.ToEntry) },
                    },
                    UpdateMask = new() { Paths = { "access" } },
                }
            )
            .ResponseAsync;
}
