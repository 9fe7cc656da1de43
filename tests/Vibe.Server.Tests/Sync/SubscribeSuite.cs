using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

public abstract class SubscribeSuite(SharedServer shared) : SyncSuite(shared)
{
    [Fact]
    public async Task It_says_first_how_long_it_lives_and_what_it_follows()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        var actor = app.WithTokenOf(TimeSpan.FromMinutes(2));

        await using var follower = await Follower.OpenAsync(actor, Scope(MyMovies), Scope(MyMovies));

        Assert.Equal([Alice.Collection(Movies), Alice.Collection(Movies)], follower.Opened.Collections);
        Assert.Equal(TimeSpan.FromSeconds(20), follower.Opened.HeartbeatInterval.ToTimeSpan());
        Assert.InRange(follower.Opened.Lifetime.ToTimeSpan(), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(120 - 5));
    }

    [Fact]
    public async Task It_catches_up_with_the_checkpoint_in_the_last_page_and_goes_on_live()
    {
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien"}""");
        await using var follower = await Follower.OpenAsync(Alice.Own, Scope(MyMovies));
        var first = await follower.PageAsync();
        Assert.True(first.Reset);
        Assert.Equal(["m1"], first.Ids());
        Assert.NotNull(first.Checkpoint);

        await Alice.Own.SetAsync(Movie("m1"), """{"Title":"Aliens"}""");
        var second = await follower.PageAsync();
        await Alice.Own.DeleteAsync(Movie("m1"));
        var third = await follower.PageAsync();

        Assert.False(second.Reset);
        Assert.Equal("""{"Title":"Aliens"}""", Assert.Single(second.Changes).Json());
        Assert.NotNull(second.Checkpoint);
        Assert.Equal(RemovalCause.Deleted, Assert.Single(third.Changes).Removed.Cause);
        var resumed = await Alice.Own.PullAsync(MyMovies, first.ResumeToken);
        Assert.Equal(RemovalCause.Deleted, Assert.Single(resumed.Changes).Removed.Cause);
    }

    [Fact]
    public async Task It_goes_on_from_a_token_and_says_when_it_has_caught_up_even_with_nothing()
    {
        await Alice.Own.CreateAsync(Movie("m1"), "{}");
        var pulled = await Alice.Own.PullAsync(MyMovies);

        await using var follower = await Follower.OpenAsync(Alice.Own, Scope(MyMovies, pulled.ResumeToken));
        var page = await follower.PageAsync();

        Assert.False(page.Reset);
        Assert.Empty(page.Changes);
        Assert.NotNull(page.Checkpoint);
    }

    [Fact]
    public async Task More_than_a_page_comes_in_pages_with_one_checkpoint()
    {
        for (var i = 0; i < 2; i++)
            await Alice.Own.Documents.BatchWriteAsync(Batch(i * 500, 500));

        await using var follower = await Follower.OpenAsync(Alice.Own, Scope(MyMovies));
        var pages = new List<Page>();
        do pages.Add(await follower.PageAsync());
        while (pages[^1].Checkpoint is null);

        Assert.Equal([400, 400, 200], pages.Select(page => page.Changes.Count));
        Assert.Equal([true, false, false], pages.Select(page => page.Reset));
    }

    [Fact]
    public async Task Several_scopes_over_two_spaces_are_told_apart()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), "{}", Readers(bob));
        await using var follower = await Follower.OpenAsync(
            bob.Own,
            Scope(MyMovies),
            Scope(Alice.Collection(Movies)),
            Scope("spaces/me/collections/notes")
        );
        Assert.Empty((await follower.PageAsync(0)).Changes);
        Assert.Equal(["m1"], (await follower.PageAsync(1)).Ids());
        Assert.Empty((await follower.PageAsync(2)).Changes);

        await Alice.Own.CreateAsync(Movie("m2"), "{}", Readers(bob));
        Assert.Equal(["m2"], (await follower.PageAsync(1)).Ids());
        await bob.Own.CreateAsync(bob.Document("notes", "n1"), "{}");
        Assert.Equal(["n1"], (await follower.PageAsync(2)).Ids());
        await bob.Own.CreateAsync(bob.Document(Movies, "b1"), "{}");
        Assert.Equal(["b1"], (await follower.PageAsync(0)).Ids());
    }

    [Fact]
    public async Task Streams_that_are_woken_together_are_each_shown_what_they_may_see_with_tokens_of_their_own()
    {
        for (var i = 0; i < 4; i++)
            await Alice.Own.CreateAsync(Movie($"m{i}"), """{"Title":"t","Year":1}""");
        var titles = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
        var years = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Year"));
        Actor[] actors = [Alice.Own, titles.Actor, years.Actor];
        var followers = new List<(Actor Actor, Follower Follower, Copy Copy)>();
        foreach (var actor in Enumerable.Repeat(actors, 4).SelectMany(all => all))
            followers.Add((actor, await Follower.OpenAsync(actor, Scope(MyMovies)), new Copy()));

        for (var round = 0; round < 5; round++)
            await Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(i =>
                        Alice.Own.SetAsync(
                            Movie($"m{i}"),
                            i % 2 == 0 ? $$"""{"Title":"t{{round}}"}""" : $$"""{"Year":{{round}}}"""
                        )
                    )
            );

        foreach (var (actor, follower, copy) in followers)
        {
            var expected = await actor.ListAsync(MyMovies);
            while (!copy.IsComplete || !expected.SequenceEqual(copy.Documents))
                copy.Apply(await follower.PageAsync());
            await follower.DisposeAsync();
            Assert.Equal(1, copy.Resets);
            Assert.Empty((await actor.PullAsync(MyMovies, copy.Token)).Changes);
        }
        Assert.Equal(followers.Count, followers.Select(each => each.Copy.Token).Distinct().Count());
        Assert.True((await years.Actor.PullAsync(MyMovies, followers[1].Copy.Token)).Reset);
    }

    [Fact]
    public async Task A_stream_that_was_held_up_goes_on_from_where_it_was_though_others_are_further_on()
    {
        var followers = new List<(Follower Follower, Copy Copy)>();
        for (var i = 0; i < 12; i++)
            followers.Add((await Follower.CaughtUpAsync(Alice.Own, MyMovies), new Copy()));
        var (fast, slow) = (followers.Take(4).ToList(), followers.Skip(4).ToList());
        // More than fits into what a connection holds for a client that does not read.
        await Alice.Own.CreateAsync(Movie("long"), $$"""{"Text":"{{new string('x', 900_000)}}"}""");
        var writing = Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async writer =>
                {
                    for (var i = 0; i < 20; i++)
                        await Alice.Own.CreateAsync(Movie($"m{writer}-{i}"), "{}");
                })
        );
        async Task FollowAsync((Follower Follower, Copy Copy) each)
        {
            while (each.Copy.Documents.Count < 161)
                each.Copy.Apply(await each.Follower.PageAsync());
        }
        var following = fast.Select(FollowAsync).ToList();
        while (fast.Any(each => each.Copy.Documents.Count < 40) && !following.All(task => task.IsCompleted))
            await Task.Yield();

        await Task.WhenAll([writing, .. following, .. slow.Select(FollowAsync)]);

        var expected = await Alice.Own.ListAsync(MyMovies);
        foreach (var (follower, copy) in followers)
        {
            Assert.Equal(expected, copy.Documents);
            await follower.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_request_names_scope_or_scopes_and_not_too_many()
    {
        var both = new SubscribeRequest { Scope = Scope(MyMovies) };
        both.Scopes.Add(Scope(MyMovies));
        var many = new SubscribeRequest();
        many.Scopes.Add(Enumerable.Range(0, 257).Select(_ => Scope(MyMovies)));

        Assert.Equal("FIELD_INVALID", (await RefusedAsync(both)).Reason());
        Assert.Equal("FIELD_INVALID", (await RefusedAsync(new SubscribeRequest())).Reason());
        var refused = await RefusedAsync(many);
        Assert.Equal("TOO_MANY_ITEMS", refused.Reason());
        Assert.Equal(("257", "256"), (refused.Metadata()["actual"], refused.Metadata()["limit"]));
        many.Scopes.RemoveAt(0);
        await using var follower = await Follower.OpenAsync(Alice.Own.Sync, many);
        Assert.Equal(256, follower.Opened.Collections.Count);
    }

    [Fact]
    public async Task A_scope_that_may_not_be_followed_ends_alone()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        await using var follower = await Follower.OpenAsync(
            app.Actor,
            Scope("spaces/me/collections/secrets"),
            Scope(MyMovies)
        );

        var ended = await follower.NextAsync();
        Assert.Equal(0, ended.ScopeIndex);
        Assert.Equal("NOT_GRANTED", ended.ScopeEnded.Status.Reason());
        Assert.NotNull((await follower.PageAsync(1)).Checkpoint);
        await Alice.Own.CreateAsync(Movie("m1"), "{}");
        Assert.Equal(["m1"], (await follower.PageAsync(1)).Ids());
        await app.RevokeAsync();
        await follower.EndsWithAsync("GRANT_REVOKED");
    }

    [Fact]
    public async Task When_no_scope_may_be_followed_the_call_fails_before_its_first_message()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        var request = new SubscribeRequest();
        request.Scopes.Add([Scope("spaces/me/collections/a"), Scope("spaces/me/collections/b")]);
        using var rest = app.Actor.Rest();

        var refused = await Refused.Async(() => Follower.OpenAsync(app.Actor.Sync, request));
        using var answer = await rest.GetAsync("/v1/spaces/me/collections/a:subscribe");

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Equal("NOT_GRANTED", refused.Reason());
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(7, body.RootElement.GetProperty("code").GetInt32());
        Assert.Equal("NOT_GRANTED", body.RootElement.GetProperty("details")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Hidden_work_makes_no_message()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien","Year":1}""", Readers(bob));
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
        await using var masked = await Follower.CaughtUpAsync(app.Actor, MyMovies);
        var bobs = await bob.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title") { IncludeShared = true });
        await using var visitor = await Follower.CaughtUpAsync(bobs.Actor, Alice.Collection(Movies));

        for (var i = 0; i < 100; i++)
        {
            await Alice.Own.SetAsync(Movie("m1"), $$"""{"Year":{{i}}}""");
            if (i % 10 == 0)
                await Alice.Own.SetAclAsync(Movie("m1"), Allowing([bob], Operation.Read, Operation.Update));
            if (i % 10 == 5)
                await Alice.Own.SetAclAsync(Movie("m1"), Readers(bob));
        }
        for (var i = 0; i < 20; i++)
        {
            await Alice.Own.CreateAsync(Movie($"hidden{i}"), """{"Year":1}""");
            await Alice.Own.SetAsync(Movie($"hidden{i}"), """{"Year":2}""");
            await Alice.Own.CreateAsync(Alice.Document("others", $"o{i}"), """{"Title":"x"}""");
        }
        await Alice.Own.SetAsync(Movie("m1"), """{"Title":"Aliens"}""");

        // An app sees that a document is there whose members it does not see; a visitor does not.
        var seen = new List<string>();
        Page page;
        do
        {
            page = await masked.PageAsync();
            seen.AddRange(page.Ids());
        } while (!page.Ids().Contains("m1"));
        Assert.Equal([.. Enumerable.Range(0, 20).Select(i => $"hidden{i}"), "m1"], seen);
        var only = Assert.Single((await visitor.PageAsync()).Changes);
        Assert.Equal("""{"Title":"Aliens"}""", only.Json());
    }

    [Fact]
    public async Task Lists_move_documents_in_and_out_of_a_stream()
    {
        var bob = await Server.PersonAsync("bob");
        await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien"}""");
        await using var follower = await Follower.CaughtUpAsync(bob.Own, Alice.Collection(Movies));

        await Alice.Own.SetAclAsync(Movie("m1"), Readers(bob));
        Assert.Equal("""{"Title":"Alien"}""", Assert.Single((await follower.PageAsync()).Changes).Json());
        await Alice.Own.SetAclAsync(Movie("m1"), Readers());
        var went = Assert.Single((await follower.PageAsync()).Changes);
        Assert.Equal(RemovalCause.NoLongerVisible, went.Removed.Cause);
        await Alice.Own.SetAsync(Movie("m1"), """{"Title":"Secret"}""");
        await Alice.Own.DeleteAsync(Movie("m1"));
        await Alice.Own.CreateAsync(Movie("m2"), "{}", Readers(bob));
        Assert.Equal(["m2"], (await follower.PageAsync()).Ids());
    }

    [Fact]
    public async Task A_grant_has_32_places_and_they_are_free_again_when_streams_end()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        var other = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        var short_ = app.WithTokenOf(TimeSpan.FromSeconds(6));
        var open = new List<Follower>();
        for (var i = 0; i < 32; i++)
            open.Add(await Follower.CaughtUpAsync(short_, MyMovies));

        var refused = await Refused.Async(() => Follower.OpenAsync(app.Actor, Scope(MyMovies)));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal("TOO_MANY_STREAMS", refused.Reason());
        Assert.Equal("32", refused.Metadata()["limit"]);
        Assert.NotNull(refused.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>());
        await using (await Follower.OpenAsync(other.Actor, Scope(MyMovies))) { }

        foreach (var follower in open)
            await follower.EndsWithAsync("ACCESS_TOKEN_EXPIRED");
        await using var next = await Follower.OpenAsync(app.Actor, Scope(MyMovies));
    }

    [Fact]
    public async Task It_works_over_gRPC_web()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        var request = new SubscribeRequest { Scope = Scope(MyMovies) };
        await using var follower = await Follower.OpenAsync(
            new SyncService.SyncServiceClient(app.Actor.WebInvoker),
            request
        );
        Assert.NotNull((await follower.PageAsync()).Checkpoint);

        await Alice.Own.CreateAsync(Movie("m1"), "{}");
        Assert.Equal(["m1"], (await follower.PageAsync()).Ids());
        await app.RevokeAsync();
        await follower.EndsWithAsync("GRANT_REVOKED");
    }

    [Fact]
    public async Task It_works_over_rest_by_lines_of_json()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        using var rest = app.Actor.Rest();
        using var answer = await rest.GetAsync(
            "/v1/spaces/me/collections/movies:subscribe?scope.structuredBodies=true",
            HttpCompletionOption.ResponseHeadersRead
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());

        using var opened = await LineAsync(lines);
        Assert.Equal("20s", opened.RootElement.GetProperty("opened").GetProperty("heartbeatInterval").GetString());
        using var empty = await LineAsync(lines);
        Assert.True(empty.RootElement.GetProperty("page").GetProperty("reset").GetBoolean());
        Assert.True(empty.RootElement.GetProperty("page").TryGetProperty("checkpoint", out _));
        await Alice.Own.CreateAsync(Movie("m1"), """{"Release Date":"1979","IMDB_Votes":3}""");
        using var page = await LineAsync(lines);
        var change = page.RootElement.GetProperty("page").GetProperty("changes")[0];
        Assert.Equal("m1", change.GetProperty("documentId").GetString());
        Assert.Equal(
            """{"IMDB_Votes":3,"Release Date":"1979"}""",
            JsonSerializer.Serialize(change.GetProperty("put").GetProperty("body"))
        );
        await app.RevokeAsync();
        using var end = await LineAsync(lines);
        var status = end.RootElement.GetProperty("end").GetProperty("status");
        Assert.Equal("GRANT_REVOKED", status.GetProperty("details")[0].GetProperty("reason").GetString());
        Assert.Null(await lines.ReadLineAsync().WaitAsync(Follower.Limit));
    }

    [Fact]
    public async Task It_works_over_rest_by_events_and_goes_on_where_it_was()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        using var rest = app.Actor.Rest();
        rest.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        string resumeToken;
        await using (var events = await EventsAsync(rest, "?scope.structuredBodies=true"))
        {
            await NextAsync(events);
            await NextAsync(events);
            await Alice.Own.CreateAsync(Movie("m1"), """{"Title":"Alien\nand\r\nmore"}""");
            var page = (await NextAsync(events)).GetProperty("page");
            var put = page.GetProperty("changes")[0].GetProperty("put");
            Assert.Equal("Alien\nand\r\nmore", put.GetProperty("body").GetProperty("Title").GetString());
            resumeToken = page.GetProperty("resumeToken").GetString()!;
        }
        await Alice.Own.CreateAsync(Movie("m2"), "{}");

        await using var resumed = await EventsAsync(rest, $"?scope.resumeToken={resumeToken}");

        await NextAsync(resumed);
        var next = (await NextAsync(resumed)).GetProperty("page");
        Assert.False(next.TryGetProperty("reset", out _));
        Assert.Equal(
            "m2",
            Assert.Single(next.GetProperty("changes").EnumerateArray()).GetProperty("documentId").GetString()
        );
        await app.RevokeAsync();
        var status = (await NextAsync(resumed)).GetProperty("end").GetProperty("status");
        Assert.Equal("GRANT_REVOKED", status.GetProperty("details")[0].GetProperty("reason").GetString());
        Assert.False(await resumed.MoveNextAsync());
    }

    [Fact]
    public async Task What_is_refused_before_the_first_event_is_an_answer_like_any_other()
    {
        var app = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        using var rest = app.Actor.Rest();
        rest.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");

        using var answer = await rest.GetAsync("/v1/spaces/me/collections/a:subscribe");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("NOT_GRANTED", body.RootElement.GetProperty("details")[0].GetProperty("reason").GetString());
    }

    private static async Task<IAsyncEnumerator<SseItem<string>>> EventsAsync(HttpClient rest, string query)
    {
        var answer = await rest.GetAsync(
            $"/v1/spaces/me/collections/movies:subscribe{query}",
            HttpCompletionOption.ResponseHeadersRead
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.ToString());
        return SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator();
    }

    private static async Task<JsonElement> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Follower.Limit));
        return JsonElement.Parse(events.Current.Data);
    }

    [Fact]
    public async Task Several_scopes_are_followed_over_rest_by_a_post()
    {
        using var rest = Alice.Own.Rest();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sync:subscribe");
        request.Content = new StringContent(
            """{"scopes":[{"collection":"spaces/me/collections/a"},{"collection":"spaces/me/collections/b"}]}""",
            System.Text.Encoding.UTF8,
            "application/json"
        );
        using var answer = await rest.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());

        using var opened = await LineAsync(lines);
        Assert.Equal(
            [Alice.Collection("a"), Alice.Collection("b")],
            opened
                .RootElement.GetProperty("opened")
                .GetProperty("collections")
                .EnumerateArray()
                .Select(c => c.GetString())
        );
        using var first = await LineAsync(lines);
        using var second = await LineAsync(lines);
        Assert.Equal(1, second.RootElement.GetProperty("scopeIndex").GetInt32());
    }

    private static async Task<JsonDocument> LineAsync(StreamReader lines) =>
        JsonDocument.Parse((await lines.ReadLineAsync().WaitAsync(Follower.Limit))!);

    private Task<RpcException> RefusedAsync(SubscribeRequest request) =>
        Refused.Async(() => Follower.OpenAsync(Alice.Own.Sync, request));

    private static Vibe.Data.V1.BatchWriteRequest Batch(int from, int count)
    {
        var batch = new Vibe.Data.V1.BatchWriteRequest { Parent = "spaces/me" };
        for (var i = from; i < from + count; i++)
            batch.Writes.Add(
                new Vibe.Data.V1.Write
                {
                    Document = $"{MyMovies}/documents/m{i}",
                    Create = new Vibe.Data.V1.CreateWrite { Json = Google.Protobuf.ByteString.CopyFromUtf8("{}") },
                }
            );
        return batch;
    }
}

public sealed class SubscribeOnSqliteTests(SqliteServer server) : SubscribeSuite(server), IClassFixture<SqliteServer>;

public sealed class SubscribeOnPostgresTests(PostgresServer server)
    : SubscribeSuite(server),
        IClassFixture<PostgresServer>;
