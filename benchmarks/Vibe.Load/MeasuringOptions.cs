using System.CommandLine;
using System.CommandLine.Parsing;
using Vibe.Load.Scenarios;
using Vibe.Testing;

namespace Vibe.Load;

/// <summary>The options of every command that measures: how often, how long, and where the figures go.</summary>
internal sealed class MeasuringOptions
{
    private const int MostRuns = 20;
    private const double MostSeconds = 60;

    private readonly Option<int?> _runs = new("--runs")
    {
        Description = "How often each case is measured (3, with --quick 1)",
    };

    private readonly Option<double?> _seconds = new("--seconds")
    {
        Description = "How long each takes (5, with --quick 0.3)",
    };

    private readonly Option<FileInfo?> _json = new("--json")
    {
        Description = "Write all figures here too",
        HelpName = "FILE",
    };

    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "Show that everything works; the figures say little",
    };

    /// <summary>Adds the options to a command, and what bounds them.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _runs, _seconds, _json, _quick })
            command.Options.Add(option);
        command.Validators.Add(given =>
        {
            if (given.GetValue(_runs) is < 1 or > MostRuns)
                given.AddError($"--runs is 1 to {MostRuns}.");
            if (given.GetValue(_seconds) is <= 0 or > MostSeconds)
                given.AddError($"--seconds is at most {MostSeconds}.");
        });
    }

    /// <summary>Whether it is enough to show that everything works.</summary>
    public bool IsQuick(ParseResult given) => given.GetValue(_quick);

    /// <summary>How often each case is measured.</summary>
    public int Runs(ParseResult given) => given.GetValue(_runs) ?? (IsQuick(given) ? 1 : 3);

    /// <summary>How long each takes.</summary>
    public TimeSpan Length(ParseResult given) =>
        TimeSpan.FromSeconds(given.GetValue(_seconds) ?? (IsQuick(given) ? 0.3 : 5));

    /// <summary>Where all figures go too.</summary>
    public FileInfo? Json(ParseResult given) => given.GetValue(_json);

    /// <summary>What a command that measures workloads is told by them.</summary>
    public BenchOptions ToBench(ParseResult given, Engine engine) =>
        new()
        {
            Engine = engine,
            Runs = Runs(given),
            IsQuick = IsQuick(given),
            Length = Length(given),
            Command = CommandOf(given),
        };

    /// <summary>The command as it was given. What is of one machine alone, files and addresses, is told by its kind.</summary>
    public static string CommandOf(ParseResult given)
    {
        var words = new List<string>();
        string? kind = null;
        foreach (var token in given.Tokens)
        {
            words.Add(kind ?? token.Value);
            kind =
                token.Type == TokenType.Option
                    ? given.CommandResult.Command.Options.First(option => option.Name == token.Value).HelpName
                    : null;
        }
        return string.Join(' ', words);
    }
}
