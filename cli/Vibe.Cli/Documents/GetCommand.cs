using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;

namespace Vibe.Cli.Documents;

/// <summary><c>vibe get</c>: reads a document.</summary>
internal static class GetCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The document, COLLECTION/ID" };

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var command = new Command("get", "Read a document") { Name, SharedOptions.Person, SharedOptions.App };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var address = DocumentAddress.Document(invocation.Get(Name));
        await using var connected = await Connected.OpenAsync(invocation);
        var document =
            await address.DocumentIn(connected.Client).GetAsync(cancellationToken: invocation.Cancellation)
            ?? throw CommandException.Failed(
                $"RESOURCE_NOT_FOUND: there is no document {invocation.Get(Name)}, or it is not yours to see.",
                $"vibe ls {address.Collection}{(invocation.Person is { } person ? $" --as {person}" : "")}"
            );
        if (invocation.Output.IsJson)
            Written.Document(invocation.Output, document);
        else
            invocation.Output.Line(
                Console.IsOutputRedirected ? document.Json : JsonNode.Parse(document.Json)!.ToJsonString(Indented)
            );
    }
}
