using System.Text.Json.Nodes;
using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Vibe.Data.V1;
using Xunit;

namespace Vibe.Client.Tests;

public sealed class WriteTests
{
    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task A_create_goes_out_as_a_batch_of_one_with_a_key_and_without_nulls()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        var created = await vibe
            .Me.Collection<Movie>("movies")
            .CreateAsync(new Movie("Alien", 1979), cancellationToken: Stop);

        var request = Assert.Single(server.Documents.Writes);
        var write = Assert.Single(request.Writes);
        Assert.Equal("spaces/me", request.Parent);
        Assert.Equal($"spaces/me/collections/movies/documents/{created.Id}", write.Document);
        Assert.Equal("""{"Title":"Alien","Year":1979}""", write.Create.Json.ToStringUtf8());
        Assert.NotEmpty(request.IdempotencyKey);
        Assert.Equal(7, Guid.Parse(created.Id).Version);
        Assert.Equal("etag-1", created.Etag);
        Assert.Equal("write-1", created.ConsistencyToken);
    }

    [Fact]
    public async Task An_update_names_its_members_and_writes_nulls()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        await vibe
            .Me.Collection<Movie>("movies")
            .Document("m1")
            .UpdateAsync(new { Rating = 8.5, Year = (int?)null }, new WriteOptions { IfMatch = "e1" }, Stop);

        var write = Assert.Single(Assert.Single(server.Documents.Writes).Writes);
        Assert.Equal("""{"Rating":8.5,"Year":null}""", write.Update.Json.ToStringUtf8());
        Assert.Empty(write.Update.UpdatePaths);
        Assert.Equal("e1", write.IfMatch);
    }

    [Fact]
    public async Task An_edit_names_its_paths()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        await vibe
            .Me.Collection("people")
            .Document("p1")
            .UpdateAsync(new Edit().Set("/address/city", "Oslo").Remove("/nick"), cancellationToken: Stop);

        var update = Assert.Single(Assert.Single(server.Documents.Writes).Writes).Update;
        Assert.Equal("""{"address":{"city":"Oslo"}}""", update.Json.ToStringUtf8());
        Assert.Equal(["/address/city", "/nick"], update.UpdatePaths);
    }

    [Fact]
    public async Task A_replace_covers_everything_and_may_create()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        await vibe
            .Me.Collection("people")
            .Document("p1")
            .ReplaceAsync(new JsonObject { ["name"] = "Ada", ["nick"] = null }, new() { AllowMissing = true }, Stop);

        var update = Assert.Single(Assert.Single(server.Documents.Writes).Writes).Update;
        Assert.Equal("""{"name":"Ada","nick":null}""", update.Json.ToStringUtf8());
        Assert.Equal(["*"], update.UpdatePaths);
        Assert.True(update.AllowMissing);
    }

    [Fact]
    public async Task Delete_and_set_acl_are_writes_like_others()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var movie = vibe.Me.Collection("movies").Document("m1");

        await movie.SetAclAsync(
            new Acl { Allow = [new AclRule(["did:key:a"], [Operation.Read])] },
            cancellationToken: Stop
        );
        await movie.DeleteAsync(new() { AllowMissing = true }, Stop);

        var writes = server.Documents.Writes.Select(request => request.Writes[0]).ToArray();
        Assert.Equal("did:key:a", writes[0].SetAcl.Acl.Allow[0].People[0]);
        Assert.Equal(Access.V1.Operation.Read, writes[0].SetAcl.Acl.Allow[0].Operations[0]);
        Assert.True(writes[1].Delete.AllowMissing);
    }

    [Fact]
    public async Task Options_that_no_request_could_say_are_refused()
    {
        await using var vibe = new VibeClient(new Uri("http://127.0.0.1:1"), "token");
        var movie = vibe.Me.Collection("movies").Document("m1");
        var acl = new WriteOptions { Acl = Acl.OwnerOnly };
        var missing = new WriteOptions { AllowMissing = true };

        await Assert.ThrowsAsync<ArgumentException>(() => movie.UpdateAsync(new { A = 1 }, acl, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => movie.DeleteAsync(acl, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => movie.CreateAsync([], missing, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => movie.UpdateAsync("text", null, Stop));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            movie.DeleteAsync(new() { Timeout = TimeSpan.Zero }, Stop)
        );
    }

    [Fact]
    public async Task A_write_is_repeated_with_the_same_key_when_the_server_is_unavailable()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.WriteScript.Enqueue((_, _) => throw Failures.Bare(StatusCode.Unavailable));
        server.Documents.WriteScript.Enqueue(
            (_, _) => throw Failures.Exception(StatusCode.Unknown, Reason.OutcomeUnknown)
        );

        await vibe.Me.Collection("movies").CreateAsync(new JsonObject(), cancellationToken: Stop);

        Assert.Equal(3, server.Documents.Writes.Count);
        Assert.Single(server.Documents.Writes.Select(request => request.IdempotencyKey).Distinct());
    }

    [Fact]
    public async Task After_five_attempts_the_failure_is_thrown_and_its_outcome_is_open()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        for (var i = 0; i < 4; i++)
        {
            server.Documents.WriteScript.Enqueue((_, _) => throw Failures.Bare(StatusCode.Unavailable));
        }

        server.Documents.WriteScript.Enqueue(
            (_, _) => throw Failures.Exception(StatusCode.ResourceExhausted, Reason.SpaceBusy, TimeSpan.Zero)
        );

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").CreateAsync(new JsonObject(), cancellationToken: Stop)
        );

        Assert.Equal(5, server.Documents.Writes.Count);
        Assert.Equal(Reason.SpaceBusy, error.Reason);
        Assert.False(error.IsRetryable);
    }

    [Fact]
    public async Task An_etag_mismatch_is_thrown_at_once_with_the_present_etag()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.WriteScript.Enqueue(
            (_, _) =>
                throw Failures.Exception(StatusCode.Aborted, Reason.EtagMismatch, null, ("etag", "e9"), ("write", "0"))
        );

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").UpdateAsync(new { Rating = 1 }, new() { IfMatch = "e1" }, Stop)
        );

        Assert.Single(server.Documents.Writes);
        Assert.Equal("ETAG_MISMATCH (aborted): It did not work. [request 3f9c]", error.Message);
        Assert.Equal("e9", error.Metadata["etag"]);
        Assert.False(error.IsRetryable);
    }

    [Fact]
    public async Task A_batch_is_one_request_and_is_committed_once()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var movies = vibe.Me.Collection<Movie>("movies");

        var batch = vibe
            .Me.Batch()
            .Create(movies.Document("m1"), new Movie("Alien"))
            .Update(movies.Document("m2"), new { Rating = 7 }, new() { IfMatch = "e2" })
            .Delete(movies.Document("m3"));
        var results = await batch.CommitAsync(cancellationToken: Stop);

        Assert.Equal(["m1", "m2", "m3"], results.Select(result => result.Id));
        Assert.Equal(3, Assert.Single(server.Documents.Writes).Writes.Count);
        await Assert.ThrowsAsync<InvalidOperationException>(() => batch.CommitAsync(cancellationToken: Stop));
    }

    [Fact]
    public async Task A_batch_takes_documents_of_its_own_space_alone()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var theirs = vibe.Space("zz").Collection("movies").Document("m1");
        var mine = vibe.Space("k3f7").Collection("movies").Document("m1");

        Assert.Throws<ArgumentException>(() => vibe.Me.Batch().Delete(theirs));
        Assert.Throws<ArgumentException>(() => vibe.Me.Batch().Delete(mine));

        await vibe.Me.Collection("movies").CreateAsync(new JsonObject(), cancellationToken: Stop);
        Assert.Equal(1, vibe.Me.Batch().Delete(mine).Count);
    }

    [Fact]
    public async Task At_most_32_writes_of_a_space_are_in_flight()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var open = new TaskCompletionSource();
        var full = new TaskCompletionSource();
        var inFlight = 0;
        var most = 0;
        for (var i = 0; i < 40; i++)
        {
            server.Documents.WriteScript.Enqueue(
                async (request, _) =>
                {
                    var now = Interlocked.Increment(ref inFlight);
                    most = Math.Max(most, now);
                    if (now == 32)
                    {
                        full.TrySetResult();
                    }

                    await open.Task;
                    Interlocked.Decrement(ref inFlight);
                    return server.Documents.Succeed(request);
                }
            );
        }

        var movies = vibe.Me.Collection("movies");
        var writes = Enumerable
            .Range(0, 40)
            .Select(_ => movies.CreateAsync(new JsonObject(), cancellationToken: Stop))
            .ToArray();
        await full.Task.WaitAsync(Stop);
        Assert.Equal(32, server.Documents.Writes.Count);
        open.SetResult();
        await Task.WhenAll(writes);

        Assert.Equal(32, most);
        Assert.Equal(40, server.Documents.Writes.Sum(request => request.Writes.Count));
    }

    [Fact]
    public async Task A_cancelled_write_throws_cancellation()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        using var cancel = new CancellationTokenSource();
        server.Documents.WriteScript.Enqueue(
            async (_, context) =>
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return new BatchWriteResponse();
            }
        );

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            vibe.Me.Collection("movies").CreateAsync(new JsonObject(), cancellationToken: cancel.Token)
        );

        Assert.Equal(cancel.Token, error.CancellationToken);
    }
}
