using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vibe.Cli.Running;
using Vibe.Cli.Servers;
using Vibe.Client;
using Vibe.Consent;
using Vibe.Consent.V1;
using Vibe.Hosting;
using Vibe.Hosting.Access;
using Vibe.Identity;
using Vibe.Identity.Accounts;
using Vibe.Identity.Keys;
using Vibe.Identity.Tokens;
using Vibe.Storage;

namespace Vibe.Cli.Tokens;

/// <summary>What whoever has the database and the master key can do without a server: accounts and tokens.</summary>
internal sealed class Vault : IAsyncDisposable
{
    /// <summary>The client id of a person without an app.</summary>
    public const string FirstParty = Caller.FirstPartyClient;

    private readonly IServiceProvider _services;
    private readonly IHost? _owned;

    private Vault(IServiceProvider services, IHost? owned)
    {
        _services = services;
        _owned = owned;
    }

    private Database Database => _services.GetRequiredService<Database>();

    private AccountStore Accounts => _services.GetRequiredService<AccountStore>();

    private ConsentDirectory Consent => _services.GetRequiredService<ConsentDirectory>();

    /// <summary>The vault of a server in this process.</summary>
    public static Vault Of(IServiceProvider services) => new(services, null);

    /// <summary>Opens a database that a server may be running on.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static async Task<Vault> OpenAsync(Place place, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddInMemoryCollection(place.Settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(Limits.From(builder.Configuration));
        builder.AddVibeStorage();
        new IdentityModule().AddServices(builder);
        new ConsentModule().AddServices(builder);
        var host = builder.Build();
        try
        {
            if (place.Postgres is not null)
                await host.Services.GetRequiredService<Database>().AssertReadyAsync(cancellation);
            else if (!File.Exists(Path.Combine(place.Folder, "vibe.db")))
                throw CommandException.Unreachable(
                    $"There is no data in {place.Folder}.",
                    $"vibe dev{place.Options}, or --data FOLDER"
                );
            await host.Services.GetRequiredService<KeyRing>().LoadAsync(cancellation);
            return new Vault(host.Services, host);
        }
        catch
        {
            await DisposeAsync(host);
            throw;
        }
    }

    public Task<Account> AddAsync(string displayName, CancellationToken cancellation) =>
        Accounts.CreateAsync(displayName, cancellation);

    public async Task<List<Account>> ListAsync(CancellationToken cancellation)
    {
        await using var snapshot = await Database.ReadAsync(cancellation);
        return await Accounts.ListAsync(snapshot, cancellation);
    }

    public async Task<List<Account>> FindAsync(string person, CancellationToken cancellation)
    {
        await using var snapshot = await Database.ReadAsync(cancellation);
        return await Accounts.FindAsync(snapshot, person, cancellation);
    }

    /// <summary>Finds the one person that is meant; the only one there is when nobody is named.</summary>
    /// <exception cref="CommandException">Nobody, or more than one.</exception>
    public async Task<Account> PersonAsync(string? person, CancellationToken cancellation)
    {
        var found = person is null ? await ListAsync(cancellation) : await FindAsync(person, cancellation);
        if (found.Count == 1)
            return found[0];
        if (found.FirstOrDefault(account => account.Id == person || account.Did == person) is { } exact)
            return exact;
        var candidates = string.Join("", found.Select(account => $"\n  {account.Did}  {account.DisplayName}"));
        throw (person, found.Count) switch
        {
            (null, 0) => CommandException.Failed("There is no account yet.", "vibe account add NAME"),
            (null, _) => CommandException.Usage(
                $"Say who acts: --as PERSON. There are:{candidates}",
                "vibe account ls"
            ),
            (_, 0) => CommandException.Failed($"There is nobody called '{person}'.", "vibe account ls"),
            _ => CommandException.Failed($"'{person}' may be one of:{candidates}", "the same command with a DID"),
        };
    }

    public async Task<IReadOnlyList<App>> ListAppsAsync(CancellationToken cancellation)
    {
        await using var snapshot = await Database.ReadAsync(cancellation);
        return await Consent.ListAppsAsync(snapshot, cancellation);
    }

    /// <summary>Finds the grant by which an app acts for a person.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public async Task<string> GrantAsync(Account person, string app, CancellationToken cancellation)
    {
        await using var snapshot = await Database.ReadAsync(cancellation);
        return await Consent.FindActiveGrantAsync(snapshot, person.Space, app, cancellation)
            ?? throw CommandException.Failed(
                $"{person.DisplayName} has no active grant for '{app}'.",
                NextSteps.GrantAdd(app, person.DisplayName)
            );
    }

    public (string Token, DateTimeOffset ExpiresAt) Mint(
        Account person,
        string client,
        string? grant,
        TimeSpan lifetime
    ) => _services.GetRequiredService<AccessTokens>().Mint(person.Did, client, grant, lifetime);

    /// <summary>A source that mints a token whenever one is needed, always for the same grant.</summary>
    public TokenSource Tokens(Account person, string client, string? grant) =>
        TokenSource.From(_ =>
        {
            var (token, expiresAt) = Mint(person, client, grant, AccessTokens.MaxLifetime);
            return Task.FromResult<AccessToken?>(new AccessToken(token, expiresAt));
        });

    /// <summary>Makes new keys for the servers of the database.</summary>
    public Task RotateAsync(bool revokeOld, CancellationToken cancellation) =>
        _services.GetRequiredService<KeyRing>().RotateAsync(revokeOld, cancellation);

    public ValueTask DisposeAsync() => _owned is null ? ValueTask.CompletedTask : DisposeAsync(_owned);

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }
}
