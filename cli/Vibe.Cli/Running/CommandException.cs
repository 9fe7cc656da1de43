namespace Vibe.Cli.Running;

/// <summary>Why a command ends early: what happened, and the command that helps.</summary>
internal sealed class CommandException(int exitCode, string what, string? next = null, Exception? inner = null)
    : Exception(what, inner)
{
    public int ExitCode { get; } = exitCode;

    public string? Next { get; } = next;

    public static CommandException Failed(string what, string? next = null) => new(Running.ExitCode.Failed, what, next);

    public static CommandException Usage(string what, string? next = null) =>
        new(Running.ExitCode.WrongUsage, what, next);

    public static CommandException Unreachable(string what, string? next = null, Exception? inner = null) =>
        new(Running.ExitCode.Unreachable, what, next, inner);
}
