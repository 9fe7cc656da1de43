using System.CommandLine;
using Vibe.Cli.Running;

namespace Vibe.Cli.Demos;

internal static class DemoCommand
{
    public static Command Build()
    {
        var command = new Command("demo", "Show in half a minute what Vibe is");
        command.Does(_ => Task.CompletedTask);
        return command;
    }
}
