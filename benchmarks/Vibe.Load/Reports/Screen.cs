using Spectre.Console;

namespace Vibe.Load.Reports;

/// <summary>Where tables go: as wide as the terminal, or as wide as they are where there is none.</summary>
internal static class Screen
{
    private const int Width = 260;

    public static IAnsiConsole Open()
    {
        if (!Console.IsOutputRedirected)
            return AnsiConsole.Console;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No });
        console.Profile.Width = Width;
        return console;
    }
}
