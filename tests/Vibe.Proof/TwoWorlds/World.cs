using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>One of two worlds: the space of one owner, with those who act in it. Only names tell it from the other one.</summary>
internal sealed class World
{
    private readonly Stage _stage;
    private readonly Person _owner;
    private readonly AllowedApp? _app;

    private World(Stage stage, History history, int index, Person owner, AllowedApp? app)
    {
        (_stage, _owner, _app) = (stage, owner, app);
        Clock = stage.Clock;
        Hands = new Hands(stage.Cast, owner, app, stage.Server, index);
        // Hidden work goes through the other server where there is one, and the pair wants it.
        Elsewhere =
            stage.Second is { } second && history.IsApart ? new Hands(stage.Cast, owner, app, second, index) : Hands;
        Watcher = history.Sight switch
        {
            Sight.Guest => stage.Server.Owner(stage.Cast.Bob),
            _ => stage.Server.App(app!),
        };
        GuestSpace = stage.Cast.Bob.Space;
        OwnGrant = app?.Grant.Name ?? $"{GuestSpace}/grants/never";
    }

    public StageClock Clock { get; }

    /// <summary>Those who do what both worlds see.</summary>
    public Hands Hands { get; }

    /// <summary>Those who do what the watcher may not see.</summary>
    public Hands Elsewhere { get; }

    /// <summary>Whoever compares.</summary>
    public Actor Watcher { get; }

    public Entrance Entrance => _stage.Entrance;
    public string Space => _owner.Space;
    public string GuestSpace { get; }
    public string OwnGrant { get; }

    /// <summary>A grant that one of the two worlds may have, and the other does not.</summary>
    public string OtherGrant => $"{Space}/grants/{Elsewhere.GadgetGrant}";

    /// <summary>What the owner and the grants are called here.</summary>
    public IReadOnlyList<string> Names =>
        [
            _owner.Did,
            _owner.Id,
            Elsewhere.GadgetGrant,
            .. _app is not null && _app.Person == _owner ? [_app.Grant.Name.Split('/')[^1]] : Array.Empty<string>(),
        ];

    /// <summary>How many writes succeeded of which the watcher may know nothing.</summary>
    public int HiddenCommits { get; private set; }

    public static async Task<World> MakeAsync(Stage stage, History history, int index)
    {
        var owner = await stage.Server.PersonAsync("alice");
        var app = history.Sight switch
        {
            Sight.Guest => null,
            Sight.GuestApp => stage.Cast.GuestApp(history.Members),
            _ => await owner.AllowAsync(
                stage.Cast.Apps[history.Sight == Sight.BlindApp ? "blind" : "masked"],
                Cast.MaskedAccess(history.Sight, history.Members)
            ),
        };
        return new World(stage, history, index, owner, app);
    }

    /// <summary>Does what the watcher may see. A refusal is as good as a success, as long as both worlds have it.</summary>
    public Task DoAsync(Func<Hands, Task> deed) => TryAsync(() => deed(Hands));

    /// <summary>Does what the watcher may not see, in this world alone.</summary>
    public async Task HideAsync(Func<Hands, Task> deed)
    {
        if (await TryAsync(() => deed(Elsewhere)))
            HiddenCommits++;
    }

    /// <summary>Does something that may be refused, and tells whether it was carried out.</summary>
    public static async Task<bool> TryAsync(Func<Task> deed)
    {
        try
        {
            await deed();
            return true;
        }
        catch (RpcException refusal) when (refusal.StatusCode != StatusCode.Internal)
        {
            return false;
        }
    }
}
