using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>Through whose eyes two worlds are compared.</summary>
internal enum Sight
{
    /// <summary>An app of the owner that reads some members.</summary>
    MaskedApp,

    /// <summary>An app of the owner that reads some members and the access lists.</summary>
    SharingApp,

    /// <summary>An app of the owner that writes one member and reads nothing.</summary>
    BlindApp,

    /// <summary>Another person, in a first-party session, where lists let it in.</summary>
    Guest,

    /// <summary>An app of that person that reads some members.</summary>
    GuestApp,
}

/// <summary>Whoever both worlds of a pair, and all pairs on a stage, have in common.</summary>
internal sealed class Cast
{
    public const string Movies = "movies";
    public const string Songs = "songs";
    public const string Secrets = "secrets";

    private static readonly Operation[] Everything =
    [
        Operation.Read,
        Operation.Create,
        Operation.Update,
        Operation.Delete,
    ];

    private readonly Person _developer;
    private readonly Dictionary<string, AllowedApp> _guestApps;

    private Cast(
        Person developer,
        Person carol,
        Person bob,
        IReadOnlyDictionary<string, App> apps,
        Dictionary<string, AllowedApp> guestApps
    )
    {
        (_developer, Carol, Bob, Apps, _guestApps) = (developer, carol, bob, apps, guestApps);
    }

    /// <summary>Somebody whom lists name now and then.</summary>
    public Person Carol { get; }

    /// <summary>The guest.</summary>
    public Person Bob { get; }

    /// <summary>Apps by their names; each world has gadgets of its own.</summary>
    public IReadOnlyDictionary<string, App> Apps { get; }

    public static string GadgetOf(int world) => $"gadget{world}";

    public static Allow[] MaskedAccess(Sight sight, string[] members) =>
        sight switch
        {
            Sight.GuestApp =>
            [
                new(Movies, [Operation.Read, Operation.Update], members) { IncludeShared = true },
                new(Movies, [Operation.Delete]) { IncludeShared = true },
            ],
            Sight.SharingApp =>
            [
                new(Movies, Everything, members),
                new(Songs, Everything, members),
                new(Movies, [Operation.Share]),
            ],
            Sight.BlindApp => [new(Movies, [Operation.Create, Operation.Update], "/a")],
            _ => [new(Movies, Everything, members), new(Songs, Everything, members)],
        };

    public static Allow[] KeeperAccess =>
        [
            new(Movies, [Operation.Read, Operation.Update], "/c", "/d"),
            new(Songs, [Operation.Read, Operation.Update], "/c", "/d"),
        ];

    public static Allow[] GadgetAccess => [new(Movies, Everything, "*")];

    public static async Task<Cast> MakeAsync(VibeServer server)
    {
        var developer = await server.PersonAsync("developer");
        string[] all = ["/a", "/b"];
        var apps = new Dictionary<string, App>();
        async Task RegisterAsync(string name, params Allow[] access) =>
            apps[name] = (await developer.AppAsync(name, access)).App;
        await RegisterAsync("masked", MaskedAccess(Sight.SharingApp, all));
        await RegisterAsync("twin", MaskedAccess(Sight.SharingApp, all));
        await RegisterAsync("blind", MaskedAccess(Sight.BlindApp, all));
        await RegisterAsync("keeper", KeeperAccess);
        await RegisterAsync(GadgetOf(0), GadgetAccess);
        await RegisterAsync(GadgetOf(1), GadgetAccess);
        var bob = await server.PersonAsync("bob");
        var guestApps = new Dictionary<string, AllowedApp>();
        foreach (var members in new[] { all, ["/a"] })
        {
            var name = $"guest{members.Length}";
            await RegisterAsync(name, MaskedAccess(Sight.GuestApp, all));
            guestApps[name] = await bob.AllowAsync(apps[name], MaskedAccess(Sight.GuestApp, members));
        }
        return new Cast(developer, await server.PersonAsync("carol"), bob, apps, guestApps);
    }

    /// <summary>The guest's app that reads some members.</summary>
    public AllowedApp GuestApp(string[] members) => _guestApps[$"guest{members.Length}"];

    /// <summary>Changes what an app asks for.</summary>
    public async Task ChangeManifestAsync(string app)
    {
        var name = Apps[app].Name;
        var developer = _developer.Renewed();
        var now = (await developer.Apps.GetAppAsync(new GetAppRequest { Name = name })).App;
        now.Manifest.DisplayName = now.Manifest.DisplayName == app ? $"{app} again" : app;
        await developer.Apps.UpdateAppAsync(
            new UpdateAppRequest
            {
                Name = name,
                App = new App { Manifest = now.Manifest },
            }
        );
    }
}
