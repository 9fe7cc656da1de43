using Vibe.Access.V1;

namespace Vibe.Proof.TwoWorlds;

/// <summary>What happens in one world alone, or is another thing in its twin.</summary>
internal sealed partial class History
{
    // What hides weighs up to half of what a whole document may: four of these are more than a page.
    private const int Heavy = 1_000_000;

    private readonly List<string> _secrets = [];

    private void Hide(string story, Func<Hands, Task>? left, Func<Hands, Task>? right = null)
    {
        if (_random.Next(2) == 0)
            (left, right) = (right, left);
        Steps.Add(
            new Step($"hidden, {(left is null ? "" : "left")} {(right is null ? "" : "right")}: {story}", Pause())
            {
                Left = left,
                Right = right,
                IsHidden = true,
            }
        );
    }

    private void HideSomething()
    {
        var known = Pick([.. _documents]);
        switch (_random.Next(12))
        {
            case 0 or 1:
                HideSecret();
                break;
            case 2:
                HideAmongApps();
                break;
            case 3:
                HideRefusal(known);
                break;
            case 4 when !SeesLists(known):
                HideListChange(known);
                break;
            case 5:
                var (how, collection) = (_random.Next(6), Pick(Cast.Movies, Cast.Movies, Cast.Songs));
                Hide($"somebody reads {collection} ({how})", hands => hands.ReadAsync(collection, how, Sight, Members));
                break;
            // Whoever cannot read is told of neither, but an update tells whether there is something to update.
            case 6 or 7 when Sight == Sight.BlindApp && !Watcher.BlindWrites.Contains(known.Path):
                known.IsAlike = false;
                known.IsGone = true;
                Hide($"{known.Path} is deleted", hands => hands.DeleteAsync(known.Path));
                break;
            case 6 when IsGuest && Coin():
                HideBirth();
                break;
            case 6 or 7 or 8 when IsGuest && known.GuestMay.Length == 0:
                HideWhileOut(known);
                break;
            default:
                HideMembers(known);
                break;
        }
    }

    // All in one world, and late enough that everything is read once more before it shrinks again.
    private void GrowOutOfSight() =>
        Hide(
            "all documents grow out of sight",
            async hands =>
            {
                foreach (var known in _documents)
                    await World.TryAsync(() => hands.SetAsync(known.Path, $$"""{"c":{{Text(Heavy)}}}"""));
            }
        );

    private void HideSecret()
    {
        var collection = IsGuest && Coin() ? Cast.Movies : Cast.Secrets;
        if (_secrets.Count > 0 && Coin())
        {
            var secret = Pick([.. _secrets]);
            var value = Value();
            if (Coin())
                Hide($"{secret} is deleted", hands => hands.DeleteAsync(secret));
            else
                Hide(
                    $"{secret} is set",
                    hands => hands.SetAsync(secret, $$"""{"a":{{value}}}"""),
                    hands => hands.SetAsync(secret, """{"b":1}""")
                );
            return;
        }
        var path = $"{collection}/h{_secrets.Count}";
        _secrets.Add(path);
        var json = $$"""{"a":{{Value()}}}""";
        var carol = Coin();
        if (Coin())
            Hide($"{path} is created", hands => hands.CreateAsync(path, json, hands.List(carol, [])));
        else
            Hide(
                $"{path} and {path}x are created",
                hands => hands.BatchAsync(hands.Creation(path, json), hands.Creation($"{path}x", "{}"))
            );
    }

    // A document that is there in one world before it is there in the other, and that nobody was let in to yet.
    private void HideBirth()
    {
        var known = new Known(Cast.Movies, $"{Cast.Movies}/d{_made++}") { IsAlike = false };
        _documents.Add(known);
        var json = $$"""{"a":{{Value()}}}""";
        Hide($"{known.Path} is created out of sight", hands => hands.CreateAsync(known.Path, json));
    }

    private void HideAmongApps()
    {
        if (Coin())
            Hide("another app is let in or shut out", hands => hands.ToggleGadgetAsync());
        else
            Hide("another app asks for something else", hands => hands.ChangeGadgetAsync());
    }

    private void HideRefusal(Known known)
    {
        switch (_random.Next(4))
        {
            case 0:
                Hide("an app is refused", hands => hands.KeepAsync(known.Path, """{"a":1}""", ""));
                break;
            case 1:
                Hide("an id is taken", hands => hands.CreateAsync(known.Path, "{}"));
                break;
            case 2:
                Hide("a stranger knocks", hands => hands.KnockAsync(known.Path));
                break;
            default:
                Hide(
                    "a batch is refused",
                    hands => hands.BatchAsync(hands.Creation("movies/d0", "{}"), hands.Creation("movies/zz", "{}"))
                );
                break;
        }
    }

    private void HideListChange(Known known)
    {
        var (left, right, may) = (Coin(), Coin(), known.GuestMay);
        Hide(
            $"the list of {known.Path} changes",
            hands => hands.ListAsync(known.Path, hands.List(left, may)),
            Coin() ? null : hands => hands.ListAsync(known.Path, hands.List(right, may))
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
                Hide($"{known.Path} is deleted out of sight", hands => hands.DeleteAsync(known.Path));
                break;
            case 1:
                Hide(
                    $"/{member} of {known.Path} is removed out of sight",
                    hands => hands.SetAsync(known.Path, "{}", "/" + member)
                );
                break;
            default:
                Hide(
                    $"{known.Path} changes out of sight",
                    hands => hands.SetAsync(known.Path, $$"""{"{{member}}":{{value}}}""")
                );
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
        // Who reads nothing does not see either what it may write.
        var member = Sight == Sight.BlindApp ? Pick("a", "c") : Pick("c", "d");
        var (left, right) = (Value(), Text(_random.Next(8) == 0 ? _random.Next(200_000) : _random.Next(200)));
        var key = Coin() ? "key0" : "";
        switch (_random.Next(4))
        {
            case 0:
                Hide($"/{member} of {known.Path} is removed", hands => hands.SetAsync(known.Path, "{}", "/" + member));
                break;
            case 1:
                var other = Pick([.. _documents]);
                Hide(
                    $"a batch on {known.Path}, {other.Path}",
                    hands =>
                        hands.BatchAsync([
                            hands.Change(known.Path, $$"""{"{{member}}":{{left}}}"""),
                            .. other == known
                                ? Array.Empty<Data.V1.Write>()
                                : [hands.Change(other.Path, $$"""{"{{member}}":{{right}}}""")],
                        ])
                );
                break;
            case 2:
                Hide(
                    $"/c of {known.Path} is set by an app, with key {key}",
                    hands => hands.KeepAsync(known.Path, $$"""{"c":{{left}}}""", key)
                );
                break;
            default:
                Hide(
                    $"/{member} of {known.Path} is set to one thing and another",
                    hands => hands.SetAsync(known.Path, $$"""{"{{member}}":{{left}}}"""),
                    hands => hands.SetAsync(known.Path, $$"""{"{{member}}":{{right}}}""")
                );
                break;
        }
    }
}
