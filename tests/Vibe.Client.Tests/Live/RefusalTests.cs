using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;
using Rights = Vibe.Access.V1.Operation;

namespace Vibe.Client.Tests.Live;

public sealed class RefusalTests(LiveServers servers) : IClassFixture<LiveServers>
{
    [Theory, EachEngine]
    public async Task Missing_and_hidden_documents_are_null_alike(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        await using var alices = server.Client(alice.Own);
        await using var bobs = server.Client(bob.Own);
        await alices.Me.Collection<Movie>("movies").Document("m1").CreateAsync(new Movie("Alien"));
        var movies = bobs.Space(alice.Id).Collection<Movie>("movies");

        Assert.Null(await alices.Me.Collection("movies").Document("m2").GetAsync());
        Assert.Null(await movies.Document("m1").GetAsync());
        Assert.Null(await movies.Document("m2").GetAsync());
        Assert.Empty(await movies.ListAsync().ToListAsync());
    }

    [Theory, EachEngine]
    public async Task What_was_not_granted_throws_whether_it_is_there_or_not(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("movies", [Rights.Read], "/Title"));
        await using var own = server.Client(alice.Own);
        await using var vibe = server.Client(app.Actor);
        await own.Me.Collection<Movie>("books").Document("b1").CreateAsync(new Movie("Emma"));
        await own.Me.Collection<Movie>("movies").Document("m1").CreateAsync(new Movie("Alien"));
        var books = vibe.Me.Collection<Movie>("books");
        Func<Task>[] calls =
        [
            () => books.Document("b1").GetAsync(),
            () => books.Document("b2").GetAsync(),
            async () => await books.ListAsync().ToListAsync(),
            async () => await books.SnapshotsAsync(Patience.Stop).FirstAsync(),
            async () => await books.SubscribeAsync(null, Patience.Stop).FirstAsync(),
            () => vibe.Me.Collection<Movie>("movies").CreateAsync(new Movie("Heat")),
            () => vibe.Me.Collection<Movie>("movies").Document("m1").DeleteAsync(),
        ];

        foreach (var call in calls)
        {
            var error = await Assert.ThrowsAsync<VibeException>(call);
            Assert.Equal(Reason.NotGranted, error.Reason);
            Assert.Equal(StatusCode.PermissionDenied, error.Code);
            Assert.False(error.IsRetryable);
        }
    }

    [Theory, EachEngine]
    public async Task A_member_that_was_not_granted_is_named(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("movies", [Rights.Read, Rights.Update], "/Title"));
        await using var own = server.Client(alice.Own);
        await using var vibe = server.Client(app.Actor);
        await own.Me.Collection<Movie>("movies").Document("m1").CreateAsync(new Movie("Alien", 1979));
        var movie = vibe.Me.Collection<Movie>("movies").Document("m1");

        var error = await Assert.ThrowsAsync<VibeException>(() => movie.UpdateAsync(new { Year = 1980 }));
        await movie.UpdateAsync(new { Title = "Aliens" });
        await movie.ReplaceAsync(new Movie("Alien 3"));

        Assert.Equal(Reason.FieldNotGranted, error.Reason);
        Assert.Equal("/Year", error.Metadata["path"]);
        Assert.Equal("OPERATION_UPDATE", error.Metadata["operation"]);
        Assert.Equal(new Movie("Alien 3"), (await movie.GetAsync())!.Value);
        Assert.Equal(
            new Movie("Alien 3", 1979),
            (await own.Me.Collection<Movie>("movies").Document("m1").GetAsync())!.Value
        );
    }

    [Theory, EachEngine]
    public async Task A_stale_etag_is_refused_with_the_present_one_and_the_servers_request_id(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var wire = new WireRecorder();
        await using var vibe = server.Client(alice.Own, wire.Options());
        var movie = vibe.Me.Collection<Movie>("movies").Document("m1");
        var created = await movie.CreateAsync(new Movie("Alien"));
        var updated = await movie.UpdateAsync(new { Year = 1979 }, new WriteOptions { IfMatch = created.Etag });

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            movie.UpdateAsync(new { Year = 1980 }, new WriteOptions { IfMatch = created.Etag })
        );
        var requestId = wire.RequestIds.Last();
        await movie.ReplaceAsync(new Movie("Heat"), new WriteOptions { IfMatch = error.Metadata["etag"] });
        await movie.DeleteAsync(new WriteOptions { IfMatch = "*" });

        Assert.Equal(Reason.EtagMismatch, error.Reason);
        Assert.Equal(StatusCode.Aborted, error.Code);
        Assert.Equal(updated.Etag, error.Metadata["etag"]);
        Assert.Equal(requestId, error.RequestId);
        Assert.StartsWith("ETAG_MISMATCH (aborted): ", error.Message);
        Assert.EndsWith($" [request {requestId}]", error.Message);
    }

    [Theory, EachEngine]
    public async Task A_refused_field_is_named_in_the_violations(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);

        var error = await Assert.ThrowsAsync<VibeException>(async () =>
            await vibe.Me.Collection("movies").ListAsync(new ListOptions { PageSize = -1 }).ToListAsync()
        );
        var name = await Assert.ThrowsAsync<VibeException>(() => vibe.Me.Collection("a b").CreateAsync([]));

        Assert.Equal(Reason.FieldInvalid, error.Reason);
        Assert.Equal("page_size", Assert.Single(error.Violations).Field);
        Assert.Equal(Reason.NameInvalid, name.Reason);
    }

    [Theory, EachEngine]
    public async Task A_token_that_the_server_does_not_know_is_unauthenticated(Engine engine)
    {
        var server = await servers.On(engine);
        await using var vibe = new VibeClient(server.GrpcAddress, "nonsense");

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync()
        );
        var end = await Assert.ThrowsAsync<VibeException>(async () =>
            await vibe.Me.Collection("movies").SnapshotsAsync(Patience.Stop).FirstAsync()
        );

        Assert.Equal(Reason.AccessTokenInvalid, error.Reason);
        Assert.Equal(Reason.AccessTokenInvalid, end.Reason);
    }

    [Theory, EachEngine]
    public async Task A_call_that_the_caller_ends_is_cancelled_and_no_error_of_ours(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        await using var hold = await HeldWrites.Async(server);
        using var cancel = new CancellationTokenSource();

        var write = vibe.Me.Collection("notes").CreateAsync([], cancellationToken: cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
    }

    [Theory, EachEngine]
    public async Task A_write_that_does_not_end_in_time_reaches_its_deadline(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = server.Client(alice.Own);
        var note = vibe.Me.Collection("notes").Document("n1");
        var options = new WriteOptions { IdempotencyKey = "job-1", Timeout = TimeSpan.FromMilliseconds(400) };
        VibeException error;
        await using (await HeldWrites.Async(server))
        {
            error = await Assert.ThrowsAsync<VibeException>(() => note.CreateAsync([], options));
        }

        var settled = await note.CreateAsync([], new WriteOptions { IdempotencyKey = "job-1" });

        Assert.Equal(StatusCode.DeadlineExceeded, error.Code);
        Assert.Equal(Reason.DeadlineExceeded, error.Reason);
        Assert.False(error.IsRetryable);
        Assert.Equal(settled.Etag, (await note.GetAsync())!.Etag);
    }
}
