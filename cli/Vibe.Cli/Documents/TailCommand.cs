using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Client;

namespace Vibe.Cli.Documents;

/// <summary><c>vibe tail</c>: follows a collection until it is stopped, or may be followed no longer.</summary>
internal static class TailCommand
{
    private static readonly Argument<string> Collection = new("COLLECTION") { Description = "The collection" };

    private static readonly Option<string?> Resume = new("--resume")
    {
        Description = "Go on after the page that gave this token",
        HelpName = "TOKEN",
    };

    private static readonly Option<bool> Once = new("--once")
    {
        Description = "End as soon as everything up to now is shown",
    };

    public static Command Build()
    {
        var command = new Command("tail", "Follow a collection live: what is there, then each change")
        {
            Collection,
            SharedOptions.Person,
            SharedOptions.App,
            Resume,
            Once,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var address = DocumentAddress.InCollection(invocation.Get(Collection));
        await using var connected = await Connected.OpenAsync(invocation);
        var output = invocation.Output;
        var options = new SubscribeOptions { ResumeToken = invocation.Get(Resume) };
        var isLive = options.ResumeToken is not null;
        var pages = address.CollectionIn(connected.Client).SubscribeAsync(options, invocation.Cancellation);
        await foreach (var page in pages)
        {
            if (page.IsReset)
                isLive = Reset(output);
            foreach (var change in page.Changes)
                Write(output, change, isLive);
            if (page.IsLive)
            {
                if (!isLive && !output.IsJson)
                    output.Say("live");
                isLive = true;
            }
            if (output.IsJson)
                output.Json(line =>
                {
                    line.WriteBoolean("live", page.IsLive);
                    line.WriteString("resume", page.ResumeToken);
                });
            output.Flush();
            if (page.IsLive && invocation.Get(Once))
                break;
        }
        return ExitCode.Done;
    }

    private static bool Reset(Output output)
    {
        if (output.IsJson)
            output.Json(line => line.WriteBoolean("reset", true));
        return false;
    }

    private static void Write(Output output, Change<RawJson> change, bool isLive)
    {
        if (!output.IsJson)
        {
            output.Line(
                change.Document is { } put ? $"put\t{change.Id}\t{put.Json}" : $"removed\t{change.Id}\t{Cause(change)}"
            );
            return;
        }
        output.Json(line =>
        {
            line.WriteString("id", change.Id);
            if (change.Document is { } document)
                Written.Content(line, "put", document);
            else
                line.WriteString("removed", Cause(change));
            line.WriteBoolean("live", isLive);
        });
    }

    private static string Cause(Change<RawJson> change) =>
        change.Cause == RemovalCause.Deleted ? "deleted" : "no_longer_visible";
}
