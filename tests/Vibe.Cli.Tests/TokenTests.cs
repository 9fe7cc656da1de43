using System.Buffers.Text;
using System.Text.Json;

namespace Vibe.Cli.Tests;

public class TokenTests(DevServer server)
{
    [Fact]
    public async Task A_token_names_person_app_and_grant_and_lives_as_long_as_it_was_told()
    {
        var token = Assert.Single(
            await server.LinesAsync("token", "--as", "alice", "--app", "library", "--lifetime", "10m")
        );

        var claims = JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
        Assert.StartsWith("did:vibe:", claims.GetProperty("sub").GetString(), StringComparison.Ordinal);
        Assert.Equal("library", claims.GetProperty("client_id").GetString());
        Assert.True(claims.TryGetProperty("gid", out _));
        Assert.InRange(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64(), 599, 601);
    }

    [Fact]
    public async Task More_than_fifteen_minutes_is_wrong_usage()
    {
        var outcome = await server.RunAsync("token", "--as", "alice", "--lifetime", "16m");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Contains("next: vibe token", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_without_a_grant_gets_none_and_the_command_that_grants_is_named()
    {
        var outcome = await server.RunAsync("token", "--as", "bob", "--app", "reader");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Contains("next: vibe grant add reader --as bob", outcome.Errors, StringComparison.Ordinal);
        Assert.Single(await server.LinesAsync("token", "--as", "bob", "--app", "reader", "--without-grant"));
    }

    [Fact]
    public async Task A_name_that_two_people_have_is_refused_with_the_candidates()
    {
        var first = Assert.Single(await server.LinesAsync("account", "add", "twin"));
        var second = Assert.Single(await server.LinesAsync("account", "add", "twin"));
        var outcome = await server.RunAsync("token", "--as", "twin");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(first, outcome.Errors, StringComparison.Ordinal);
        Assert.Contains(second, outcome.Errors, StringComparison.Ordinal);
        Assert.Single(await server.LinesAsync("token", "--as", second));
    }

    [Fact]
    public async Task With_an_address_and_a_token_no_data_folder_is_needed()
    {
        var token = Assert.Single(await server.LinesAsync("token", "--as", "alice", "--app", "reader"));
        var outcome = await Running.RunAsync(
            server.Folder,
            new() { ["VIBE_SERVER"] = server.Grpc, ["VIBE_TOKEN"] = token },
            "get",
            "movies/long-night"
        );

        Assert.Equal("""{"Release Date":"Dec 21 2003","Title":"The Long Night"}""" + "\n", outcome.Output);
    }
}
