using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;

namespace Vibe.Cli.Keys;

/// <summary><c>vibe keys</c>: the server's own keys. It works on the database itself, also beside a running server.</summary>
internal static class KeysCommand
{
    private static readonly Option<bool> RevokeOld = new("--revoke-old")
    {
        Description = "End the old keys as well, and every token with them",
    };

    public static Command Build()
    {
        var rotate = new Command("rotate", "Make new keys to sign and seal tokens with") { RevokeOld };
        rotate.Does(RotateAsync);
        return new Command("keys", "Rotate the server's keys") { rotate };
    }

    private static async Task RotateAsync(Invocation invocation)
    {
        var revoked = invocation.Get(RevokeOld);
        await using var vault = await Vault.OpenAsync(invocation.Place, invocation.Cancellation);
        await vault.RotateAsync(revoked, invocation.Cancellation);
        if (invocation.Output.IsJson)
            invocation.Output.Json(line => line.WriteBoolean("revoked", revoked));
        else
            invocation.Output.Line(
                revoked
                    ? "new keys; no token from before is good any more, at servers that run within 15 seconds"
                    : "new keys; servers use them in a minute, and go on taking what the old ones made"
            );
    }
}
