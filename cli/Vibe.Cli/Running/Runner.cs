using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;

namespace Vibe.Cli.Running;

/// <summary>Runs a command and turns how it ended into an exit code and, on stderr, an explanation.</summary>
internal static class Runner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        using var interrupted = new CancellationTokenSource();
        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = true;
            interrupted.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);

        var given = root.Parse(args);
        using var output = new Output(given.GetValue(SharedOptions.Json));
        if (given.Action is ParseErrorAction)
            return TellUsage(given, output);
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await given.InvokeAsync(configuration, interrupted.Token);
        }
        catch (OutputClosedException)
        {
            return ExitCode.Done;
        }
        catch (Exception) when (interrupted.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            return Failures.Tell(exception, given, output);
        }
    }

    /// <summary>Makes a command do its work.</summary>
    public static void Does(this Command command, Func<Invocation, Task<int>> work) =>
        command.SetAction(
            async (given, cancellation) =>
            {
                using var output = new Output(given.GetValue(SharedOptions.Json));
                return await work(new Invocation(given, output, cancellation));
            }
        );

    /// <summary>Makes a command do work that either succeeds or throws.</summary>
    public static void Does(this Command command, Func<Invocation, Task> work) =>
        command.Does(async invocation =>
        {
            await work(invocation);
            return ExitCode.Done;
        });

    private static int TellUsage(ParseResult given, Output output)
    {
        foreach (var error in given.Errors)
            output.Error(error.Message);
        output.Next(NextSteps.Help(given));
        return ExitCode.WrongUsage;
    }
}
