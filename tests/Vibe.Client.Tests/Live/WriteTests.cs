using System.Text.Json.Nodes;
using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;
using Rights = Vibe.Access.V1.Operation;

namespace Vibe.Client.Tests.Live;

public sealed class WriteTests(LiveServers servers) : IClassFixture<LiveServers>
{
    [Theory, EachEngine]
    public async Task A_batch_is_carried_out_as_a_whole(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");
        var log = vibe.Me.Collection("log");
        await movies.Document("old").CreateAsync(new Movie("Old"));
        await movies.Document("gone").CreateAsync(new Movie("Gone"));
        await movies.Document("shared").CreateAsync(new Movie("Shared"));
        var acl = new Acl { Allow = [new AclRule([bob.Did], [Operation.Read])] };

        var results = await vibe
            .Me.Batch()
            .Create(movies.Document("new"), new Movie("New"))
            .Update(movies.Document("old"), new { Year = 1 })
            .Delete(movies.Document("gone"))
            .SetAcl(movies.Document("shared"), acl)
            .Replace(log.Document("l1"), new JsonObject { ["a"] = 1 }, new WriteOptions { AllowMissing = true })
            .CommitAsync();

        Assert.Equal(["new", "old", "gone", "shared", "l1"], results.Select(result => result.Id));
        Assert.Single(results.Select(result => result.ConsistencyToken).Distinct());
        Assert.Null(results[2].Etag);
        Assert.Equal(results[0].Etag, (await movies.Document("new").GetAsync())!.Etag);
        Assert.Equal(new Movie("Old", 1), (await movies.Document("old").GetAsync())!.Value);
        Assert.Null(await movies.Document("gone").GetAsync());
        Assert.Equal(bob.Did, (await movies.Document("shared").GetAsync())!.Acl!.Allow.Single().People.Single());
        Assert.Equal("""{"a":1}""", (await log.Document("l1").GetAsync())!.Json);
    }

    [Theory, EachEngine]
    public async Task A_batch_with_one_refused_write_leaves_nothing_and_names_the_write(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var movies = vibe.Me.Collection<Movie>("movies");
        var created = await movies.Document("m1").CreateAsync(new Movie("Alien"));

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe
                .Me.Batch()
                .Create(movies.Document("m2"), new Movie("Heat"))
                .Update(movies.Document("m1"), new { Year = 1979 }, new WriteOptions { IfMatch = created.Etag })
                .Delete(movies.Document("m3"))
                .CommitAsync()
        );

        Assert.Equal(Reason.ResourceNotFound, error.Reason);
        Assert.Equal(StatusCode.NotFound, error.Code);
        Assert.Equal("2", error.Metadata["write"]);
        Assert.Equal(["m1"], await movies.ListAsync().Select(movie => movie.Id).ToListAsync());
        Assert.Equal(created.Etag, (await movies.Document("m1").GetAsync())!.Etag);
    }

    [Theory, EachEngine]
    public async Task A_batch_that_is_too_large_is_refused(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var batch = vibe.Me.Batch();
        for (var i = 0; i < 501; i++)
        {
            batch.Create(vibe.Me.Collection("notes").NewDocument(), []);
        }

        var error = await Assert.ThrowsAsync<VibeException>(() => batch.CommitAsync());

        Assert.Equal(Reason.TooManyItems, error.Reason);
        Assert.Equal("500", error.Metadata["limit"]);
    }

    [Theory, EachEngine]
    public async Task A_repeated_key_writes_once_and_answers_with_the_document_as_it_is_then(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        await using var later = server.Client(alice.Own);
        var options = new WriteOptions { IdempotencyKey = "job-7" };

        var first = await vibe.Me.Collection<Movie>("movies").Document("m1").CreateAsync(new Movie("Alien"), options);
        await vibe.Me.Collection<Movie>("movies").Document("m1").UpdateAsync(new { Year = 1979 });
        var movie = later.Me.Collection<Movie>("movies").Document("m1");
        var second = await movie.CreateAsync(new Movie("Alien"), options);
        var reused = await Assert.ThrowsAsync<VibeException>(() => movie.CreateAsync(new Movie("Heat"), options));

        Assert.Equal(first.Id, second.Id);
        Assert.NotEqual(first.Etag, second.Etag);
        Assert.Equal((await movie.GetAsync())!.Etag, second.Etag);
        Assert.Equal(Reason.IdempotencyKeyReused, reused.Reason);
        Assert.Equal(new Movie("Alien", 1979), (await movie.GetAsync())!.Value);
    }

    [Theory, EachEngine]
    public async Task Writes_of_many_at_once_all_arrive_and_are_seen_by_the_next_read(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var notes = vibe.Me.Collection("notes");

        var written = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => notes.CreateAsync([])));

        var listed = await notes.ListAsync().Select(note => note.Id).ToListAsync();
        Assert.Equal(written.Select(result => result.Id).Order(StringComparer.Ordinal), listed);
    }

    [Theory, EachEngine]
    public async Task A_consistency_token_carries_a_write_to_another_client(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        await using var vibe = server.Client(alice.Own);
        await using var other = server.Client(alice.Own);
        await using var bobs = server.Client(bob.Own);
        var result = await vibe.Me.Collection("notes").Document("n1").CreateAsync([]);
        var elsewhere = await bobs.Me.Collection("notes").Document("n1").CreateAsync([]);
        var notes = other.Me.Collection("notes");
        var token = result.ConsistencyToken;

        Assert.NotNull(await notes.Document("n1").GetAsync(new ReadOptions { ConsistencyToken = token }));
        Assert.Single(await notes.ListAsync(new ListOptions { ConsistencyToken = token }).ToListAsync());
        Assert.Single(await other.Me.ListCollectionsAsync(new ListOptions { ConsistencyToken = token }).ToListAsync());
        var page = await notes
            .SubscribeAsync(new SubscribeOptions { ConsistencyToken = token }, Patience.Stop)
            .FirstAsync();
        Assert.Equal("n1", page.Changes.Single().Id);
        var foreign = await Assert.ThrowsAsync<VibeException>(() =>
            notes.Document("n1").GetAsync(new ReadOptions { ConsistencyToken = elsewhere.ConsistencyToken })
        );
        Assert.Equal(Reason.ConsistencyTokenInvalid, foreign.Reason);
    }

    [Theory, EachEngine]
    public async Task An_access_list_is_given_changed_and_shown_to_those_who_may_share(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        var app = await alice.AppAsync(new Allow("notes", [Rights.Read], "*"));
        await using var own = server.Client(alice.Own);
        await using var reader = server.Client(app.Actor);
        await using var bobs = server.Client(bob.Own);
        var note = own.Me.Collection("notes").Document("n1");
        var his = bobs.Space(alice.Id).Collection("notes").Document("n1");
        var acl = new Acl { Allow = [new AclRule([bob.Did], [Operation.Read, Operation.Update])] };

        await note.CreateAsync(new JsonObject { ["Text"] = "a" }, new WriteOptions { Acl = acl });
        await his.UpdateAsync(new { Text = "b" });
        var mine = await note.GetAsync();
        var seen = await his.GetAsync();
        var masked = await reader.Me.Collection("notes").Document("n1").GetAsync();
        var mayNot = await Assert.ThrowsAsync<VibeException>(() => his.DeleteAsync());
        await note.SetAclAsync(new Acl { Allow = acl.Allow, Deny = [new AclRule([bob.Did], [Operation.Update])] });
        var denied = await Assert.ThrowsAsync<VibeException>(() => his.UpdateAsync(new { Text = "c" }));
        await note.SetAclAsync(Acl.OwnerOnly);

        Assert.Equal([Operation.Read, Operation.Update], mine!.Acl!.Allow.Single().Operations);
        Assert.Equal("""{"Text":"b"}""", seen!.Json);
        Assert.Null(seen.Acl);
        Assert.Null(masked!.Acl);
        Assert.Equal(Reason.AclDenied, mayNot.Reason);
        Assert.Equal(Reason.AclDenied, denied.Reason);
        Assert.Null(await his.GetAsync());
        Assert.Null((await note.GetAsync())!.Acl);
    }

    [Theory, EachEngine]
    public async Task An_app_reads_and_follows_another_persons_space_where_shared_things_were_included(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        var with = await bob.AppAsync(new Allow("notes", [Rights.Read], "/Text") { IncludeShared = true });
        var without = await bob.AppAsync(new Allow("notes", [Rights.Read], "/Text"));
        await using var own = server.Client(alice.Own);
        await using var vibe = server.Client(with.Actor);
        await using var excluded = server.Client(without.Actor);
        var acl = new Acl { Allow = [new AclRule([bob.Did], [Operation.Read])] };
        var notes = own.Me.Collection("notes");
        await notes.Document("n1").CreateAsync(new JsonObject { ["Text"] = "a", ["Mood"] = "b" }, new() { Acl = acl });
        await notes.Document("n2").CreateAsync(new JsonObject { ["Text"] = "c" });
        var shared = vibe.Space(alice.Id).Collection("notes");
        await using var views = shared.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();

        Assert.Equal("""{"Text":"a"}""", (await shared.Document("n1").GetAsync())!.Json);
        Assert.Null(await shared.Document("n2").GetAsync());
        Assert.Equal(["n1"], (await views.NextAsync()).Documents.Keys);
        await notes.Document("n2").SetAclAsync(acl);
        Assert.Equal(["n1", "n2"], (await views.NextAsync()).Documents.Keys);
        await notes.Document("n1").SetAclAsync(Acl.OwnerOnly);
        var left = await views.NextAsync();
        Assert.Equal(["n2"], left.Documents.Keys);
        Assert.Equal(RemovalCause.NoLongerVisible, left.Changes.Single().Cause);
        var refused = await Assert.ThrowsAsync<VibeException>(() =>
            excluded.Space(alice.Id).Collection("notes").Document("n2").GetAsync()
        );
        Assert.Equal(Reason.NotGranted, refused.Reason);
    }
}
