using System.CommandLine;
using System.Text.Json;
using Vibe.Load.Generators;

namespace Vibe.Load.Publishing;

/// <summary><c>document</c>: makes the page about performance from what measuring has written.</summary>
internal static class DocumentCommand
{
    private const int Failed = 1;

    private static readonly Argument<FileInfo[]> Files = new Argument<FileInfo[]>("FILE")
    {
        Description = "What run, grow, peers and clients wrote with --json",
        Arity = ArgumentArity.OneOrMore,
    }.AcceptExistingOnly();

    private static readonly Option<FileInfo> Into = new("--into")
    {
        Description = "The page; its plots are written into a folder beside it that is named like it",
        HelpName = "FILE",
        Required = true,
    };

    public static Command Build()
    {
        var command = new Command("document", "Make the page about performance from files of figures") { Files, Into };
        command.SetAction(WriteAsync);
        return command;
    }

    private static async Task<int> WriteAsync(ParseResult given, CancellationToken cancellation)
    {
        var into = given.GetRequiredValue(Into);
        var plots = Path.GetFileNameWithoutExtension(into.Name);
        try
        {
            var page = PerformancePage.Of(await Evidence.ReadAsync(given.GetRequiredValue(Files), cancellation), plots);
            var folder = page.Plots.Count > 0 ? into.Directory!.CreateSubdirectory(plots) : into.Directory!;
            foreach (var (name, plot) in page.Plots)
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), plot, cancellation);
            await File.WriteAllTextAsync(into.FullName, page.Text, cancellation);
            return 0;
        }
        catch (Exception exception) when (exception is LoadException or JsonException)
        {
            Console.Error.WriteLine(exception.Message);
            return Failed;
        }
    }
}
