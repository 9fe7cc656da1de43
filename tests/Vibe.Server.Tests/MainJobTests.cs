using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Sync.V1;
using Vibe.Testing;

namespace Vibe.Server.Tests;

public sealed class MainJobTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task An_app_reads_writes_and_follows_until_it_is_revoked(Engine engine)
    {
        await using var server = await VibeServer.StartAsync(engine);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("notes", new Allow("movies", [Operation.Read, Operation.Create], "/Title"));
        await app.Actor.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = "spaces/me/collections/movies",
                DocumentId = "m1",
                Document = new Document { Json = ByteString.CopyFromUtf8("""{"Title":"Alien"}""") },
            }
        );
        await alice.Own.Documents.UpdateDocumentAsync(
            new UpdateDocumentRequest
            {
                Name = alice.Document("movies", "m1"),
                Document = new Document { Json = ByteString.CopyFromUtf8("""{"Year":1979}""") },
            }
        );
        var got = await app.Actor.Documents.GetDocumentAsync(
            new GetDocumentRequest { Name = alice.Document("movies", "m1"), JsonBodies = true }
        );
        Assert.Equal("""{"Title":"Alien"}""", got.Document.Json.ToStringUtf8());

        using var call = app.Actor.Sync.Subscribe(
            new SubscribeRequest { Scope = new Scope { Collection = "spaces/me/collections/movies" } }
        );
        var events = call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.NotNull(events.Current.Opened);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("m1", Assert.Single(events.Current.Page.Changes).DocumentId);
        Assert.NotNull(events.Current.Page.Checkpoint);
        await app.RevokeAsync();
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("GRANT_REVOKED", events.Current.End.Status.GetDetail<ErrorInfo>()!.Reason);
        Assert.False(await events.MoveNextAsync());
    }
}
