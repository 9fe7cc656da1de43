using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Client;

namespace Vibe.Cli.Documents;

/// <summary><c>vibe rm</c>: deletes a document.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The document, COLLECTION/ID" };

    private static readonly Option<string?> IfMatch = new("--if-match")
    {
        Description = "Only if the document still has this etag",
        HelpName = "ETAG",
    };

    public static Command Build()
    {
        var command = new Command("rm", "Delete a document; its id is never free again")
        {
            Name,
            SharedOptions.Person,
            SharedOptions.App,
            IfMatch,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var address = DocumentAddress.Document(invocation.Get(Name));
        await using var connected = await Connected.OpenAsync(invocation);
        var options = new WriteOptions { IfMatch = invocation.Get(IfMatch) };
        var result = await address.DocumentIn(connected.Client).DeleteAsync(options, invocation.Cancellation);
        Written.Result(invocation.Output, result);
    }
}
