using System.Text.Json;

namespace Vibe.Cli.Tests;

public class GrantTests(DevServer server)
{
    [Fact]
    public async Task A_grant_is_added_narrowed_and_revoked_by_the_name_of_its_app()
    {
        await RegisterAsync("narrowed");
        await GrantAsync("narrowed", "read,update,delete", "a,b,c d");
        var narrowed = (
            await server.JsonAsync(
                "grant",
                "narrow",
                "narrowed",
                "--as",
                "alice",
                "--collection",
                "things",
                "--operations",
                "read",
                "--fields",
                "c d,e"
            )
        )[0];
        var revoked = (await server.JsonAsync("grant", "revoke", "narrowed", "--as", "alice"))[0];

        var access = Assert.Single(narrowed.GetProperty("access").EnumerateArray());
        Assert.Equal(["OPERATION_READ"], Texts(access.GetProperty("operations")));
        Assert.Equal(["/c d"], Texts(access.GetProperty("fields")));
        Assert.Equal("GRANT_STATE_REVOKED", revoked.GetProperty("state").GetString());
        Assert.Equal(narrowed.GetProperty("name").GetString(), revoked.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Narrowing_to_nothing_names_the_command_that_revokes()
    {
        await RegisterAsync("emptied");
        await GrantAsync("emptied", "read", "a");
        var outcome = await server.RunAsync(
            "grant",
            "narrow",
            "emptied",
            "--as",
            "alice",
            "--collection",
            "things",
            "--fields",
            "b"
        );

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("next: vibe grant revoke spaces/", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_grant_to_the_same_app_is_refused()
    {
        await RegisterAsync("second");
        await GrantAsync("second", "read", "a");
        var outcome = await server.RunAsync(
            "grant",
            "add",
            "second",
            "--as",
            "alice",
            "--collection",
            "things",
            "--operations",
            "read",
            "--fields",
            "*"
        );

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("RESOURCE_EXISTS", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("[request ", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("next: vibe grant narrow spaces/", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grant_comes_from_a_file_where_options_do_not_reach()
    {
        await RegisterAsync("filed");
        var file = server.Write(
            "grant.json",
            """
            {"access": [
              {"collection": "things", "operations": ["OPERATION_READ"], "fields": ["*"], "mode": "ACCESS_MODE_ALWAYS"},
              {"collection": "things", "operations": ["OPERATION_READ"], "fields": ["/a"], "mode": "ACCESS_MODE_NEVER"}]}
            """
        );
        var grant = (
            await server.JsonAsync("grant", "add", "filed", "--as", "alice", "--file", file, "--expires", "30d")
        )[0];

        Assert.Equal(2, grant.GetProperty("access").GetArrayLength());
    }

    private static IEnumerable<string> Texts(JsonElement list) =>
        list.EnumerateArray().Select(text => text.GetString()!);

    private async Task RegisterAsync(string app)
    {
        var file = server.Write(
            $"{app}.json",
            $$"""
            {"id": "{{app}}", "displayName": "App", "access": [{"collection": "things", "purpose": "To test.",
             "operations": ["OPERATION_READ", "OPERATION_UPDATE", "OPERATION_DELETE"], "fields": ["*"]}]}
            """
        );
        await server.LinesAsync("app", "add", file, "--as", "alice");
    }

    private Task<string[]> GrantAsync(string app, string operations, string fields) =>
        server.LinesAsync(
            "grant",
            "add",
            app,
            "--as",
            "alice",
            "--collection",
            "things",
            "--operations",
            operations,
            "--fields",
            fields
        );
}
