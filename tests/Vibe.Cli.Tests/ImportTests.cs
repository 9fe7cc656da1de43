using System.Text.Json;

namespace Vibe.Cli.Tests;

public class ImportTests(DevServer server)
{
    private static readonly (int Line, string Path, string Reason)[] Wrong =
    [
        (2, "/Title", "JSON_INVALID"),
        (4, "/Note", "JSON_INVALID"),
        (6, "/Ids/1", "JSON_INVALID"),
        (7, "", "JSON_INVALID"),
        (8, "/Cast/0/Name", "JSON_INVALID"),
        (10, "/Cast/0/Role", "JSON_INVALID"),
        (11, "/Tree" + string.Concat(Enumerable.Repeat("/a", 29)), "DOCUMENT_TOO_DEEP"),
    ];

    private static string Faulty => Path.Combine(Running.Root, "samples/faulty.jsonl");

    [Fact]
    public async Task Exactly_the_seven_wrong_lines_of_twelve_are_refused_with_line_path_and_reason()
    {
        var outcome = await server.RunAsync("import", Faulty, "faulty", "--as", "alice", "--json");

        Assert.Equal(1, outcome.ExitCode);
        var lines = outcome.Lines.Select(line => JsonElement.Parse(line)).ToArray();
        Assert.Equal(
            Wrong,
            lines
                .Where(line =>
                    line.TryGetProperty("refused", out var reason) && reason.ValueKind == JsonValueKind.String
                )
                .Select(line =>
                    (
                        line.GetProperty("line").GetInt32(),
                        line.GetProperty("path").GetString()!,
                        line.GetProperty("refused").GetString()!
                    )
                )
        );
        Assert.Equal("""{"read":12,"created":5,"existing":0,"refused":7}""", lines[^1].GetRawText());
        Assert.Equal(5, (await server.LinesAsync("ls", "faulty", "--as", "alice")).Length);
        Assert.All(Wrong, wrong => Assert.Contains($"line {wrong.Line}: ", outcome.Errors, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Importing_twice_changes_nothing()
    {
        var films = Path.Combine(Running.Root, "samples/films.jsonl");
        var first = await server.JsonAsync("import", films, "films", "--as", "alice");
        var before = await server.LinesAsync("ls", "films", "--as", "alice", "--json");
        var second = await server.JsonAsync("import", films, "films", "--as", "alice");
        var after = await server.LinesAsync("ls", "films", "--as", "alice", "--json");

        Assert.Equal("""{"read":200,"created":200,"existing":0,"refused":0}""", first[^1].GetRawText());
        Assert.Equal("""{"read":200,"created":0,"existing":200,"refused":0}""", second[^1].GetRawText());
        Assert.Equal(200, before.Length);
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task A_rerun_overwrites_no_edit_and_revives_no_deletion()
    {
        var file = server.Write("people.jsonl", """{"id":"a","n":1}""", """{"id":"b","n":1}""", """{"id":"c","n":1}""");
        await server.LinesAsync("import", file, "rerun", "--as", "alice", "--id-field", "id");
        await server.LinesAsync("put", "rerun/a", """{"id":"a","n":2}""", "--as", "alice");
        await server.LinesAsync("rm", "rerun/b", "--as", "alice");
        var summary = await server.LinesAsync("import", file, "rerun", "--as", "alice", "--id-field", "id");

        Assert.Equal(["3 read, 0 created, 3 existing, 0 refused"], summary);
        Assert.Equal(
            ["""a""" + "\t" + """{"id":"a","n":2}""", "c\t" + """{"id":"c","n":1}"""],
            await server.LinesAsync("ls", "rerun", "--as", "alice")
        );
    }

    [Fact]
    public async Task Equal_records_become_documents_of_their_own_under_the_same_ids_every_time()
    {
        var file = server.Write("equal.jsonl", """{"a":1,"b":2}""", """{"b":2,"a":1.0}""", "", """{"a":1,"b":2}""");
        await server.LinesAsync("import", file, "equal", "--as", "alice");
        var ids = (await server.JsonAsync("ls", "equal", "--as", "alice")).Select(line =>
            line.GetProperty("id").GetString()!
        );

        var first = ids.First();
        Assert.Matches("^[0-9a-f]{32}$", first);
        Assert.Equal([first, $"{first}-2", $"{first}-3"], ids);
    }

    [Fact]
    public async Task A_member_gives_the_id_and_what_is_no_valid_id_is_made_into_one()
    {
        var file = server.Write(
            "ids.jsonl",
            """{"key":"plain"}""",
            """{"key":42}""",
            """{"key":"with space"}""",
            """{"key":null}""",
            """{"key":"plain","more":1}"""
        );
        var outcome = await server.RunAsync("import", file, "ids", "--as", "alice", "--id-field", "key");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("line 4: /key: ID_MISSING", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("line 5: /key: ID_REPEATED: Line 1 ", outcome.Errors, StringComparison.Ordinal);
        var ids = (await server.JsonAsync("ls", "ids", "--as", "alice")).Select(line =>
            line.GetProperty("id").GetString()!
        );
        Assert.Equal(["42", "plain"], ids.Take(2));
        Assert.Matches("^~[0-9a-f]{32}$", ids.Last());
    }

    [Fact]
    public async Task A_dry_run_needs_no_server_and_finds_the_same_faults()
    {
        var outcome = await Running.RunAsync(server.Folder, [], "import", Faulty, "dry", "--dry-run", "--json");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("""{"read":12,"created":0,"existing":0,"refused":7,"dry_run":true}""", outcome.Lines[^1]);
    }

    [Fact]
    public async Task Members_that_an_app_may_not_create_are_refused_line_by_line()
    {
        var file = server.Write(
            "writer.json",
            """
            {"id": "writer", "displayName": "Writer", "access": [{"collection": "written", "purpose": "To write.",
             "operations": ["OPERATION_CREATE"], "fields": ["/a"]}]}
            """
        );
        await server.LinesAsync("app", "add", file, "--as", "alice");
        await server.LinesAsync(
            "grant",
            "add",
            "writer",
            "--as",
            "alice",
            "--collection",
            "written",
            "--operations",
            "create",
            "--fields",
            "a"
        );
        var records = server.Write("written.jsonl", """{"a":1}""", """{"a":2,"b":2}""", """{"a":3}""");
        var outcome = await server.RunAsync("import", records, "written", "--as", "alice", "--app", "writer");

        Assert.Equal("3 read, 2 created, 0 existing, 1 refused\n", outcome.Output);
        Assert.Contains("line 2: /b: FIELD_NOT_GRANTED", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await server.LinesAsync("ls", "written", "--as", "alice")).Length);
    }
}
