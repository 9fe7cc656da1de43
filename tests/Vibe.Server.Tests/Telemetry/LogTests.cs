using System.Text.Json;
using Vibe.Testing;

namespace Vibe.Server.Tests.Telemetry;

public sealed class LogTests
{
    private const string CallersTrace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public async Task A_line_of_json_carries_the_ids_of_its_request_and_trace_and_no_path()
    {
        await using var beside = await VibeServer.StartAsync(new ServerSetup { ExpectsErrors = true });
        var alice = await beside.PersonAsync("alice");
        await using var server = await ServerProcess.StartAsync(
            beside,
            new Dictionary<string, string?> { ["Vibe__Logs__Format"] = "json" }
        );
        await beside.ExecuteAsync("ALTER TABLE documents RENAME TO away");
        using var rest = server.With(alice.Own.Token).Rest();
        rest.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-b7ad6b7169203331-01");

        using var answer = await rest.GetAsync($"/v1/{alice.Document("secret-movies", "secret-id")}");
        var output = await server.StopAsync();

        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line));
        var failed = Assert.Single(lines, line => line.GetProperty("EventId").GetInt32() == 1002);
        var scopes = failed.GetProperty("Scopes").ToString();
        Assert.Contains(answer.Headers.GetValues("x-request-id").Single(), scopes, StringComparison.Ordinal);
        Assert.Contains(CallersTrace, scopes, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.DoesNotContain(alice.Id, output, StringComparison.Ordinal);
    }
}
