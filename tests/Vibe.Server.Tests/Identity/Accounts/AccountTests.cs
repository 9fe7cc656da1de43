using Vibe.Identity.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;

namespace Vibe.Server.Tests.Identity.Accounts;

public abstract class AccountTests(EngineServer shared) : FrontDoorTests(shared)
{
    [Fact]
    public async Task A_person_reads_its_own_account()
    {
        var account = await GetAsync(Own, "accounts/me");
        Assert.Equal($"accounts/{Alice.Id}", account.Name);
        Assert.Equal(Alice.Did, account.Did);
        Assert.Equal(Alice.Space, account.Space);
        Assert.Equal("alice", account.DisplayName);
        Assert.Equal(account, await GetAsync(Own, account.Name));
    }

    [Fact]
    public async Task Other_accounts_are_not_found_whether_they_exist_or_not()
    {
        var bob = await Server.PersonAsync("bob");
        var told = await ToldAsync(() => GetAsync(Own, $"accounts/{bob.Id}"), bob.Id);
        Assert.StartsWith("NotFound", told, StringComparison.Ordinal);
        Assert.Equal(told, await ToldAsync(() => GetAsync(Own, "accounts/nobody"), "nobody"));
    }

    [Fact]
    public async Task What_is_no_name_is_refused_in_words_that_fit()
    {
        foreach (
            var name in new[] { "", "accounts", "accounts/", "accounts/a/b", "accounts/" + new string('é', 100_000) }
        )
            Assert.Equal("NAME_INVALID", await ReasonAsync(() => GetAsync(Own, name)));
    }

    private static async Task<Account> GetAsync(Actor actor, string name) =>
        (await actor.Accounts.GetAccountAsync(new GetAccountRequest { Name = name })).Account;

    public sealed class OnSqlite(SqliteServer server) : AccountTests(server), IClassFixture<SqliteServer>;

    public sealed class OnPostgres(PostgresServer server) : AccountTests(server), IClassFixture<PostgresServer>;
}
