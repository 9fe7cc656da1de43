using System.Text.Json.Nodes;
using Google.Protobuf;
using Vibe.Access.V1;
using Vibe.Cases.Runners;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Cases.Tests;

/// <summary>The TypeScript client in a browser, by gRPC-web through Envoy, over each version of HTTP that browsers use there.</summary>
public sealed class BrowserThroughEnvoyTests
{
    private const string Kind = "typescript-chromium";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("h2", "--disable-quic")]
    [InlineData("h3", "--enable-quic --origin-to-force-quic-on=")]
    public async Task It_reads_and_follows_until_its_grant_is_revoked(string protocol, string options)
    {
        if (await RunnerKinds.PrepareAsync(Kind) is { } missing)
            throw Missing.Exception(missing);
        await using var server = await VibeServer.StartAsync(Engine.Sqlite);
        var alice = await server.PersonAsync("alice");
        var app = await alice.AppAsync("reader", new Allow("movies", [Operation.Read], "*"));
        await CreateAsync(alice, "alien");
        await using var envoy = await Envoy.StartAsync(server.GrpcAddress);
        var place = $"127.0.0.1:{envoy.Address.Port}";
        await using var browser = await Runner.StartAsync(
            Kind,
            "node",
            [
                Path.Combine(Checkout.Root, "tests/browser/case_runner.mjs"),
                $"https://{place}",
                $"--ignore-certificate-errors-spki-list={envoy.Pin}",
                .. options.Replace("on=", $"on={place}", StringComparison.Ordinal).Split(' '),
            ]
        );

        await AskAsync(
            browser,
            "open",
            ("address", $"https://{place}"),
            ("web", $"https://{place}"),
            ("tokens", new JsonArray(app.Actor.Token))
        );
        var read = await AskAsync(browser, "get", ("collection", "movies"), ("document", "alien"));
        Assert.Equal("alien", read["ok"]!["document"]!["id"]!.GetValue<string>());

        await AskAsync(browser, "subscribe", ("collection", "movies"), ("feed", "f"));
        Assert.Equal(["alien"], IdsOf(await AskAsync(browser, "next", ("feed", "f"))));
        var next = AskAsync(browser, "next", ("feed", "f"));
        await CreateAsync(alice, "heat");
        Assert.Equal(["heat"], IdsOf(await next));

        await app.RevokeAsync();
        var end = await AskAsync(browser, "next", ("feed", "f"));
        Assert.Equal("GRANT_REVOKED", end["error"]!["reason"]!.GetValue<string>());

        Assert.Equal(protocol, await ProtocolAsync(browser, "/vibe.data.v1.DocumentService/GetDocument"));
        Assert.Equal(protocol, await ProtocolAsync(browser, "/vibe.sync.v1.SyncService/Subscribe"));
    }

    private static IEnumerable<string> IdsOf(JsonObject answer) =>
        answer["ok"]!["page"]!["changes"]!.AsArray().Select(change => change!["id"]!.GetValue<string>());

    private static async Task<string> ProtocolAsync(Runner browser, string path) =>
        (await AskAsync(browser, "protocol", ("path", path)))["ok"]!["protocol"]!.GetValue<string>();

    private static Task<JsonObject> AskAsync(
        Runner browser,
        string what,
        params (string Name, JsonNode? Value)[] members
    )
    {
        var request = new JsonObject { ["do"] = what };
        if (what is "open" or "get" or "subscribe")
            request["client"] = "reader";
        if (what is "get" or "subscribe")
            request["space"] = "me";
        foreach (var (name, value) in members)
            request[name] = value;
        return browser.Ask(request).Answer.WaitAsync(Patience);
    }

    private static async Task CreateAsync(Person alice, string id) =>
        await alice.Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = alice.Collection("movies"),
                DocumentId = id,
                Document = new Document { Json = ByteString.CopyFromUtf8("{}") },
            }
        );
}
