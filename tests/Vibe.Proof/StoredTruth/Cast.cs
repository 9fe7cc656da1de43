using System.Collections.Concurrent;
using Vibe.Access.V1;
using Vibe.Consent.V1;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Whoever the histories on a server have in common: the apps, and guests who are taken in turn.</summary>
internal sealed class Cast
{
    public const string Movies = "movies";
    public const string Notes = "notes";

    public static readonly Operation[] ReadWrite =
    [
        Operation.Read,
        Operation.Create,
        Operation.Update,
        Operation.Delete,
    ];
    public static readonly Operation[] ReadUpdate = [Operation.Read, Operation.Update];

    private readonly VibeServer _server;
    private readonly Dictionary<string, App> _apps;
    private readonly ConcurrentBag<Guest> _guests = [];

    private Cast(VibeServer server, Dictionary<string, App> apps) => (_server, _apps) = (server, apps);

    public static async Task<Cast> MakeAsync(VibeServer server)
    {
        var developer = await server.PersonAsync("developer");
        var apps = new Dictionary<string, App>();
        foreach (var app in new[] { "masked", "whole", "sharer" })
            apps[app] = (
                await developer.AppAsync(
                    app,
                    new Allow(Movies, ReadWrite, "*"),
                    new Allow(Notes, ReadWrite, "*"),
                    new Allow(Movies, [Operation.Share])
                )
            ).App;
        apps["guest"] = (
            await developer.AppAsync(
                "guest",
                new Allow(Movies, ReadUpdate, "*") { IncludeShared = true },
                new Allow(Movies, [Operation.Share, Operation.Delete]) { IncludeShared = true }
            )
        ).App;
        return new Cast(server, apps);
    }

    public App App(string id) => _apps[id];

    /// <summary>Takes a guest whom no other history has.</summary>
    public async Task<Guest> TakeGuestAsync()
    {
        if (_guests.TryTake(out var guest))
            return guest;
        var person = await _server.PersonAsync("bob");
        return new Guest(
            person,
            await person.AllowAsync(_apps["guest"], new Allow(Movies, ReadUpdate, "/a", "/b") { IncludeShared = true })
        );
    }

    public void GiveBack(Guest guest) => _guests.Add(guest);
}

/// <summary>Another person, and what an app may do for it at present.</summary>
internal sealed class Guest(Person person, AllowedApp app)
{
    public Person Person => person;
    public AllowedApp App => app;
    public Grant Grant { get; set; } = app.Grant;
}
