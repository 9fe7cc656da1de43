using System.Globalization;
using Vibe.Consent.V1;

namespace Vibe.Proof.NewEnemy;

/// <summary>A history as it was seen from outside, and the orders that the database took.</summary>
internal sealed record Trial
{
    /// <summary>The DID of the owner of the space that the calls are about.</summary>
    public required string Owner { get; init; }

    /// <summary>The spaces of everybody involved, by id.</summary>
    public required IReadOnlyDictionary<string, Line<SpaceState>> Spaces { get; init; }

    /// <summary>The present manifest of each app.</summary>
    public required IReadOnlyDictionary<string, Line<Manifest?>> Apps { get; init; }

    public required IReadOnlyDictionary<string, Manifest> Manifests { get; init; }
    public required IReadOnlyList<Call> Calls { get; init; }
    public required IReadOnlyList<PolicyCall> PolicyCalls { get; init; }
}

/// <summary>
/// Accepts a history if each answer and each frame has one place in the order where what it told was so and was allowed,
/// consistent with real time; else says what is wrong. What one answer shows narrows down when a change came about, which
/// the next is held to, until nothing more follows.
/// </summary>
internal sealed class Judge(Trial trial)
{
    /// <summary>By how much the clocks of the processes may differ.</summary>
    private const long Tolerance = 300_000;

    /// <summary>How long after its end a token may still be let in.</summary>
    private const long Skew = 30_000_000;

    /// <summary>How long before its token's end a stream may end.</summary>
    private const long StreamMargin = 5_000_000;

    private readonly Line<SpaceState> _space = trial.Spaces[trial.Owner["did:vibe:".Length..]];
    private readonly Dictionary<(int Stream, int Frame), Found> _frames = [];

    /// <summary>The first thing that cannot be, or nothing.</summary>
    public static string? Find(Trial trial) => new Judge(trial).Find();

    private IEnumerable<Line> Lines => [.. trial.Spaces.Values, .. trial.Apps.Values];

    private string? Find()
    {
        if (Attribute() is { } unattributed)
            return unattributed;
        for (var round = 0; round < 20; round++)
        {
            var before = Lines.Select(line => line.Knowledge).ToList();
            foreach (var call in trial.Calls.Where(call => call.Told != Told.Nothing || call.Mark is not null))
                if (Place(call) is { } violation)
                    return violation;
            foreach (var line in Lines)
                if (line.Close() is { } place)
                    return $"The change [{line.MarkOf(place)}] of {line.Name} was seen by one and then not by another.";
            if (before.SequenceEqual(Lines.Select(line => line.Knowledge)))
                return null;
        }
        return null;
    }

    // Every change has a call that made it, and every acknowledged call its change.
    private string? Attribute()
    {
        var windows = trial
            .Calls.Where(call => call.Mark is not null && call.Told.Refusal is null)
            .Select(call => (Mark: call.Mark!, call.Begin, End: call.Told == Told.Nothing ? Call.Never : call.End))
            .Concat(trial.PolicyCalls.Select(call => (call.Mark, call.Begin, call.End)))
            .ToLookup(call => call.Mark, call => (call.Begin, call.End));
        foreach (var line in Lines)
        {
            for (var place = 1; place <= line.Last; place++)
            {
                var mark = line.MarkOf(place);
                if (line.Find(mark) != place)
                    return $"[{mark}] took effect twice.";
                if (!windows.Contains(mark))
                    return $"[{mark}] took effect, and every call that asked for it was refused.";
                line.NotBefore(place, windows[mark].Min(call => call.Begin));
                line.NotAfter(place, windows[mark].Min(call => call.End));
            }
            if (line.Close() is { } late)
                return $"The change [{line.MarkOf(late)}] of {line.Name} lies behind one that began after it had returned.";
        }
        var lost = trial.Calls.FirstOrDefault(call =>
            call.Mark is not null && call.Told is { Sight: not null } && _space.Find(call.Mark) is null
        );
        var undone = trial.PolicyCalls.FirstOrDefault(call =>
            call.End != Call.Never
            && !call.Mark.StartsWith("revoke ", StringComparison.Ordinal)
            && Lines.All(line => line.Find(call.Mark) is null)
        );
        if (undone is not null)
            return $"A change was acknowledged and is not in the order: {undone}";
        return lost is null ? null : $"A write was acknowledged and is not in the order: {lost}";
    }

    private string? Place(Call call)
    {
        var asker = call.Asked.Asker;
        if (call.Told.Refusal == "ACCESS_TOKEN_EXPIRED")
        {
            var earliest = call.Frame is null ? asker.TokenEnds + Skew : asker.TokenEnds - StreamMargin;
            return call.End >= earliest - Tolerance ? null : $"The token was refused and is still good: {call}";
        }
        var own = call.Mark is null ? null : _space.Find(call.Mark);
        if (call.Told == Told.Nothing && own is null)
            return null;
        // A stream opens by the rule of calls, and shows nothing more once its token has ended.
        var latest = call.Frame is null or { Frame: 0 } ? asker.TokenEnds + Skew : asker.TokenEnds;
        if (call.Begin > latest + Tolerance)
            return $"The token had ended: {call}";
        var (begin, end) = (call.Begin, call.End);
        if (call.Frame is { } frame)
        {
            (begin, end) = Chained(call, frame);
            end = Math.Min(end, latest + Tolerance);
        }
        var found = Search(call, own, begin, end);
        if (!found.Any)
            return Explain(call, own, begin, end);
        if (call.Frame is { } at)
            _frames[at] = found;
        found.Teach(call.Asked.IsWrite ? end : null);
        return null;
    }

    // A frame comes from a read that began after the frame before it was handed over, and so after that one's own read.
    private (long Begin, long End) Chained(Call call, (int Stream, int Frame) frame)
    {
        var begin = call.Begin;
        var end = call.End;
        if (_frames.TryGetValue((frame.Stream, frame.Frame - 1), out var before))
            begin = Math.Max(begin, before.Earliest);
        if (_frames.TryGetValue((frame.Stream, frame.Frame + 1), out var after))
            end = Math.Min(end, after.Latest);
        return (begin, end);
    }

    private Found Search(Call call, int? own, long begin, long end)
    {
        var asker = call.Asked.Asker;
        var home = trial.Spaces[asker.Home];
        // Whom no grant binds rests on nothing in a space of its own.
        var isHome = home == _space || asker.IsFirstParty;
        var app = asker.IsFirstParty ? null : trial.Apps.GetValueOrDefault(asker.Client);
        var found = new Found(_space, isHome ? null : home, app);
        // A stream never goes back, whatever else could be at that moment.
        var least = call.Frame is { } frame ? _frames.GetValueOrDefault((frame.Stream, frame.Frame - 1))?.Least : null;
        foreach (var space in own is { } place ? [place - 1] : Places(_space, begin, end))
        foreach (var inHome in isHome ? [space] : Places(home, begin, end))
        foreach (var ofApp in app is null ? [0] : Places(app, begin, end))
        {
            if (least is not null && (space < least[0] || inHome < least[1] || ofApp < least[2]))
                continue;
            // A write is decided in its turn: before it has come about, maybe before others of its group could be seen.
            var from = call.Asked.IsWrite ? begin : Math.Max(begin, _space.Begins(space));
            var to = Math.Min(end, _space.Ends(space));
            if (!isHome)
                (from, to) = (Math.Max(from, home.Begins(inHome)), Math.Min(to, home.Ends(inHome)));
            if (app is not null)
                (from, to) = (Math.Max(from, app.Begins(ofApp)), Math.Min(to, app.Ends(ofApp)));
            if (from > to)
                continue;
            var world = WorldAt(space, inHome, app?.At(ofApp), isHome ? _space : home);
            var expiry = Evaluation.ExpiryOf(asker, world);
            if (from <= expiry + Tolerance || expiry == Call.Never)
            {
                var until = expiry == Call.Never ? to : Math.Min(to, expiry + Tolerance);
                if (Fits(call, own, world, false))
                    found.Add(space, inHome, ofApp, from, until);
            }
            if (expiry != Call.Never && end >= expiry - Tolerance && Fits(call, own, world, true))
                found.Add(space, inHome, ofApp, from, to);
        }
        return found;
    }

    private bool Fits(Call call, int? own, World world, bool isExpired)
    {
        var must = Evaluation.Decide(call.Asked, world, isExpired);
        if (call.Told.Refusal is not null)
            return must.Refusal == call.Told.Refusal;
        if (must.Refusal is not null)
            return false;
        if (call.IsHeartbeat || call.Told == Told.Nothing)
            return true;
        if (!call.Asked.IsWrite)
            return must.IsSameAs(call.Told);
        if (own is null)
            return false;
        var after = world with { Space = _space.At(own.Value) };
        return call.Told == Told.LetIn || Evaluation.ShowAfter(call.Asked, after).IsSameAs(call.Told);
    }

    private World WorldAt(int space, int inHome, Manifest? present, Line<SpaceState> home) =>
        new(trial.Owner, _space.At(space), home.At(inHome), present) { Manifests = trial.Manifests };

    private static IEnumerable<int> Places(Line line, long begin, long end) =>
        Enumerable.Range(0, line.Last + 1).Where(place => line.Begins(place) <= end && line.Ends(place) >= begin);

    private string Explain(Call call, int? own, long begin, long end)
    {
        var space = own is { } at ? [at - 1] : Places(_space, begin, end).ToArray();
        var without = Search(call, own, long.MinValue, long.MaxValue);
        var home = trial.Spaces[call.Asked.Asker.Home];
        var musts = space
            .Select(place => WorldAt(place, home == _space ? place : home.Last, Present(call), home))
            .Select(
                (world, index) => $"  at {space[index]} of {_space.Last}: {Evaluation.Decide(call.Asked, world, false)}"
            );
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{(without.Any ? "Told too late, or too early" : "Told what was never so, or never allowed")}: {call}\n"
                + $"between {begin % 1_000_000_000} and {end % 1_000_000_000} it should have been told one of:\n{string.Join('\n', musts.Distinct().Take(8))}"
        );
    }

    private Manifest? Present(Call call) =>
        trial.Apps.GetValueOrDefault(call.Asked.Asker.Client) is { } app ? app.At(app.Last) : null;

    /// <summary>The places that an answer can have, and what follows from there being no others.</summary>
    private sealed class Found(Line space, Line? home, Line? app)
    {
        private readonly (Line? Line, int[] Range)[] _ranges =
        [
            (space, [int.MaxValue, -1]),
            (home, [int.MaxValue, -1]),
            (app, [int.MaxValue, -1]),
        ];

        /// <summary>The least place in each order.</summary>
        public int[] Least => [.. _ranges.Select(range => range.Range[0])];

        public long Earliest { get; private set; } = long.MaxValue;
        public long Latest { get; private set; } = long.MinValue;
        public bool Any => Latest >= Earliest;

        public void Add(int inSpace, int inHome, int ofApp, long from, long to)
        {
            (Earliest, Latest) = (Math.Min(Earliest, from), Math.Max(Latest, to));
            foreach (var ((_, range), place) in _ranges.Zip([inSpace, inHome, ofApp]))
                (range[0], range[1]) = (Math.Min(range[0], place), Math.Max(range[1], place));
        }

        /// <summary>Holds the orders to it.</summary>
        /// <param name="told">
        /// When a write was told, done or refused: decided in its turn, by what the works before it left, it is seen together
        /// with its group, and maybe only once what it rests on elsewhere has changed.
        /// </param>
        public void Teach(long? told)
        {
            foreach (var (line, range) in _ranges)
            {
                if (line is null)
                    continue;
                if (range[0] > 0)
                    line.NotAfter(range[0], line == space ? told ?? Latest : Latest);
                if (range[1] < line.Last)
                    line.NotBefore(range[1] + 1, Earliest);
            }
        }
    }
}
