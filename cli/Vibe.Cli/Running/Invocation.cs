using System.CommandLine;
using Vibe.Cli.Servers;

namespace Vibe.Cli.Running;

/// <summary>One run of a command: what it was given, where it writes, and what stops it.</summary>
internal sealed record Invocation(ParseResult Given, Output Output, CancellationToken Cancellation)
{
    /// <summary>Where the data is that the command is about.</summary>
    public Place Place { get; } = Place.Of(Given);

    /// <summary>The person that was named, or nothing.</summary>
    public string? Person => IsGiven(SharedOptions.Person) ? Get(SharedOptions.Person) : null;

    /// <summary>The app that was named, or nothing.</summary>
    public string? App => IsGiven(SharedOptions.App) ? Get(SharedOptions.App) : null;

    public T? Get<T>(Option<T> option) => Given.GetValue(option);

    public T Get<T>(Argument<T> argument) => Given.GetRequiredValue(argument);

    public bool IsGiven(Option option) => Given.GetResult(option) is { Implicit: false };
}
