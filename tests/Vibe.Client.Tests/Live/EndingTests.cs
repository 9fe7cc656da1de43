using System.Text.Json.Nodes;
using Vibe.Client.Tests.Scripted;
using Vibe.Testing;
using Xunit;
using Rights = Vibe.Access.V1.Operation;

namespace Vibe.Client.Tests.Live;

public sealed class EndingTests(LiveServers servers) : IClassFixture<LiveServers>
{
    // What a token of two seconds leaves a stream is less than what a client renews ahead of time; eight is more.
    public static TheoryData<Engine, int> Lifetimes { get; } =
        new()
        {
            { Engine.Sqlite, 2 },
            { Engine.Sqlite, 8 },
            { Engine.Postgres, 2 },
            { Engine.Postgres, 8 },
        };

    [Theory, EachEngine]
    public async Task A_revoked_grant_ends_both_loops_and_all_calls_with_the_reason(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("notes", [Rights.Read, Rights.Create], "*"));
        await using var vibe = server.Client(app.Actor);
        var notes = vibe.Me.Collection("notes");
        await notes.CreateAsync([]);
        await using var views = notes.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var pages = notes.SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        await views.NextAsync();
        await pages.NextAsync();

        await app.RevokeAsync();

        Assert.Equal(Reason.GrantRevoked, (await views.EndAsync()).Reason);
        Assert.Equal(Reason.GrantRevoked, (await pages.EndAsync()).Reason);
        var call = await Assert.ThrowsAsync<VibeException>(() => notes.CreateAsync([]));
        Assert.Equal(Reason.GrantRevoked, call.Reason);
        Assert.Equal(app.Grant.Name, call.Metadata["grant"]);
        await using var again = notes.SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        Assert.Equal(Reason.GrantRevoked, (await again.EndAsync()).Reason);
    }

    [Theory]
    [MemberData(nameof(Lifetimes))]
    public async Task A_token_that_ends_is_followed_by_the_next_without_a_gap_or_a_flicker(Engine engine, int seconds)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync(new Allow("notes", [Rights.Read], "*"));
        var wire = new WireRecorder();
        var lifetime = TimeSpan.FromSeconds(seconds);
        var asked = 0;
        await using var own = server.Client(alice.Own);
        await using var vibe = new VibeClient(
            server.GrpcAddress,
            TokenSource.From(_ =>
            {
                asked++;
                return Task.FromResult<AccessToken?>(
                    new AccessToken(app.WithTokenOf(lifetime).Token!, DateTimeOffset.UtcNow + lifetime)
                );
            }),
            wire.Options()
        );
        var mirror = new Mirror();
        var count = 0;
        await using var views = vibe.Me.Collection("notes").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var pages = vibe.Me.Collection("notes").SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        Assert.True((await views.NextAsync()).IsLive);
        mirror.Apply(await pages.NextAsync());

        // Each write is one change in both loops, until the stream of both was opened twice more.
        var opened = wire.Requests.Count;
        while (wire.Requests.Count < opened + 2)
        {
            await own.Me.Collection("notes").Document($"n{count++:0000}").CreateAsync([]);
            var view = await views.NextAsync();
            Assert.True(view.IsLive);
            Assert.Equal(count, view.Documents.Count);
            Assert.Single(view.Changes);
            ChangePage<JsonObject> page;
            do
            {
                page = await pages.NextAsync();
                Assert.False(page.IsReset);
                mirror.Apply(page);
            } while (page.Changes.Count == 0);
            Assert.Equal(count, mirror.Documents.Count());
            Assert.Single(page.Changes);
        }

        Assert.True(asked > 1);
    }

    [Theory, EachEngine]
    public async Task A_source_that_gives_no_more_tokens_ends_the_loops(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var tokens = new Queue<AccessToken?>([server.Token(alice.Did, "vibe", null, TimeSpan.FromSeconds(2)), null]);
        await using var vibe = new VibeClient(
            server.GrpcAddress,
            TokenSource.From(_ => Task.FromResult(tokens.TryDequeue(out var token) ? token : null))
        );
        await using var views = vibe.Me.Collection("notes").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await using var pages = vibe.Me.Collection("notes").SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        await views.NextAsync();
        await pages.NextAsync();

        var end = await views.EndAsync();

        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, end.Code);
        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, (await pages.EndAsync()).Code);
        var call = await Assert.ThrowsAsync<VibeException>(() => vibe.Me.Collection("notes").CreateAsync([]));
        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, call.Code);
    }

    [Theory, EachEngine]
    public async Task A_fixed_token_that_ends_ends_the_loop_with_the_servers_reason(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        await using var vibe = new VibeClient(
            server.GrpcAddress,
            server.Token(alice.Did, "vibe", null, TimeSpan.FromSeconds(2))
        );
        await using var views = vibe.Me.Collection("notes").SnapshotsAsync(Patience.Stop).GetAsyncEnumerator();
        await views.NextAsync();

        Assert.Equal(Reason.AccessTokenExpired, (await views.EndAsync()).Reason);
    }

    [Theory, EachEngine]
    public async Task A_source_that_fails_is_asked_again(Engine engine)
    {
        var server = await servers.On(engine);
        var alice = await server.PersonAsync("alice");
        var asked = 0;
        await using var vibe = new VibeClient(
            server.GrpcAddress,
            TokenSource.From(_ =>
                ++asked % 3 != 0
                    ? throw new InvalidOperationException("The sign-in is away.")
                    : Task.FromResult<AccessToken?>(server.Token(alice.Did, "vibe", null, TimeSpan.FromSeconds(2)))
            ),
            LiveClients.Eager
        );
        var notes = vibe.Me.Collection("notes");
        await using var pages = notes.SubscribeAsync(null, Patience.Stop).GetAsyncEnumerator();
        await pages.NextAsync();
        await notes.Document("a").CreateAsync([]);

        Assert.Equal("a", (await pages.UntilAsync(page => page.Changes.Count > 0)).Changes.Single().Id);
        while (asked < 7)
        {
            Assert.False((await pages.NextAsync()).IsReset);
        }
    }
}
