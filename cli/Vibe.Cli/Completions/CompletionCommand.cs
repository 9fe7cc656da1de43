using System.CommandLine;
using Vibe.Cli.Running;

namespace Vibe.Cli.Completions;

/// <summary><c>vibe completion</c>: a script that makes a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("SHELL") { Description = "bash, zsh or fish" };

    public static Command Build(RootCommand root)
    {
        Shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(
            "completion",
            "Print a script that completes commands: source <(vibe completion bash)"
        )
        {
            Shell,
        };
        command.Does(invocation =>
        {
            invocation.Output.Line(Script(invocation.Get(Shell), [.. Paths(root, "")]));
            return Task.CompletedTask;
        });
        return command;
    }

    private static IEnumerable<(string Path, string Words)> Paths(Command command, string path)
    {
        var words = command
            .Subcommands.Where(child => !child.Hidden)
            .Select(child => child.Name)
            .Concat(
                command
                    .Options.Where(option => !option.Hidden && option.Name.StartsWith('-'))
                    .Select(option => option.Name)
            )
            .Concat(SharedOptions.All.Select(option => option.Name))
            .Distinct();
        yield return (path, string.Join(' ', words));
        foreach (var below in command.Subcommands.Where(child => !child.Hidden))
        foreach (var found in Paths(below, $"{path} {below.Name}".Trim()))
            yield return found;
    }

    private static string Script(string shell, IReadOnlyList<(string Path, string Words)> paths)
    {
        if (shell == "fish")
            return string.Join(
                '\n',
                paths.Select(path =>
                    $"complete -c vibe -n \"test (string match -rv -- '^-' (commandline -opc)[2..-1] | string join ' ') = '{path.Path}'\" -a '{path.Words}'"
                )
            );
        var cases = string.Concat(paths.Select(path => $"    '{path.Path}') words='{path.Words}' ;;\n"));
        var prelude = shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
        return $$"""
            {{prelude}}_vibe() {
              local path='' word words=''
              for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case $word in -*) ;; *) path="${path:+$path }$word" ;; esac
              done
              case $path in
            {{cases}}  esac
              COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
              [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default 2> /dev/null
            }
            complete -F _vibe vibe
            """;
    }
}
