using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Data.V1;
using Vibe.Identity.Keys;
using Vibe.Storage;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>What becomes of tokens when the server's keys are rotated, revoked or lost (R3).</summary>
public sealed class KeyRotationTests
{
    private const string Movies = "movies";

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task After_a_rotation_every_token_from_before_goes_on(Engine engine)
    {
        await using var server = await VibeServer.StartAsync(engine);
        var alice = await server.PersonAsync("alice");
        var tokens = await Tokens.TakeAsync(alice.Own, alice);

        await RotateAsync(server, revokeOld: false);

        await tokens.AssertGoOnAsync(alice.Own, alice);
        await tokens.AssertGoOnAsync(server.Owner(alice), alice);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task When_the_old_keys_are_revoked_their_tokens_end_and_the_data_stays(Engine engine)
    {
        await using var server = await VibeServer.StartAsync(engine);
        var alice = await server.PersonAsync("alice");
        var tokens = await Tokens.TakeAsync(alice.Own, alice);
        var before = await alice.Own.ListAsync(alice.Collection(Movies));

        await RotateAsync(server, revokeOld: true);

        await AssertSignedOutAsync(alice.Own, alice);
        await tokens.AssertEndedAsync(server.Owner(alice), alice);
        Assert.Equal(before, await server.Owner(alice).ListAsync(alice.Collection(Movies)));
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task When_all_keys_are_lost_tokens_end_and_the_data_stays(Engine engine)
    {
        await using var data = await StoredData.NewAsync(engine);
        Person alice;
        Tokens tokens;
        SortedDictionary<string, string> before;
        string signedIn;
        await using (var server = await data.StartAsync())
        {
            alice = await server.PersonAsync("alice");
            signedIn = alice.Own.Token!;
            tokens = await Tokens.TakeAsync(alice.Own, alice);
            before = await alice.Own.ListAsync(alice.Collection(Movies));
            await using var write = await server.Services.GetRequiredService<Database>().WriteAsync(default);
            await write.ExecuteAsync("DELETE FROM server_keys", [], default);
            await write.CommitAsync();
            File.Delete(Path.Combine(server.Folder, "master.key"));
        }

        await using (var server = await data.StartAsync())
        {
            await AssertSignedOutAsync(server.With(signedIn), alice);
            await tokens.AssertEndedAsync(server.Owner(alice), alice);
            Assert.Equal(before, await server.Owner(alice).ListAsync(alice.Collection(Movies)));
        }
    }

    private static async Task RotateAsync(VibeServer server, bool revokeOld)
    {
        var ring = server.Services.GetRequiredService<KeyRing>();
        await ring.RotateAsync(revokeOld, default);
        await ring.RefreshAsync(default);
    }

    private static async Task AssertSignedOutAsync(Actor actor, Person alice)
    {
        var refusal = await Refused.Async(() => actor.PullAsync(alice.Collection(Movies)));

        Assert.Equal(StatusCode.Unauthenticated, refusal.StatusCode);
        Assert.Equal("ACCESS_TOKEN_INVALID", refusal.Reason());
    }

    /// <summary>A token of each kind that only the server reads.</summary>
    private sealed record Tokens(string Resume, string Page, string Consistency)
    {
        public static async Task<Tokens> TakeAsync(Actor actor, Person alice)
        {
            var collection = alice.Collection(Movies);
            var consistency = "";
            for (var n = 0; n < 5; n++)
                consistency = (await actor.CreateAsync($"{collection}/documents/d{n}", "{}")).ConsistencyToken;
            var list = new ListDocumentsRequest { Parent = collection, PageSize = 2 };
            return new Tokens(
                (await actor.PullAsync(collection)).ResumeToken,
                (await actor.Documents.ListDocumentsAsync(list)).NextPageToken,
                consistency
            );
        }

        public async Task AssertGoOnAsync(Actor actor, Person alice)
        {
            var page = await actor.PullAsync(alice.Collection(Movies), Resume);
            Assert.False(page.Reset);
            Assert.Empty(page.Changes);
            Assert.Equal(2, (await actor.Documents.ListDocumentsAsync(Next(alice))).Documents.Count);
            await actor.Documents.GetDocumentAsync(Since(alice));
        }

        public async Task AssertEndedAsync(Actor actor, Person alice)
        {
            var collection = alice.Collection(Movies);
            var page = await actor.PullAsync(collection, Resume);
            Assert.True(page.Reset);
            Assert.Equal(5, page.Changes.Count);
            await using (var follower = await Follower.OpenAsync(actor, Scope(collection, Resume)))
                Assert.True((await follower.PageAsync()).Reset);
            Assert.Equal(
                "PAGE_TOKEN_INVALID",
                (await Refused.Async(() => actor.Documents.ListDocumentsAsync(Next(alice)).ResponseAsync)).Reason()
            );
            Assert.Equal(
                "CONSISTENCY_TOKEN_INVALID",
                (await Refused.Async(() => actor.Documents.GetDocumentAsync(Since(alice)).ResponseAsync)).Reason()
            );
        }

        private ListDocumentsRequest Next(Person alice) =>
            new()
            {
                Parent = alice.Collection(Movies),
                PageSize = 2,
                PageToken = Page,
            };

        private GetDocumentRequest Since(Person alice) =>
            new() { Name = alice.Document(Movies, "d0"), ConsistencyTokens = { Consistency } };
    }
}
