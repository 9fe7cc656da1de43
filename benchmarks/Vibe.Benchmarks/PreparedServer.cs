using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vibe.Access.V1;
using Vibe.Consent.Apps;
using Vibe.Consent.Grants;
using Vibe.Consent.Policy;
using Vibe.Consent.V1;
using Vibe.Data.Documents;
using Vibe.Hosting.Access;
using Vibe.Identity.Accounts;
using Vibe.Identity.Tokens;
using Vibe.Server;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using App = Vibe.Consent.Apps.App;

namespace Vibe.Benchmarks;

/// <summary>
/// Everything that a server is put together from, on data of its own, without its ports and its work in the background: a
/// person, and two apps that were allowed the collection <c>load</c>, one whole and one in part.
/// </summary>
internal sealed class PreparedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private Account? _person;

    private PreparedServer(WebApplication app, string folder) => (_app, _folder) = (app, folder);

    /// <summary>The app that was allowed every member.</summary>
    public Caller App { get; private set; } = null!;

    /// <summary>The app that was allowed half of the members.</summary>
    public Caller MaskedApp { get; private set; } = null!;

    /// <summary>The token of <see cref="App"/>.</summary>
    public string Token { get; private set; } = "";

    public CollectionName Collection => new(_person!.Space, "load");

    /// <summary>Starts one in the temporary folder, which must be on a real disk.</summary>
    /// <param name="postgres">The connection string of an empty database; without one it is on SQLite.</param>
    public static async Task<PreparedServer> StartAsync(string? postgres = null)
    {
        var folder = Directory.CreateTempSubdirectory("vibe-benchmarks-").FullName;
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Vibe:Storage:Folder"] = folder, ["Vibe:Storage:Postgres"] = postgres }
        );
        builder.Logging.ClearProviders();
        var server = new PreparedServer(VibeHost.Build(builder), folder);
        try
        {
            await server._app.MigrateAsync();
            await server._app.AssertReadyAsync();
            await server.AllowAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Creates documents as a request would, all in one commit.</summary>
    public Task CreateAsync(IReadOnlyList<DocumentWrite> writes) =>
        Get<DocumentWriter>()
            .WriteAsync(App, Collection.Space, DocumentWriter.BatchMethod, writes, null, CancellationToken.None);

    /// <summary>Gives what an app may do in the collection.</summary>
    public async Task<Permit> PermitAsync(Caller caller)
    {
        await using var snapshot = await Get<Database>().ReadAsync(CancellationToken.None);
        return await Get<ConsentPolicy>()
            .RequireAsync(snapshot, caller, Operation.Read, Collection, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AllowAsync()
    {
        _person = await Get<AccountStore>().CreateAsync("somebody", CancellationToken.None);
        (App, Token) = await AllowAsync("whole", "*");
        (MaskedApp, _) = await AllowAsync("masked", [.. Documents.ReadableMembers.Select(name => $"/{name}")]);
    }

    private async Task<(Caller Caller, string Token)> AllowAsync(string app, params string[] fields)
    {
        Operation[] operations = [Operation.Read, Operation.Create];
        var manifest = new Manifest { DisplayName = app };
        var asked = new RequestedAccess { Collection = Collection.Id, Purpose = "to be measured" };
        asked.Operations.Add(operations);
        asked.Fields.Add(fields);
        manifest.Access.Add(asked);
        var allowed = new GrantedAccess { Collection = Collection.Id, Mode = AccessMode.Always };
        allowed.Operations.Add(operations);
        allowed.Fields.Add(fields);
        var grant = await StoreAsync(app, manifest, allowed);
        var (token, expiresAt) = Get<AccessTokens>().Mint(_person!.Did, app, grant, AccessTokens.MaxLifetime);
        return (new Caller(_person.Did, app, grant, expiresAt), token);
    }

    private async Task<string> StoreAsync(string app, Manifest manifest, GrantedAccess allowed)
    {
        var now = Get<Clock>().Microseconds;
        var registered = new App(app, _person!.Id, Consent.Apps.App.DigestOf(manifest), manifest, now, now);
        await using (var write = await Get<Database>().WriteAsync(CancellationToken.None))
        {
            await Get<AppStore>().AddAsync(write, registered, CancellationToken.None);
            await write.CommitAsync();
        }
        var grant = new PersonGrant(
            Collection.Space,
            Guid.CreateVersion7().ToString("n"),
            app,
            registered.ManifestDigest,
            [allowed],
            GrantRules.Expiry(null, now),
            now,
            now,
            null
        );
        await Get<SpaceLog>()
            .WriteAsync(
                Collection.Space,
                Lane.Access,
                null,
                [],
                async (turn, cancellation) =>
                {
                    await Get<GrantStore>().PutAsync(turn, grant, cancellation);
                    return true;
                },
                CancellationToken.None
            );
        return grant.Id;
    }
}
