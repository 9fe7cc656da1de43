using System.CommandLine;
using Vibe.Cli.Running;
using Vibe.Cli.Tokens;
using Vibe.Identity.Accounts;

namespace Vibe.Cli.Accounts;

/// <summary><c>vibe account</c>: people. It works on the database itself, also beside a running server.</summary>
internal static class AccountCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "What the person wants to be called" };

    public static Command Build()
    {
        var add = new Command("add", "Make an account, with a DID and a space of its own") { Name };
        add.Does(AddAsync);
        var list = new Command("ls", "List accounts, the oldest first");
        list.Does(ListAsync);
        return new Command("account", "Make and list accounts") { add, list };
    }

    private static async Task AddAsync(Invocation invocation)
    {
        var name = invocation.Get(Name);
        if (name.Length is 0 or > AccountStore.MaxDisplayName)
            throw CommandException.Usage($"A display name has 1 to {AccountStore.MaxDisplayName} characters.");
        await using var vault = await Vault.OpenAsync(invocation.Place, invocation.Cancellation);
        var account = await vault.AddAsync(name, invocation.Cancellation);
        if (invocation.Output.IsJson)
            Write(account, invocation.Output);
        else
            invocation.Output.Line(account.Did);
    }

    private static async Task ListAsync(Invocation invocation)
    {
        await using var vault = await Vault.OpenAsync(invocation.Place, invocation.Cancellation);
        var accounts = await vault.ListAsync(invocation.Cancellation);
        if (invocation.Output.IsJson)
            accounts.ForEach(account => Write(account, invocation.Output));
        else
            invocation.Output.Table(
                ["DID", "Name"],
                accounts.Select(account => new[] { account.Did, account.DisplayName })
            );
    }

    private static void Write(Account account, Output output) =>
        output.Json(line =>
        {
            line.WriteString("did", account.Did);
            line.WriteString("display_name", account.DisplayName);
            line.WriteString("space", account.Space.ToString());
        });
}
