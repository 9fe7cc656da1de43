using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Client;

namespace Vibe.Cli.Documents;

/// <summary><c>vibe ls</c>: lists collections, or the documents of one.</summary>
internal static class ListCommand
{
    private const int PageSize = 1000;

    private static readonly Argument<string?> Collection = new("COLLECTION")
    {
        Description = "The collection; without one, collections are listed",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Build()
    {
        var command = new Command("ls", "List collections, or the documents of one")
        {
            Collection,
            SharedOptions.Person,
            SharedOptions.App,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var name = invocation.Given.GetValue(Collection);
        var address = name is null ? null : DocumentAddress.InCollection(name);
        await using var connected = await Connected.OpenAsync(invocation);
        var (output, cancellation) = (invocation.Output, invocation.Cancellation);
        if (address is not null)
        {
            var documents = address.CollectionIn(connected.Client).ListAsync(new ListOptions { PageSize = PageSize });
            await foreach (var document in documents.WithCancellation(cancellation))
                Written.Document(output, document);
            return;
        }
        await foreach (var collection in connected.Client.Me.ListCollectionsAsync().WithCancellation(cancellation))
            if (output.IsJson)
                output.Json(line => line.WriteString("collection", collection.Id));
            else
                output.Line(collection.Id);
    }
}
