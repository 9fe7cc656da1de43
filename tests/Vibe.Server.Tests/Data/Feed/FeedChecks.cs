using Vibe.Data.Feed;

namespace Vibe.Server.Tests.Data.Feed;

/// <summary>What must hold for every history; each check gives what it found wrong, or null.</summary>
internal static class FeedChecks
{
    private static readonly Pull Drain = new(2, 40, Lost: false);

    /// <summary>Every place is the last change in the oracle's view.</summary>
    public static string? Places(History history, PlaceRule rule)
    {
        var (space, oracle) = (new StoredSpace(), new ViewOracle(history.Reader));
        foreach (var operation in history.Steps.OfType<Operation>())
        {
            Apply(space, oracle, operation);
            foreach (var document in space.Documents)
            {
                var (place, expected) = (rule(document, history.Reader), Expected(oracle, document.Id));
                if (place != expected)
                {
                    return $"at {space.Head} document {document.Id} has {place}, not {expected}";
                }
            }
        }

        return null;
    }

    /// <summary>Every checkpoint is the oracle's view, and nothing that was never readable is mentioned.</summary>
    public static string? Pages(History history, PlaceRule rule)
    {
        var (space, oracle) = (new StoredSpace(), new ViewOracle(history.Reader));
        var client = new Following(history.Reader, rule);
        foreach (var step in history.Steps)
        {
            switch (step)
            {
                case Operation operation:
                    Apply(space, oracle, operation);
                    break;
                case Restart:
                    client.Restart();
                    break;
                case Pull pull when Fault(client, client.Next(space, pull), pull, space, oracle) is { } fault:
                    return fault;
            }
        }

        for (var pages = 0; pages <= space.Head; pages++)
        {
            var page = client.Next(space, Drain);
            if (Fault(client, page, Drain, space, oracle) is { } fault)
            {
                return fault;
            }

            if (page.Exhausted)
            {
                return null;
            }
        }

        return "no checkpoint comes";
    }

    /// <summary>Two worlds that differ in hidden work alone send the same, page by page.</summary>
    public static string? Twins((VisibleScript Script, int Seed, int OtherSeed) pair, PlaceRule rule)
    {
        var one = World.Run(pair.Script, pair.Seed, rule).Transcript;
        var other = World.Run(pair.Script, pair.OtherSeed, rule).Transcript;
        var differs = one.Zip(other).FirstOrDefault(p => p.First != p.Second);
        return one.SequenceEqual(other) ? null : $"one world sends [{differs.First}], the other [{differs.Second}]";
    }

    private static void Apply(StoredSpace space, ViewOracle oracle, Operation operation)
    {
        var at = 1000 * (space.Head + 1);
        if (space.Apply(operation, at))
        {
            oracle.Record(space, operation, at);
        }
    }

    private static ViewPlace? Expected(ViewOracle oracle, int document)
    {
        var last = oracle.LastChange(document);
        if (last == 0)
        {
            return null;
        }

        var isIn = oracle.Now.ContainsKey(document);
        var cameIn = oracle.LastWayIn(document);
        var removal =
            isIn ? RemovalKind.None
            : oracle.LastChangeWasDeletion(document) ? RemovalKind.Deleted
            : RemovalKind.NoLongerVisible;
        return new(last, oracle.TimeOf(last), isIn, new(cameIn, oracle.TimeOf(cameIn)), removal);
    }

    private static string? Fault(
        Following client,
        FeedPage<StoredDocument> page,
        Pull pull,
        StoredSpace space,
        ViewOracle oracle
    )
    {
        foreach (var (document, place) in page.Changes)
        {
            if (!oracle.WasEverIn(document.Id))
            {
                return $"at {space.Head} document {document.Id} is mentioned, which was never readable";
            }

            if (place.IsIn != oracle.Now.ContainsKey(document.Id))
            {
                return $"at {space.Head} document {document.Id} is sent as {place}";
            }
        }

        return page.Exhausted && !pull.Lost && !client.View.SequenceEqual(oracle.Now.OrderBy(d => d.Key))
            ? $"the checkpoint at {space.Head} shows {Show(client.View)}, not {Show(oracle.Now.OrderBy(d => d.Key))}"
            : null;
    }

    private static string Show(IEnumerable<KeyValuePair<int, string>> view) => string.Join(" ", view);
}
