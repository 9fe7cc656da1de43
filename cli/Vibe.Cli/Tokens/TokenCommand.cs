using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Identity.Tokens;

namespace Vibe.Cli.Tokens;

/// <summary><c>vibe token</c>: mints an access token for whoever has the data folder.</summary>
internal static class TokenCommand
{
    private static readonly Option<string> Lifetime = new("--lifetime")
    {
        Description = "How long it lives, 15 minutes at most",
        HelpName = "SPAN",
        DefaultValueFactory = _ => "15m",
    };

    private static readonly Option<bool> WithoutGrant = new("--without-grant")
    {
        Description = "Name no grant, as an app that nobody granted anything",
        Hidden = true,
    };

    public static Command Build()
    {
        var command = new Command("token", "Mint an access token; needs the database and the master key file")
        {
            SharedOptions.Person,
            SharedOptions.App,
            Lifetime,
            WithoutGrant,
        };
        command.Does(RunAsync);
        return command;
    }

    private static async Task RunAsync(Invocation invocation)
    {
        var lifetime = Durations.Parse(invocation.Get(Lifetime)!, "--lifetime");
        if (lifetime > AccessTokens.MaxLifetime)
            throw CommandException.Usage(
                $"--lifetime {invocation.Get(Lifetime)} is too long: a token lives 15 minutes at most.",
                "vibe token --lifetime 15m"
            );
        await using var vault = await Vault.OpenAsync(invocation.Place, invocation.Cancellation);
        var person = await vault.PersonAsync(invocation.Person, invocation.Cancellation);
        var grant =
            invocation.App is null || invocation.Get(WithoutGrant)
                ? null
                : await vault.GrantAsync(person, invocation.App, invocation.Cancellation);
        var (token, expiresAt) = vault.Mint(person, invocation.App ?? Vault.FirstParty, grant, lifetime);
        if (!invocation.Output.IsJson)
            invocation.Output.Line(token);
        else
            invocation.Output.Json(line =>
            {
                line.WriteString("token", token);
                line.WriteString("expires", expiresAt);
            });
    }
}
