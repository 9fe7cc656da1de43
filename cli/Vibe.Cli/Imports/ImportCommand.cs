using System.CommandLine;
using Vibe.Cli.Documents;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Client;

namespace Vibe.Cli.Imports;

/// <summary><c>vibe import</c>: makes documents of JSON Lines. It only ever creates, so it can be run again.</summary>
internal static class ImportCommand
{
    private const int LargestBatch = 500;

    private const string Description = """
        Make documents of JSON Lines. It only creates: run again, it goes on where it ended, overwrites no edit and
        revives no deletion. Ids come from --id-field, or from the record itself: the first 32 hex digits of the SHA-256
        of its canonical JSON (RFC 8785), with -2, -3 … for records that are there more than once.
        """;

    private static readonly Argument<string> FileName = new("FILE")
    {
        Description = "JSON Lines, one object a line; - reads stdin",
    };

    private static readonly Argument<string> Collection = new("COLLECTION") { Description = "The collection" };

    private static readonly Option<string?> IdField = new("--id-field")
    {
        Description =
            "Take the id from this member, a string or number; what is no valid id becomes ~ and the first 32 hex "
            + "digits of its SHA-256",
        HelpName = "NAME",
    };

    private static readonly Option<int?> Rate = new("--rate")
    {
        Description = "Write no more records a second",
        HelpName = "N",
    };

    private static readonly Option<int> Batch = new("--batch")
    {
        Description = "Records in one write, up to 500",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Check every line and write nothing",
    };

    private static readonly Option<string> Patience = new("--patience")
    {
        Description = "How long to go on trying while the server is away",
        HelpName = "SPAN",
        DefaultValueFactory = _ => "10m",
    };

    public static Command Build()
    {
        var command = new Command("import", Description)
        {
            FileName,
            Collection,
            SharedOptions.Person,
            SharedOptions.App,
            IdField,
            Rate,
            Batch,
            DryRun,
            Patience,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var address = DocumentAddress.InCollection(invocation.Get(Collection));
        var batch = InRange(invocation.Get(Batch), LargestBatch, "--batch");
        var rate = invocation.Get(Rate) is { } given ? InRange(given, int.MaxValue, "--rate") : (int?)null;
        var patience = Durations.Parse(invocation.Get(Patience)!, "--patience");
        await using var file = Open(invocation.Get(FileName));
        var report = new ImportReport(invocation.Output, file.CanSeek ? file.Length : null);
        var ids = new RecordIds(invocation.Get(IdField));
        var records = new RecordReader(file, ids, report).ReadAsync(invocation.Cancellation);
        try
        {
            if (invocation.Get(DryRun))
                await foreach (var _ in records)
                    report.Show();
            else
            {
                await using var connected = await Connected.OpenAsync(invocation, waits: true);
                var importer = new Importer(address.CollectionIn(connected.Client), report, patience);
                await importer.RunAsync(records, batch, rate, invocation.Cancellation);
            }
        }
        finally
        {
            report.Summarize(invocation.Get(DryRun));
        }
        return report.Refused == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static int InRange(int value, int most, string option) =>
        value is > 0 && value <= most
            ? value
            : throw CommandException.Usage($"{option} {value} is out of range; expected 1 to {most}.");

    private static Stream Open(string name)
    {
        if (name == "-")
            return Console.OpenStandardInput();
        try
        {
            return new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Usage($"{name} cannot be read: {exception.Message}", "vibe import --help");
        }
    }
}
