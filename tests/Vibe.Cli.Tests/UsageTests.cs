namespace Vibe.Cli.Tests;

public class UsageTests(DevServer server)
{
    public static TheoryData<int, string[]> Failures =>
        new()
        {
            { 2, ["frobnicate"] },
            { 2, ["get", "no-name", "--as", "alice"] },
            { 2, ["ls", "movies"] },
            { 2, ["token", "--as", "alice", "--lifetime", "soon"] },
            { 2, ["grant", "add", "library", "--as", "alice"] },
            { 2, ["app", "add", "missing.json", "--as", "alice"] },
            { 1, ["get", "movies/missing", "--as", "alice"] },
            { 1, ["token", "--as", "nobody"] },
            { 1, ["put", "movies/new", "{}", "--as", "alice", "--app", "reader"] },
            { 1, ["put", "movies/twice", """{"a":1,"a":2}""", "--as", "alice"] },
            { 3, ["ls", "--as", "alice", "--data", "nowhere"] },
            { 3, ["ls", "--as", "alice", "--server", "http://127.0.0.1:1"] },
        };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failure_says_why_and_names_the_next_command_on_stderr_alone(int exitCode, string[] args)
    {
        var outcome = await server.RunAsync(args);

        Assert.True(exitCode == outcome.ExitCode, outcome.ToString());
        Assert.Empty(outcome.Output);
        Assert.StartsWith("error: ", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("next: ", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_documents_the_exit_codes()
    {
        var help = await server.RunAsync("--help");

        Assert.Equal(0, help.ExitCode);
        Assert.Contains(
            "Exit codes: 0 done; 1 refused or failed; 2 wrong usage;",
            help.Output,
            StringComparison.Ordinal
        );
    }
}
