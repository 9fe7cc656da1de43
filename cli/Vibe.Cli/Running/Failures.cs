using System.CommandLine;
using System.Data.Common;
using Grpc.Core;
using Vibe.Client;
using Vibe.Hosting;

namespace Vibe.Cli.Running;

/// <summary>Explains what went wrong: what happened, the reason, the request id, and the next command.</summary>
internal static class Failures
{
    public static int Tell(Exception exception, ParseResult given, Output output)
    {
        switch (exception)
        {
            case CommandException known:
                output.Error(known.Message);
                output.Next(known.Next ?? NextSteps.Help(given));
                return known.ExitCode;
            case VibeException refusal:
                return Tell(refusal, given, output);
            case RpcException refusal:
                return Tell(VibeException.From(refusal), given, output);
            case StartupException start:
                output.Error(start.Message);
                output.Next(NextSteps.After(start, given));
                return ExitCode.Unreachable;
            case DbException storage:
                output.Error($"The storage failed: {storage.Message}");
                output.Next("vibe migrate");
                return ExitCode.Unreachable;
            case Exception when IsFile(exception):
                output.Error(exception.Message);
                output.Next(NextSteps.Help(given));
                return ExitCode.Failed;
            default:
                output.Error($"This is a fault in vibe itself: {exception}");
                return ExitCode.Failed;
        }
    }

    private static int Tell(VibeException refusal, ParseResult given, Output output)
    {
        output.Error(refusal.Message);
        foreach (var violation in refusal.Violations)
            output.Say($"  {violation.Field}: {violation.Description}");
        output.Next(NextSteps.After(refusal, given));
        return IsUnreachable(refusal) ? ExitCode.Unreachable : ExitCode.Failed;
    }

    private static bool IsUnreachable(VibeException refusal) =>
        refusal.Reason == Reason.StorageUnavailable
        || (refusal.Reason is null && refusal.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded);

    private static bool IsFile(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException;
}
