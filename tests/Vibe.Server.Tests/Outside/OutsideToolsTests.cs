using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.Hosting;
using Vibe.Data.V1;
using Vibe.Server.Tests.Door;
using Vibe.Testing;

namespace Vibe.Server.Tests.Outside;

/// <summary>The contract can be used without our clients: programs that others' tools make speak to a real server.</summary>
public sealed class OutsideToolsTests
{
    [Theory]
    [InlineData("generated")]
    [InlineData("loaded")]
    public async Task Stubs_of_others_create_read_follow_and_learn_why_they_are_refused(string manner)
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");

        var seen = await RunAsync(manner, server.GrpcAddress.Authority, alice.Own.Token!);

        var kept = await alice.Own.Documents.GetDocumentAsync(
            new GetDocumentRequest { Name = alice.Document("movies", "m1") }
        );
        Same(
            $$"""
            {
              "created": "{{kept.Document.Etag}}",
              "read": ["{{kept.Document.Etag}}", {"Title": "Alien"}],
              "caughtUp": ["m1"],
              "changed": [["m2", {"Title": "Aliens"}]],
              "refused": ["ALREADY_EXISTS", "vibe RESOURCE_EXISTS"]
            }
            """,
            seen
        );
    }

    [Fact]
    public async Task A_client_that_knows_nothing_finds_and_calls_a_method_by_reflection()
    {
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        await alice.Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = alice.Collection("movies"),
                DocumentId = "m1",
                Document = new Document { Json = ByteString.CopyFromUtf8("""{"Title":"Alien"}""") },
            }
        );

        var seen = await RunAsync(
            "reflected",
            server.GrpcAddress.Authority,
            alice.Own.Token!,
            $"{DocumentService.Descriptor.FullName}.GetDocument",
            """{"name":"spaces/me/collections/movies/documents/m1"}"""
        );

        var services = seen["services"]!.AsArray().Select(service => service!.GetValue<string>()).ToList();
        Assert.All(AccessTable.Rows, row => Assert.Contains(row.Method.Service.FullName, services));
        Same("""{"Title": "Alien"}""", seen["response"]!["document"]!["body"]!);
    }

    [Fact]
    public async Task Reflection_is_closed_outside_development()
    {
        await using var server = await VibeServer.StartAsync(
            new ServerSetup { EnvironmentName = Environments.Production }
        );
        using var call = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();

        // Nothing is asked, since whoever is refused meanwhile may be told by the write or by the read.
        var refused = await Assert.ThrowsAsync<RpcException>(() =>
            call.ResponseStream.MoveNext(CancellationToken.None)
        );
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    private static async Task<JsonNode> RunAsync(params string[] arguments)
    {
        var run = await Tool.RunAsync("outside", arguments, TestContext.Current.CancellationToken);
        Requirement.Is(run.ExitCode != Tool.LacksSomething, run.Errors);
        Assert.True(run.ExitCode == 0, $"{run.Output}\n{run.Errors}");
        return JsonNode.Parse(run.Output)!;
    }

    private static void Same(string expected, JsonNode seen) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), seen), seen.ToJsonString());
}
