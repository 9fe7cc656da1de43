using System.Text.Json;

namespace Vibe.Cli.Tests;

public class TailTests(DevServer server)
{
    [Fact]
    public async Task It_shows_what_is_there_then_each_change_and_ends_with_the_grant()
    {
        var app = server.Write(
            "follower.json",
            """
            {"id": "follower", "displayName": "Follower", "access": [{"collection": "tailed", "purpose": "To follow.",
             "operations": ["OPERATION_READ"], "fields": ["/Title"]}]}
            """
        );
        await server.LinesAsync("app", "add", app, "--as", "bob");
        await server.LinesAsync(
            "grant",
            "add",
            "follower",
            "--as",
            "bob",
            "--collection",
            "tailed",
            "--operations",
            "read",
            "--fields",
            "Title"
        );
        await server.LinesAsync("put", "tailed/t1", """{"Title":"One","Hidden":1}""", "--as", "bob");
        await using var tail = server.Start("tail", "tailed", "--as", "bob", "--app", "follower", "--json");
        var there = JsonElement.Parse(await tail.LineAsync(line => line.Contains("\"id\"")));
        await tail.LineAsync(line => line.StartsWith("{\"live\":true", StringComparison.Ordinal));

        await server.LinesAsync("put", "tailed/t1", """{"Hidden":2}""", "--merge", "--as", "bob");
        await server.LinesAsync("put", "tailed/t2", """{"Title":"Two"}""", "--as", "bob");
        var put = JsonElement.Parse(await tail.LineAsync(line => line.Contains("\"id\"")));
        await server.LinesAsync("rm", "tailed/t1", "--as", "bob");
        var removed = JsonElement.Parse(await tail.LineAsync(line => line.Contains("\"id\"")));
        await server.LinesAsync("grant", "revoke", "follower", "--as", "bob");
        var end = await tail.EndAsync();

        Assert.Equal("""{"Title":"One"}""", there.GetProperty("put").GetRawText());
        Assert.False(there.GetProperty("live").GetBoolean());
        Assert.Equal("t2", put.GetProperty("id").GetString());
        Assert.True(put.GetProperty("live").GetBoolean());
        Assert.Equal("deleted", removed.GetProperty("removed").GetString());
        Assert.Equal(1, end.ExitCode);
        Assert.Contains("GRANT_REVOKED", end.Errors, StringComparison.Ordinal);
        Assert.Contains("next: vibe grant add follower --as bob", end.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupting_it_ends_with_130()
    {
        await using var tail = server.Start("tail", "movies", "--as", "alice");
        await tail.LineAsync();
        tail.Interrupt();

        Assert.Equal(130, (await tail.EndAsync()).ExitCode);
    }
}
