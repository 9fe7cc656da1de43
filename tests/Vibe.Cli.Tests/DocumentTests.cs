namespace Vibe.Cli.Tests;

public class DocumentTests(DevServer server)
{
    [Fact]
    public async Task A_document_is_put_got_listed_and_removed()
    {
        await server.LinesAsync("put", "notes/n1", """{"b":2,"a":1}""", "--as", "bob");
        await server.LinesAsync("put", "notes/n1", """{"c":[]}""", "--merge", "--as", "bob");

        Assert.Equal(["""{"a":1,"b":2,"c":[]}"""], await server.LinesAsync("get", "notes/n1", "--as", "bob"));
        Assert.Contains("notes", await server.LinesAsync("ls", "--as", "bob"));
        Assert.Equal("notes", (await server.JsonAsync("ls", "--as", "bob"))[0].GetProperty("collection").GetString());
        await server.LinesAsync("rm", "notes/n1", "--as", "bob");
        Assert.Equal(1, (await server.RunAsync("get", "notes/n1", "--as", "bob")).ExitCode);
    }

    [Fact]
    public async Task An_app_sees_the_members_that_it_was_granted()
    {
        var movies = await server.JsonAsync("ls", "movies", "--as", "alice", "--app", "reader");

        Assert.Equal(3, movies.Length);
        Assert.All(
            movies,
            movie =>
                Assert.Equal(
                    ["Release Date", "Title"],
                    movie.GetProperty("body").EnumerateObject().Select(member => member.Name)
                )
        );
    }

    [Fact]
    public async Task A_write_with_a_stale_etag_is_refused()
    {
        await server.LinesAsync("put", "notes/stale", "{}", "--as", "bob");
        var outcome = await server.RunAsync(
            "put",
            "notes/stale",
            """{"a":1}""",
            "--if-match",
            "nonsense",
            "--as",
            "bob"
        );

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("ETAG_MISMATCH", outcome.Errors, StringComparison.Ordinal);
    }
}
