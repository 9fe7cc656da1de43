using System.Net;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Vibe.Data.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Data.Documents;

public abstract class NamesTests(EngineServer shared) : FrontDoorTests(shared)
{
    public static TheoryData<string> NoIds =>
        [".", "..", "%2F", "a%2Fb", "a b", "é", "a:b", "a*b", new string('x', 65), "a\0", "𝒳"];

    [Theory]
    [MemberData(nameof(NoIds))]
    public async Task What_is_no_id_is_refused_everywhere(string id)
    {
        Func<Task>[] calls =
        [
            () => Own.CreateAsync(Movies, id),
            () => Own.CreateAsync($"{Alice.Space}/collections/{id}", "m1"),
            () => Own.CreateAsync($"spaces/{id}/collections/movies", "m1"),
            () => Own.GetAsync(Movie(id)),
            () => Own.UpdateAsync(Movie(id), "{}", allowMissing: true),
            () => Own.DeleteAsync(Movie(id), allowMissing: true),
            () => Own.ShareAsync(Movie(id), null),
            () => Own.ListAsync($"{Alice.Space}/collections/{id}"),
            () => Own.BatchAsync("spaces/me", [Creation(Movie(id))]),
            () => Own.BatchAsync($"spaces/{id}", [Creation(Movie("m1"))]),
        ];
        foreach (var call in calls)
            Assert.Equal("NAME_INVALID", await ReasonAsync(call));
        Assert.Empty(await Own.ListAllAsync(Movies));
    }

    [Theory]
    [InlineData("")]
    [InlineData("movies")]
    [InlineData("spaces/me/collections/movies/documents/")]
    [InlineData("spaces/me/collections/movies/documents/m1/")]
    [InlineData("/spaces/me/collections/movies/documents/m1")]
    [InlineData("spaces//collections/movies/documents/m1")]
    [InlineData("spaces/me/collections/movies")]
    [InlineData("Spaces/me/collections/movies/documents/m1")]
    public async Task What_is_no_name_is_refused(string name) =>
        Assert.Equal("NAME_INVALID", await ReasonAsync(() => Own.GetAsync(name)));

    [Theory]
    [InlineData("x")]
    [InlineData("-._~Az09")]
    [InlineData("...")]
    [InlineData("me")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234")]
    public async Task What_is_an_id_is_one_on_every_door(string id)
    {
        var created = await Own.CreateAsync(Movies, id);
        Assert.Equal(created, await Own.GetAsync(Movie(id)));
        Assert.Equal(created, await Own.GetAsync($"spaces/me/collections/movies/documents/{id}"));
        using var client = Own.Rest();
        Assert.Contains(created.Name, await client.GetStringAsync($"/v1/{created.Name}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a%2Fb", HttpStatusCode.BadRequest)]
    [InlineData("%2E%2E%2Fm1", HttpStatusCode.BadRequest)]
    [InlineData("%C3%A9", HttpStatusCode.BadRequest)]
    [InlineData("a%20b", HttpStatusCode.BadRequest)]
    [InlineData("%6D1", HttpStatusCode.OK)]
    public async Task Escapes_in_addresses_lead_nowhere_else(string id, HttpStatusCode expected)
    {
        await Own.CreateAsync(Movies, "m1");
        using var client = Own.Rest();
        var answer = await client.GetAsync($"/v1/{Movies}/documents/{id}");
        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task The_own_space_is_me_and_answers_carry_its_id()
    {
        var bob = await Server.PersonAsync("bob");
        await Own.CreateAsync("spaces/me/collections/movies", "m1");
        Assert.Equal(
            "RESOURCE_NOT_FOUND",
            await ReasonAsync(() => bob.Own.GetAsync("spaces/me/collections/movies/documents/m1"))
        );
        var refusal = await Vibe.Testing.Refused.Async(() => Own.GetAsync("spaces/me/collections/movies/documents/m2"));
        Assert.Equal(Movie("m2"), refusal.Metadata()["resource"]);
        Assert.Equal(Movie("m1"), Assert.Single(await Own.ListAllAsync("spaces/me/collections/movies")).Name);
    }

    [Fact]
    public async Task Answers_have_the_form_of_the_request()
    {
        var json = new Document { Json = Utf8("""{"a":1}""") };
        var body = new Document { Body = Struct.Parser.ParseJson("""{"a":1}""") };
        foreach (var (document, id) in new[] { (json, "j"), (body, "b") })
        {
            var created = await Own.Documents.CreateDocumentAsync(
                new CreateDocumentRequest
                {
                    Parent = Movies,
                    DocumentId = id,
                    Document = document,
                }
            );
            Assert.Equal(document.ContentCase, created.Document.ContentCase);
            var updated = await Own.Documents.UpdateDocumentAsync(
                new UpdateDocumentRequest { Name = Movie(id), Document = document }
            );
            Assert.Equal(document.ContentCase, updated.Document.ContentCase);
            foreach (var jsonBodies in new[] { true, false })
            {
                var asked = jsonBodies ? Document.ContentOneofCase.Json : Document.ContentOneofCase.Body;
                var got = await Own.Documents.GetDocumentAsync(
                    new GetDocumentRequest { Name = Movie(id), JsonBodies = jsonBodies }
                );
                Assert.Equal(asked, got.Document.ContentCase);
                Assert.Equal(created.Document.Etag, got.Document.Etag);
            }
        }
        var absent = await Own.Documents.UpdateDocumentAsync(new UpdateDocumentRequest { Name = Movie("j") });
        Assert.Equal(body.Body, absent.Document.Body);
        Assert.Equal(Document.ContentOneofCase.Body, absent.Document.ContentCase);
    }

    [Theory]
    [InlineData("""{"":1}""", true)]
    [InlineData("""{"a":[{"":{},"b":0}]}""", true)]
    [InlineData("""{"a":",\"\":","{\"":"{\"\":"}""", false)]
    public async Task Content_with_a_member_that_has_an_empty_name_goes_as_text(string json, bool isText)
    {
        var expected = isText ? Document.ContentOneofCase.Json : Document.ContentOneofCase.Body;
        await Own.CreateAsync(Movies, "m1", json);

        var got = await Own.Documents.GetDocumentAsync(new GetDocumentRequest { Name = Movie("m1") });
        var listed = await Own.Documents.ListDocumentsAsync(new ListDocumentsRequest { Parent = Movies });

        Assert.Equal(expected, got.Document.ContentCase);
        Assert.Equal(got.Document, Assert.Single(listed.Documents));
        if (isText)
            Assert.Equal(json, got.Document.Json.ToStringUtf8());
        else
            Assert.Equal(["a", "{\""], got.Document.Body.Fields.Keys);
    }

    [Fact]
    public async Task An_error_about_the_whole_of_a_text_names_no_place()
    {
        var refusal = await Vibe.Testing.Refused.Async(() => Own.CreateAsync(Movies, "m1", " "));

        Assert.Equal("JSON_INVALID", refusal.Reason());
        Assert.Equal(["cause"], refusal.Metadata().Keys);
    }

    [Fact]
    public async Task A_structured_value_without_a_kind_or_beyond_numbers_is_refused()
    {
        Value[] wrong =
        [
            new(),
            Value.ForNumber(double.NaN),
            Value.ForNumber(double.PositiveInfinity),
            Value.ForString("\0"),
            Value.ForList(new Value()),
        ];
        foreach (var value in wrong)
        {
            var request = new CreateDocumentRequest
            {
                Parent = Movies,
                Document = new Document { Body = new Struct() },
            };
            request.Document.Body.Fields["a"] = value;
            var refusal = await Vibe.Testing.Refused.Async(async () =>
                await Own.Documents.CreateDocumentAsync(request)
            );
            Assert.Equal("JSON_INVALID", refusal.Reason());
            Assert.StartsWith("/a", refusal.Metadata()["path"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_REST_cannot_read_strictly_is_refused_with_its_place()
    {
        using var client = Own.Rest();
        foreach (var json in new[] { """{"a":1,"a":2}""", """{"a":9007199254740993}""", """{"a":"\ud800"}""" })
        {
            var content = new StringContent($$"""{"body":{{json}}}""", Encoding.UTF8, "application/json");
            var answer = await client.PostAsync($"/v1/{Movies}/documents", content);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Contains("JSON_INVALID", text, StringComparison.Ordinal);
            Assert.Contains("/body/a", text, StringComparison.Ordinal);
        }
    }

    public sealed class OnSqlite(SqliteServer server) : NamesTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : NamesTests(server), IClassFixture<PostgresServer>;
}
