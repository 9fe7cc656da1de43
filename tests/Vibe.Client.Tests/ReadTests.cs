using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Vibe.Client.Tests.Scripted;
using Vibe.Data.V1;
using Xunit;

namespace Vibe.Client.Tests;

public sealed class ReadTests
{
    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task A_missing_document_is_null()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        Assert.Null(await vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop));
    }

    [Fact]
    public async Task A_missing_grant_throws()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.GetScript.Enqueue(_ =>
            throw Failures.Exception(StatusCode.PermissionDenied, Reason.NotGranted)
        );

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop)
        );

        Assert.Equal(Reason.NotGranted, error.Reason);
    }

    [Fact]
    public async Task A_snapshot_carries_the_text_as_it_came_and_decodes_when_asked()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.GetScript.Enqueue(_ => Found("""{"Other":[1],"Title":"Alien","Year":1979}"""));
        server.Documents.GetScript.Enqueue(_ => Found("""{"Title":7}"""));
        var movie = vibe.Me.Collection<Movie>("movies").Document("m1");

        var alien = await movie.GetAsync(cancellationToken: Stop);
        var odd = await movie.GetAsync(cancellationToken: Stop);

        Assert.Equal(new Movie("Alien", 1979), alien!.Value);
        Assert.Equal("""{"Other":[1],"Title":"Alien","Year":1979}""", alien.Json);
        Assert.Equal("etag-m1", alien.Etag);
        Assert.Throws<JsonException>(() => odd!.Value);
    }

    [Fact]
    public async Task A_listing_asks_page_after_page()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        for (var i = 0; i < 2; i++)
        {
            server.Documents.ListScript.Enqueue(_ => new ListDocumentsResponse
            {
                Documents = { ScriptedDocuments.Document("m1", "{}"), ScriptedDocuments.Document("m2", "{}") },
                NextPageToken = "p2",
            });
            server.Documents.ListScript.Enqueue(_ => new ListDocumentsResponse
            {
                Documents = { ScriptedDocuments.Document("m3", "{}") },
            });
        }

        var listing = vibe.Me.Collection("movies").ListAsync(new ListOptions { PageSize = 2 }, Stop);
        var all = await listing.ToListAsync(Stop);
        var pages = await listing.PagesAsync(Stop).ToListAsync(Stop);

        Assert.Equal(["m1", "m2", "m3"], all.Select(document => document.Id));
        Assert.Equal(["", "p2", "", "p2"], server.Documents.Lists.Select(request => request.PageToken));
        Assert.Equal(["p2", null], pages.Select(page => page.NextPageToken));
        Assert.All(server.Documents.Lists, request => Assert.Equal(2, request.PageSize));
    }

    [Fact]
    public async Task Reads_quote_the_writes_of_their_space_under_either_name()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        await vibe.Me.Collection("movies").CreateAsync(new JsonObject(), cancellationToken: Stop);

        await vibe.Me.Collection("movies").Document("m1").GetAsync(new() { ConsistencyToken = "other" }, Stop);
        await vibe.Space("k3f7").Collection("movies").Document("m1").GetAsync(cancellationToken: Stop);
        await vibe.Space("zz").Collection("movies").Document("m1").GetAsync(cancellationToken: Stop);

        var quoted = server.Documents.Gets.Select(request => string.Join(' ', request.ConsistencyTokens));
        Assert.Equal(["other write-1", "write-1", ""], quoted);
    }

    [Fact]
    public async Task Lost_history_drops_the_tokens_and_repeats_the_read()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var movies = vibe.Me.Collection("movies");
        await movies.CreateAsync(new JsonObject(), cancellationToken: Stop);
        server.Documents.GetScript.Enqueue(_ =>
            throw Failures.Exception(StatusCode.FailedPrecondition, Reason.HistoryLost)
        );
        server.Documents.GetScript.Enqueue(_ => Found("{}"));

        Assert.NotNull(await movies.Document("m1").GetAsync(cancellationToken: Stop));

        Assert.Equal(["write-1"], server.Documents.Gets.First().ConsistencyTokens);
        Assert.Empty(server.Documents.Gets.Last().ConsistencyTokens);
    }

    [Fact]
    public async Task Lost_history_of_a_token_that_the_caller_gave_is_thrown()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.GetScript.Enqueue(_ =>
            throw Failures.Exception(StatusCode.FailedPrecondition, Reason.HistoryLost)
        );

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync(new() { ConsistencyToken = "mine" }, Stop)
        );

        Assert.Equal(Reason.HistoryLost, error.Reason);
    }

    [Fact]
    public async Task A_refused_token_is_renewed_once()
    {
        await using var server = await ScriptedServer.StartAsync();
        var count = 0;
        await using var vibe = server.Client(
            TokenSource.From(_ => Task.FromResult<AccessToken?>($"token-{Interlocked.Increment(ref count)}"))
        );
        server.Documents.GetScript.Enqueue(_ =>
            throw Failures.Exception(StatusCode.Unauthenticated, Reason.AccessTokenExpired)
        );
        server.Documents.GetScript.Enqueue(_ => Found("{}"));

        Assert.NotNull(await vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop));

        Assert.Equal(
            ["Bearer token-1", "Bearer token-2"],
            server.Documents.Headers.Select(headers => headers.GetValue("authorization"))
        );
    }

    [Fact]
    public async Task The_same_token_again_means_signed_out()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.GetScript.Enqueue(_ =>
            throw Failures.Exception(StatusCode.Unauthenticated, Reason.AccessTokenExpired)
        );

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop)
        );

        Assert.Equal(StatusCode.Unauthenticated, error.Code);
        Assert.Single(server.Documents.Gets);
    }

    [Fact]
    public async Task The_server_is_told_the_deadline_and_who_calls()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        await vibe.Me.Collection("movies").Document("m1").GetAsync(new() { Timeout = TimeSpan.FromMinutes(2) }, Stop);

        var left = Assert.Single(server.Documents.Deadlines) - DateTime.UtcNow;
        Assert.InRange(left, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
        Assert.Matches(
            @"^vibe-csharp/\d+\.\d+\.\d+ \(net10\.0; \w+\) tests/1\.0$",
            Assert.Single(server.Documents.Headers).GetValue("user-agent")
        );
    }

    [Fact]
    public async Task The_deadline_covers_all_attempts_together()
    {
        await using var server = await ScriptedServer.StartAsync();
        var clock = new FakeTimeProvider();
        await using var vibe = server.Client(time: clock, timeout: TimeSpan.FromSeconds(10));
        server.Documents.GetScript.Enqueue(_ =>
        {
            clock.Advance(TimeSpan.FromSeconds(6));
            throw Failures.Bare(StatusCode.Unavailable);
        });
        server.Documents.GetScript.Enqueue(_ =>
        {
            clock.Advance(TimeSpan.FromSeconds(6));
            throw Failures.Bare(StatusCode.Unavailable);
        });

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop)
        );

        Assert.Equal(StatusCode.DeadlineExceeded, error.Code);
        Assert.True(error.IsRetryable);
    }

    [Fact]
    public async Task A_delay_that_does_not_fit_the_deadline_is_not_waited_for()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        server.Documents.GetScript.Enqueue(_ =>
            throw Failures.Exception(StatusCode.Unavailable, Reason.ReplicaBehind, TimeSpan.FromHours(1))
        );

        var error = await Assert.ThrowsAsync<VibeException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop)
        );

        Assert.Equal(Reason.ReplicaBehind, error.Reason);
        Assert.Equal(TimeSpan.FromHours(1), error.RetryDelay);
        Assert.True(error.IsRetryable);
    }

    [Fact]
    public async Task A_raw_stub_carries_token_deadline_and_name()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();
        var raw = vibe.Raw(invoker => new DocumentService.DocumentServiceClient(invoker));

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await raw.GetDocumentAsync(new GetDocumentRequest(), cancellationToken: Stop)
        );

        Assert.Equal(Reason.ResourceNotFound, VibeException.From(error).Reason);
        var headers = Assert.Single(server.Documents.Headers);
        Assert.Equal("Bearer token-1", headers.GetValue("authorization"));
        Assert.StartsWith("vibe-csharp/", headers.GetValue("user-agent"), StringComparison.Ordinal);
        Assert.NotEqual(DateTime.MaxValue, Assert.Single(server.Documents.Deadlines));
    }

    [Fact]
    public async Task A_closed_client_refuses_calls()
    {
        await using var server = await ScriptedServer.StartAsync();
        var vibe = server.Client();
        await vibe.DisposeAsync();
        await vibe.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            vibe.Me.Collection("movies").Document("m1").GetAsync(cancellationToken: Stop)
        );
    }

    private static GetDocumentResponse Found(string json) =>
        new() { Document = ScriptedDocuments.Document("m1", json) };
}
