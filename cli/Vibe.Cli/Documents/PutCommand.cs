using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Client;

namespace Vibe.Cli.Documents;

/// <summary><c>vibe put</c>: writes a document.</summary>
internal static class PutCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "The document, COLLECTION/ID" };

    private static readonly Argument<string> Content = new("JSON")
    {
        Description = "The content, a JSON object; - reads it from stdin",
    };

    private static readonly Option<bool> Create = new("--create") { Description = "Only if the id was never used" };

    private static readonly Option<bool> Merge = new("--merge")
    {
        Description = "Change the members that are named, and leave the others as they are",
    };

    private static readonly Option<string?> IfMatch = new("--if-match")
    {
        Description = "Only if the document still has this etag",
        HelpName = "ETAG",
    };

    public static Command Build()
    {
        var command = new Command("put", "Write a document: make it exactly this, created when missing")
        {
            Name,
            Content,
            SharedOptions.Person,
            SharedOptions.App,
            Create,
            Merge,
            IfMatch,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var address = DocumentAddress.Document(invocation.Get(Name));
        var content = await ReadAsync(invocation);
        await using var connected = await Connected.OpenAsync(invocation);
        var document = address.DocumentIn(connected.Client);
        var etag = invocation.Get(IfMatch);
        var options = new WriteOptions { IfMatch = etag, AllowMissing = etag is null && !invocation.Get(Create) };
        var cancellation = invocation.Cancellation;
        var result = (invocation.Get(Create), invocation.Get(Merge)) switch
        {
            (true, true) => throw CommandException.Usage("Take one of --create and --merge.", "vibe put --help"),
            (true, _) => await document.CreateAsync(content, options, cancellation),
            (_, true) => await document.UpdateAsync(content, options, cancellation),
            _ => await document.ReplaceAsync(content, options, cancellation),
        };
        Written.Result(invocation.Output, result);
    }

    private static async Task<RawJson> ReadAsync(Invocation invocation)
    {
        var content = invocation.Get(Content);
        if (content != "-")
            return Checked(RawJson.Of(content.Trim()));
        using var bytes = new MemoryStream();
        await Console.OpenStandardInput().CopyToAsync(bytes, invocation.Cancellation);
        return Checked(new RawJson(bytes.ToArray().AsMemory().Trim(" \t\r\n"u8)));
    }

    private static RawJson Checked(RawJson content) =>
        content.Utf8.Span is [(byte)'{', ..]
            ? content
            : throw CommandException.Usage("The content must be a JSON object.", "vibe put --help");
}
