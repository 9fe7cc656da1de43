using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Hosting.Access;

namespace Vibe.Testing;

/// <summary>What an app asks for and is allowed, for short: operations on members of a collection.</summary>
public sealed record Allow(string Collection, Operation[] Operations, params string[] Fields)
{
    public bool IncludeShared { get; init; }
}

/// <summary>A person with an account on the server.</summary>
public sealed class Person
{
    private readonly VibeServer _server;

    internal Person(VibeServer server, Vibe.Identity.Accounts.Account account)
    {
        _server = server;
        Id = account.Id;
        Did = account.Did;
        Own = new Actor(server, server.Token(Did, Caller.FirstPartyClient, null));
    }

    /// <summary>The id of account and space.</summary>
    public string Id { get; }

    public string Did { get; }

    public string Space => $"spaces/{Id}";

    /// <summary>The person in a first-party session.</summary>
    public Actor Own { get; }

    /// <summary>The person in a first-party session that begins now.</summary>
    public Actor Renewed() => new(_server, _server.Token(Did, Caller.FirstPartyClient, null));

    public string Collection(string id) => $"{Space}/collections/{id}";

    public string Document(string collection, string id) => $"{Space}/collections/{collection}/documents/{id}";

    /// <summary>Registers an app that asks for exactly what is allowed, unless it is there, and grants it.</summary>
    public async Task<AllowedApp> AppAsync(string app, params Allow[] allowed)
    {
        var manifest = new Manifest { DisplayName = app };
        foreach (var allow in allowed)
        {
            var asked = new RequestedAccess
            {
                Collection = allow.Collection,
                Purpose = "for a test",
                IncludeShared = allow.IncludeShared,
            };
            asked.Operations.Add(allow.Operations);
            asked.Fields.Add(allow.Fields);
            manifest.Access.Add(asked);
        }
        var registered = await Own.Apps.CreateAppAsync(
            new CreateAppRequest
            {
                AppId = app,
                App = new App { Manifest = manifest },
            }
        );
        return await AllowAsync(registered.App, allowed);
    }

    /// <summary>Grants a registered app.</summary>
    public async Task<AllowedApp> AllowAsync(App app, params Allow[] allowed)
    {
        var grant = new Grant { App = app.Name, ManifestDigest = app.ManifestDigest };
        grant.Access.Add(allowed.Select(ToEntry));
        var created = await Own.Grants.CreateGrantAsync(new CreateGrantRequest { Parent = Space, Grant = grant });
        return new AllowedApp(_server, this, app, created.Grant);
    }

    /// <summary>An app that acts for the person and was allowed nothing.</summary>
    public Actor AppWithoutGrant(string app) => new(_server, _server.Token(Did, app, null));

    /// <summary>The entry of a grant that allows something.</summary>
    public static GrantedAccess ToEntry(Allow allow)
    {
        var entry = new GrantedAccess
        {
            Collection = allow.Collection,
            Mode = AccessMode.Always,
            IncludeShared = allow.IncludeShared,
        };
        entry.Operations.Add(allow.Operations);
        entry.Fields.Add(allow.Fields);
        return entry;
    }
}

/// <summary>An app that a person allowed something, and what it calls with.</summary>
public sealed class AllowedApp
{
    private readonly VibeServer _server;

    internal AllowedApp(VibeServer server, Person person, App app, Grant grant)
    {
        _server = server;
        Person = person;
        App = app;
        Grant = grant;
        Actor = WithTokenOf(null);
    }

    public Person Person { get; }
    public App App { get; }
    public Grant Grant { get; }

    /// <summary>The app with a token of the longest lifetime.</summary>
    public Actor Actor { get; }

    /// <summary>The app with another token.</summary>
    public Actor WithTokenOf(TimeSpan? lifetime) =>
        new(_server, _server.Token(Person.Did, App.Name["apps/".Length..], Grant.Name.Split('/')[^1], lifetime));

    /// <summary>Ends the grant.</summary>
    public Task RevokeAsync() =>
        Person.Own.Grants.RevokeGrantAsync(new RevokeGrantRequest { Name = Grant.Name }).ResponseAsync;
}
