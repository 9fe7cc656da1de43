using System.CommandLine;
using System.CommandLine.Parsing;
using Grpc.Core;
using Vibe.Client;
using Vibe.Hosting;

namespace Vibe.Cli.Running;

/// <summary>Which command helps after a refusal.</summary>
internal static class NextSteps
{
    public static string After(VibeException refusal, ParseResult given)
    {
        var person = ValueOf(given, SharedOptions.Person) ?? "PERSON";
        var app = ValueOf(given, SharedOptions.App) ?? "APP";
        var reason = refusal.Reason;
        if (reason == Reason.GrantRevoked || reason == Reason.GrantExpired || reason == Reason.GrantEnded)
            return GrantAdd(app, person);
        if (reason == Reason.NotGranted || reason == Reason.FieldNotGranted)
            return $"vibe grant ls --as {person}";
        if (reason == Reason.ManifestExceeded || reason == Reason.ManifestChanged)
            return "vibe app ls";
        if (reason == Reason.OwnerRequired)
            return $"the same command without --app, as the owner: --as {person}";
        if (reason == Reason.ResourceNotFound)
            return Missing(refusal, person);
        if (reason == Reason.ResourceExists)
            return Taken(refusal, person);
        if (reason == Reason.EtagMismatch)
            return "vibe get, then the same command with the present --if-match";
        if (refusal.Code == StatusCode.Unauthenticated)
            return $"vibe token --as {person}";
        if (refusal.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
            return "vibe dev";
        return refusal.Reason == Reason.Internal ? "look for the request id in the server's log" : Help(given);
    }

    public static string After(StartupException start, ParseResult given) =>
        start.Message switch
        {
            var text when text.Contains("vibe migrate") => "vibe migrate",
            var text when text.Contains("master key") => "the same command with --data FOLDER, where the master key is",
            var text when text.Contains("PostgreSQL") => "the same command with --postgres CONNECTION",
            _ => Help(given),
        };

    /// <summary>The help of the command that was given.</summary>
    public static string Help(ParseResult given)
    {
        var names = new Stack<string>();
        for (var at = given.CommandResult; at is not null; at = at.Parent as CommandResult)
            names.Push(at.Command is RootCommand ? "vibe" : at.Command.Name);
        return $"{string.Join(' ', names)} --help";
    }

    public static string GrantAdd(string app, string person) =>
        $"vibe grant add {app} --as {person} --collection COLLECTION --operations read --fields '*'";

    private static string Missing(VibeException refusal, string person) =>
        Resource(refusal) switch
        {
            ['a', 'p', 'p', 's', '/', ..] => "vibe app ls",
            { } name when name.Contains("/grants/") => $"vibe grant ls --as {person}",
            _ => $"vibe ls --as {person}",
        };

    private static string Taken(VibeException refusal, string person) =>
        Resource(refusal) switch
        {
            ['a', 'p', 'p', 's', '/', ..] => "vibe app ls",
            { } name when name.Contains("/grants/") => $"vibe grant narrow {name}, or vibe grant revoke {name}",
            _ => $"vibe put NAME JSON --as {person}, which changes a document that exists",
        };

    private static string? Resource(VibeException refusal) => refusal.Metadata.GetValueOrDefault("resource");

    private static string? ValueOf(ParseResult given, Option<string?> option) =>
        given.GetResult(option) is { Implicit: false } ? given.GetValue(option) : null;
}
