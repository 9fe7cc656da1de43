using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>JSON that others publish, through the front door: each file as the value of one member.</summary>
public abstract class VectorDoorTests(EngineServer shared) : FrontDoorTests(shared)
{
    // Valid by the grammar and refused: engines cannot hold them alike, or readers would not agree on what they say.
    private static readonly Dictionary<string, string> RefusedThoughValid = new()
    {
        ["y_object_duplicated_key.json"] = "duplicate",
        ["y_object_duplicated_key_and_value.json"] = "duplicate",
        ["y_object_escaped_null_in_key.json"] = "nul",
        ["y_string_null_escape.json"] = "nul",
    };

    // Left open by the grammar and taken.
    private static readonly string[] TakenThoughOpen =
    [
        "i_number_double_huge_neg_exp.json",
        "i_number_real_underflow.json",
    ];

    // Closes the document, and what follows is no part of the value any more: over REST the same.
    private const string ClosesTheDocument = "n_object_followed_by_closing_object.json";

    // What the engines stored for each file; whichever comes second compares.
    private static readonly ConcurrentDictionary<string, string> Stored = new();

    [Fact]
    public async Task Each_file_gets_the_same_verdict_on_both_doors_and_a_refusal_leaves_no_trace()
    {
        var files = Directory.GetFiles(OutsideVectors.Folder(Path.Combine("json-parsing", "test_parsing")));
        Assert.True(files.Length > 100, "There are too few files.");
        using var client = Own.Rest();
        var (_, token) = await Own.PullAsync(Movies);
        var taken = new List<string>();
        var number = 0;
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            if (name == ClosesTheDocument)
                continue;
            var json = await File.ReadAllBytesAsync(file);
            var id = $"v{number++:000}";
            var verdict = await OverGrpcAsync($"{id}-g", json);
            var overRest = await OverRestAsync(client, $"{id}-r", json);
            var expected = name[0] switch
            {
                'y' => !RefusedThoughValid.ContainsKey(name),
                'n' => false,
                _ => TakenThoughOpen.Contains(name),
            };
            Assert.True(expected == (verdict is null), $"{name}: {verdict}");
            Assert.True(verdict == overRest, $"{name}: {verdict} over gRPC, {overRest} over REST");
            if (RefusedThoughValid.TryGetValue(name, out var cause))
                Assert.Equal($"JSON_INVALID {cause}", verdict);
            if (verdict is not null)
                continue;
            taken.AddRange([$"{id}-g", $"{id}-r"]);
            var text = (await Own.GetAsync(Movie($"{id}-g"))).Text();
            Assert.Equal(text, (await Own.GetAsync(Movie($"{id}-r"))).Text());
            Assert.Equal(text, Stored.GetOrAdd(name, text));
        }
        Assert.Equal(taken, (await Own.ListAllAsync(Movies, 1000)).Select(document => document.Name.Split('/')[^1]));
        Assert.Equal(taken, (await Own.PullAsync(Movies, token)).Changes.Select(change => change.DocumentId));
    }

    [Fact]
    public async Task A_refused_update_leaves_what_was_there()
    {
        var files = Directory.GetFiles(OutsideVectors.Folder(Path.Combine("json-parsing", "test_parsing")), "n_*.json");
        var created = await Own.CreateAsync(Movies, "m1", """{"value":1}""");
        var (_, token) = await Own.PullAsync(Movies);
        await Parallel.ForEachAsync(
            files.Where(file => Path.GetFileName(file) != ClosesTheDocument),
            async (file, _) =>
            {
                var json = await File.ReadAllBytesAsync(file, CancellationToken.None);
                var request = new UpdateDocumentRequest { Name = Movie("m1"), Document = Holding(json) };
                var reason = await ReasonAsync(async () => await Own.Documents.UpdateDocumentAsync(request));
                Assert.True(reason is "JSON_INVALID" or "DOCUMENT_TOO_DEEP", reason);
            }
        );
        Assert.Equal(created, await Own.GetAsync(Movie("m1")));
        Assert.Empty((await Own.PullAsync(Movies, token)).Changes);
    }

    [Fact]
    public async Task Every_naughty_string_comes_back_as_it_went_in_on_both_doors()
    {
        var blns = Path.Combine(OutsideVectors.Folder("naughty-strings"), "blns.json");
        var strings = JsonSerializer.Deserialize<string[]>(await File.ReadAllBytesAsync(blns))!;
        Assert.NotEmpty(strings);
        using var client = Own.Rest();
        var names = strings.Select((_, index) => $"s{index:000}").ToArray();
        var byBytes = new Struct();
        for (var index = 0; index < strings.Length; index++)
            byBytes.Fields[names[index]] = Value.ForString(strings[index]);
        var json = JsonSerializer.SerializeToUtf8Bytes(
            names.Zip(strings).ToDictionary(pair => pair.First, pair => pair.Second)
        );
        await Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Movies,
                DocumentId = "grpc",
                Document = new Document { Json = ByteString.CopyFrom(json) },
            }
        );
        await Own.Documents.CreateDocumentAsync(
            new CreateDocumentRequest
            {
                Parent = Movies,
                DocumentId = "struct",
                Document = new Document { Body = byBytes },
            }
        );
        var posted = await client.PostAsync(
            $"/v1/{Movies}/documents?documentId=rest",
            new StringContent($$"""{"body":{{Encoding.UTF8.GetString(json)}}}""", Encoding.UTF8, "application/json")
        );
        posted.EnsureSuccessStatusCode();
        var etags = new HashSet<string>();
        foreach (var id in new[] { "grpc", "struct", "rest" })
        {
            var document = await Own.GetAsync(Movie(id));
            etags.Add(document.Etag);
            Assert.Equal(strings, Strings(JsonSerializer.Deserialize<JsonElement>(document.Json.Span)));
            Assert.Equal(document.Text(), Stored.GetOrAdd("naughty", document.Text()));
            var rest = JsonSerializer.Deserialize<JsonElement>(await client.GetByteArrayAsync($"/v1/{Movie(id)}"));
            Assert.Equal(strings, Strings(rest.GetProperty("document").GetProperty("body")));
            var structured = await Own.Documents.GetDocumentAsync(new GetDocumentRequest { Name = Movie(id) });
            Assert.Equal(strings, names.Select(name => structured.Document.Body.Fields[name].StringValue));
        }
        Assert.Single(etags);

        IEnumerable<string> Strings(JsonElement body) => names.Select(name => body.GetProperty(name).GetString()!);
    }

    [Fact]
    public async Task Every_naughty_string_may_be_a_name_of_a_member_where_it_has_the_length()
    {
        var blns = Path.Combine(OutsideVectors.Folder("naughty-strings"), "blns.json");
        var names = JsonSerializer
            .Deserialize<string[]>(await File.ReadAllBytesAsync(blns))!
            .Where(name => Encoding.UTF8.GetByteCount(name) <= 256)
            .Distinct()
            .ToArray();
        var json = JsonSerializer.SerializeToUtf8Bytes(names.ToDictionary(name => name, _ => 1));
        var created = await Own.CreateAsync(Movies, "m1", Encoding.UTF8.GetString(json));
        var members = JsonSerializer.Deserialize<Dictionary<string, int>>(created.Json.Span)!.Keys;
        Assert.Equal(names.Order(StringComparer.Ordinal), members);
        foreach (var chunk in names.Chunk(200))
        {
            var paths = chunk.Select(name =>
                "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)
            );
            await Own.UpdateAsync(Movie("m1"), "{}", [.. paths]);
        }
        Assert.Equal("{}", (await Own.GetAsync(Movie("m1"))).Text());
    }

    private static Document Holding(byte[] json) =>
        new() { Json = ByteString.CopyFrom([.. "{\"value\":"u8, .. json, .. "}"u8]) };

    private async Task<string?> OverGrpcAsync(string id, byte[] json)
    {
        try
        {
            await Own.Documents.CreateDocumentAsync(
                new CreateDocumentRequest
                {
                    Parent = Movies,
                    DocumentId = id,
                    Document = Holding(json),
                }
            );
            return null;
        }
        catch (RpcException refusal)
        {
            return Verdict(refusal.Reason(), refusal.Metadata().TryGetValue("cause", out var cause) ? cause : null);
        }
    }

    private async Task<string?> OverRestAsync(HttpClient client, string id, byte[] json)
    {
        var content = new ByteArrayContent([.. "{\"body\":{\"value\":"u8, .. json, .. "}}"u8]);
        content.Headers.ContentType = new("application/json");
        var answer = await client.PostAsync($"/v1/{Movies}/documents?documentId={id}", content);
        if (answer.StatusCode == HttpStatusCode.OK)
            return null;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, text);
        var info = JsonDocument.Parse(text).RootElement.GetProperty("details")[0];
        var metadata = info.GetProperty("metadata");
        return Verdict(
            info.GetProperty("reason").GetString()!,
            metadata.TryGetProperty("cause", out var cause) ? cause.GetString() : null
        );
    }

    private static string Verdict(string reason, string? cause) => cause is null ? reason : $"{reason} {cause}";

    public sealed class OnSqlite(SqliteServer server) : VectorDoorTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : VectorDoorTests(server), IClassFixture<PostgresServer>;
}
