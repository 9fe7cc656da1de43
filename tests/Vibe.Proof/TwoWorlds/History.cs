using System.Globalization;
using Google.Protobuf;
using Vibe.Access.V1;
using Vibe.Data.V1;
using Vibe.Testing;

namespace Vibe.Proof.TwoWorlds;

/// <summary>
/// One step of a pair of histories: something that both worlds see, something that at most one of them has, or a look by
/// the watcher.
/// </summary>
/// <param name="Story">What happens.</param>
/// <param name="Left">What it is in the first world.</param>
/// <param name="Right">What it is in its twin.</param>
/// <param name="Look">The seed of a look.</param>
internal sealed record Step(string Story, Func<World, Task>? Left, Func<World, Task>? Right, bool IsHidden, int? Look);

/// <summary>
/// Makes a history and its twin. They differ only where the watcher may not see: in members outside its mask, in documents
/// and collections that it cannot read, in lists that it is not shown, in the grants, refusals, batches and idempotency
/// keys of others.
/// </summary>
internal sealed class History
{
    private const int Rounds = 5;

    // What hides weighs up to half of what a whole document may: four of these are more than a page.
    private const int Heavy = 1_000_000;

    private readonly Random _random;
    private readonly List<Known> _documents = [];
    private readonly List<string> _secrets = [];
    private int _values;
    private int _made;

    public History(int seed)
    {
        _random = new Random(seed);
        Sight = Pick(
            Sight.MaskedApp,
            Sight.MaskedApp,
            Sight.MaskedApp,
            Sight.SharingApp,
            Sight.BlindApp,
            Sight.Guest,
            Sight.Guest,
            Sight.Guest,
            Sight.GuestApp,
            Sight.GuestApp
        );
        Members = Pick(new[] { "/a", "/b" }, new[] { "/a" });
        IsHeavy = _random.Next(10) == 0;
        Generate();
    }

    public Sight Sight { get; }

    /// <summary>The members that a masked watcher reads.</summary>
    public string[] Members { get; }

    public List<Step> Steps { get; } = [];

    private bool IsHeavy { get; }
    private bool IsGuest => Sight is Sight.Guest or Sight.GuestApp;
    private bool IsMasked => Sight is not Sight.Guest;
    private bool SeesListsEverywhere => Sight is Sight.SharingApp;

    private void Generate()
    {
        for (var i = _random.Next(4, 7); i > 0; i--)
            Create();
        Look();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = _random.Next(4); i > 0; i--)
                Share();
            for (var i = _random.Next(1, 4); i > 0; i--)
                HideSomething();
            Look();
        }
        if (IsHeavy && IsMasked)
            GrowOutOfSight();
        Create();
        Look();
    }

    // All in one world, and late enough that everything is read once more before it shrinks again.
    private void GrowOutOfSight() =>
        Hide(
            "all documents grow out of sight",
            async world =>
            {
                foreach (var known in _documents)
                    await World.DoAsync(() => SetAsync(world, known, "c", Text(Heavy)));
            },
            null
        );

    private void Look() => Steps.Add(new Step("the watcher looks", null, null, false, _random.Next()));

    private void Both(string story, Func<World, Task> deed) => Steps.Add(new Step(story, deed, deed, false, null));

    private void Hide(string story, Func<World, Task>? left, Func<World, Task>? right)
    {
        if (_random.Next(2) == 0)
            (left, right) = (right, left);
        Steps.Add(
            new Step(
                $"hidden, {(left is null ? "" : "left")} {(right is null ? "" : "right")}: {story}",
                left,
                right,
                true,
                null
            )
        );
    }

    // What both worlds see. Contents that the watcher does not read may differ even then.
    private void Share()
    {
        var known = Pick([.. _documents]);
        switch (_random.Next(6))
        {
            case 0:
                Create();
                break;
            case 1 when IsGuest && known.IsAlike:
                if (known.GuestMay.Length > 0)
                    ShutOut(known);
                else
                    LetIn(known);
                break;
            case 2 when IsGuest:
                LetIn(known);
                break;
            case 3 when known.IsAlike && _random.Next(3) == 0:
                Both($"{known.Id} is deleted", world => world.DeleteAsync(known.Id));
                break;
            case 4 when known.IsAlike && Sight != Sight.BlindApp:
                var removed = Member();
                Both(
                    $"/{removed} of {known.Id} is removed",
                    world => world.UpdateAsync(world.Owner, known.Id, "{}", ["/" + removed])
                );
                break;
            default:
                if (!known.IsAlike)
                    break;
                var (member, value) = (Member(), Value());
                var (left, right) = IsMasked ? (Hidden(), Hidden()) : ("", "");
                Steps.Add(
                    new Step(
                        $"/{member} of {known.Id} is set",
                        world => world.UpdateAsync(world.Owner, known.Id, $$"""{"{{member}}":{{value}}{{left}}}""", []),
                        world =>
                            world.UpdateAsync(world.Owner, known.Id, $$"""{"{{member}}":{{value}}{{right}}}""", []),
                        false,
                        null
                    )
                );
                break;
        }
    }

    private void Create()
    {
        var known = new Known($"d{_made++}");
        _documents.Add(known);
        if (IsGuest && _random.Next(4) > 0)
            known.GuestMay = GuestRights();
        var (a, b) = (Value(), Value());
        var (left, right) = IsMasked ? (Hidden(), Hidden()) : ("", "");
        var (carolLeft, carolRight) = (Coin(), Coin());
        if (SeesLists(known))
            carolRight = carolLeft;
        var may = known.GuestMay;
        Steps.Add(
            new Step(
                $"{known.Id} is created, guest may {string.Join(',', may)}",
                world => world.CreateAsync(known.Id, $$"""{"a":{{a}},"b":{{b}}{{left}}}""", world.List(carolLeft, may)),
                world =>
                    world.CreateAsync(known.Id, $$"""{"a":{{a}},"b":{{b}}{{right}}}""", world.List(carolRight, may)),
                false,
                null
            )
        );
    }

    private void ShutOut(Known known)
    {
        known.GuestMay = [];
        var denied = Coin();
        Both(
            $"the guest is shut out of {known.Id}",
            world => world.ListAsync(known.Id, world.List(false, denied ? [Operation.Read] : [], denied))
        );
    }

    // What happened out of sight in one world only is undone in both before the guest sees the document again.
    private void LetIn(Known known)
    {
        if (known.IsGone)
            return;
        if (!known.IsAlike)
        {
            var (a, b) = (Value(), Value());
            Both(
                $"{known.Id} is made alike",
                world => world.UpdateAsync(world.Owner, known.Id, $$"""{"a":{{a}},"b":{{b}}}""", ["*"])
            );
            known.IsAlike = true;
        }
        var may = known.GuestMay = GuestRights();
        Both(
            $"the guest may {string.Join(',', may)} on {known.Id}",
            world => world.ListAsync(known.Id, world.List(false, may))
        );
    }

    private void HideSomething()
    {
        var known = Pick([.. _documents]);
        switch (_random.Next(9))
        {
            case 0:
                HideSecret();
                break;
            case 1:
                Hide("another app is let in or shut out", world => world.ToggleGadgetAsync(), null);
                break;
            case 2:
                HideRefusal(known);
                break;
            case 3 when !SeesLists(known):
                HideListChange(known);
                break;
            case 4 when Sight == Sight.BlindApp:
                // Whoever cannot read is told of neither, but an update tells whether there is something to update.
                known.IsAlike = false;
                known.IsGone = true;
                Hide($"{known.Id} is deleted", world => world.DeleteAsync(known.Id), null);
                break;
            case 4 or 5 when IsGuest && known.GuestMay.Length == 0:
                HideWhileOut(known);
                break;
            default:
                HideMembers(known);
                break;
        }
    }

    private void HideSecret()
    {
        var collection = IsGuest && Coin() ? Cast.Movies : Cast.Secrets;
        if (_secrets.Count > 0 && Coin())
        {
            var (id, of) = Split(Pick([.. _secrets]));
            var value = Value();
            if (Coin())
                Hide($"secret {id} is deleted", world => world.DeleteAsync(id, of), null);
            else
                Hide(
                    $"secret {id} is set",
                    world => world.UpdateAsync(world.Owner, id, $$"""{"a":{{value}}}""", [], collection: of),
                    world => world.UpdateAsync(world.Owner, id, """{"b":1}""", [], collection: of)
                );
            return;
        }
        var name = $"h{_secrets.Count}";
        _secrets.Add($"{collection}/{name}");
        var json = $$"""{"a":{{Value()}}}""";
        var carol = Coin();
        if (Coin())
            Hide(
                $"secret {name} is created",
                world => world.CreateAsync(name, json, world.List(carol, []), collection),
                null
            );
        else
            Hide(
                $"secrets {name} and {name}x are created",
                world =>
                    world.BatchAsync(
                        Creation(world.Document(name, collection), json),
                        Creation(world.Document($"{name}x", collection), "{}")
                    ),
                null
            );
    }

    private void HideRefusal(Known known)
    {
        switch (_random.Next(3))
        {
            case 0:
                Hide("an app is refused", world => world.UpdateAsync(world.Keeper, known.Id, """{"a":1}""", []), null);
                break;
            case 1:
                Hide("an id is taken", world => world.CreateAsync("d0", "{}"), null);
                break;
            default:
                Hide(
                    "a batch is refused",
                    world =>
                        world.BatchAsync(Creation(world.Document("d0"), "{}"), Creation(world.Document("zz"), "{}")),
                    null
                );
                break;
        }
    }

    private void HideListChange(Known known)
    {
        var (left, right, may) = (Coin(), Coin(), known.GuestMay);
        Hide(
            $"the list of {known.Id} changes",
            world => world.ListAsync(known.Id, world.List(left, may)),
            Coin() ? null : world => world.ListAsync(known.Id, world.List(right, may))
        );
    }

    private void HideWhileOut(Known known)
    {
        known.IsAlike = false;
        var (member, value) = (Member(), Value());
        switch (_random.Next(3))
        {
            case 0:
                known.IsGone = true;
                Hide($"{known.Id} is deleted out of sight", world => world.DeleteAsync(known.Id), null);
                break;
            case 1:
                Hide(
                    $"/{member} of {known.Id} is removed out of sight",
                    world => world.UpdateAsync(world.Owner, known.Id, "{}", ["/" + member]),
                    null
                );
                break;
            default:
                Hide($"{known.Id} changes out of sight", world => SetAsync(world, known, member, value), null);
                break;
        }
    }

    private void HideMembers(Known known)
    {
        if (!IsMasked)
        {
            HideSecret();
            return;
        }
        var member = Pick("c", "d");
        var (left, right) = (Value(), Text(_random.Next(3) == 0 ? _random.Next(200_000) : _random.Next(200)));
        var key = Coin() ? "key0" : "";
        switch (_random.Next(4))
        {
            case 0:
                Hide(
                    $"/{member} of {known.Id} is removed",
                    world => world.UpdateAsync(world.Keeper, known.Id, "{}", ["/" + member]),
                    null
                );
                break;
            case 1:
                var other = Pick([.. _documents]);
                Hide(
                    $"a batch on {known.Id}, {other.Id}",
                    world =>
                        world.BatchAsync([
                            Change(world.Document(known.Id), member, left),
                            .. other == known
                                ? Array.Empty<Write>()
                                : [Change(world.Document(other.Id), member, right)],
                        ]),
                    null
                );
                break;
            case 2:
                Hide(
                    $"/{member} of {known.Id} is set by an app, with key {key}",
                    world => world.UpdateAsync(world.Keeper, known.Id, $$"""{"{{member}}":{{left}}}""", [], key),
                    null
                );
                break;
            default:
                Hide(
                    $"/{member} of {known.Id} is set to one thing and another",
                    world => SetAsync(world, known, member, left),
                    world => SetAsync(world, known, member, right)
                );
                break;
        }
    }

    private bool SeesLists(Known known) => SeesListsEverywhere || known.GuestMay.Contains(Operation.Share);

    private Operation[] GuestRights() =>
        Sight == Sight.GuestApp
            ? Pick<Operation[]>([Operation.Read], [Operation.Read, Operation.Update])
            : Pick<Operation[]>(
                [Operation.Read],
                [Operation.Read, Operation.Update],
                [Operation.Read, Operation.Update, Operation.Delete],
                [Operation.Read, Operation.Share]
            );

    private string Hidden() => _random.Next(3) == 0 ? "" : $",\"c\":{Text(_random.Next(300))}";

    private string Member() => Pick("a", "b", "a", "b", IsMasked ? "a" : "c");

    private string Value() =>
        _random.Next(4) switch
        {
            0 => Text(_random.Next(60)),
            1 => $$"""{"x":{{_values++}}}""",
            _ => (_values++).ToString(CultureInfo.InvariantCulture),
        };

    private static string Text(int length) => $"\"{new string('x', length)}\"";

    private static Task SetAsync(World world, Known known, string member, string value) =>
        world.UpdateAsync(world.Owner, known.Id, $$"""{"{{member}}":{{value}}}""", []);

    private static Write Creation(string name, string json) =>
        new()
        {
            Document = name,
            Create = new CreateWrite { Json = ByteString.CopyFromUtf8(json) },
        };

    private static Write Change(string name, string member, string value) =>
        new()
        {
            Document = name,
            Update = new UpdateWrite { Json = ByteString.CopyFromUtf8($$"""{"{{member}}":{{value}}}""") },
        };

    private static (string Id, string Collection) Split(string secret)
    {
        var parts = secret.Split('/');
        return (parts[1], parts[0]);
    }

    private bool Coin() => _random.Next(2) == 0;

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    /// <summary>A document that both worlds have, or had.</summary>
    private sealed class Known(string id)
    {
        public string Id { get; } = id;

        /// <summary>What its list allows the guest.</summary>
        public Operation[] GuestMay { get; set; } = [];

        /// <summary>Whether all that any watcher could be shown of it is the same in both worlds.</summary>
        public bool IsAlike { get; set; } = true;

        /// <summary>Whether it is deleted in one world only, so that nobody may be let in any more.</summary>
        public bool IsGone { get; set; }
    }
}
