using Vibe.Access.V1;
using Vibe.Consent.Grants;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Consent.Policy;

/// <summary>
/// The only code that answers "may they". What the answer rests on is read in the very session in which the answer is
/// used, so that decision and data are of one state. What is remembered of an earlier state saves the compiling, never the
/// asking: it counts when the session says that nothing of it moved, and until then neither admits nor refuses.
/// </summary>
public sealed class ConsentPolicy
{
    private readonly Clock _clock;
    private readonly StandingGrants _grants;

    internal ConsentPolicy(Clock clock, StandingGrants grants) => (_clock, _grants) = (clock, grants);

    /// <summary>
    /// Where everything that a caller's permits rest on stands, as one column of any statement that has the parameters of
    /// <see cref="WhatHolds"/>. A person's rest on nothing that is stored.
    /// </summary>
    public static string StandingColumn(Caller caller) => caller.IsFirstParty ? StandingOfPersons : StandingOfApps;

    /// <summary><see cref="StandingColumn"/> for persons.</summary>
    public const string StandingOfPersons = "NULL";

    /// <summary><see cref="StandingColumn"/> for apps.</summary>
    public const string StandingOfApps = LiveGrant.StandingColumn;

    /// <summary>The parameters of <see cref="StandingColumn"/>.</summary>
    public static Value[] WhatHolds(Caller caller) =>
        caller.IsFirstParty ? [] : [("@home", caller.Home), ("@grant", caller.Grant ?? "")];

    /// <summary>
    /// Gives the permit that a caller had last, to be used only with rows whose statement also gave
    /// <see cref="StandingColumn"/>, and only where <see cref="Confirms"/> says so; nothing where there is none to try.
    /// </summary>
    public Permit? Recall(Caller caller, CollectionName collection)
    {
        var isHome = collection.Space.Id == caller.Home;
        if (caller.IsFirstParty)
            return new Permit(collection, caller, isHome ? Rights.Owner : Rights.Visitor, null);
        return _grants.Find(caller) is { } known && IsLive(caller, known.Grant)
            ? new Permit(collection, caller, known.In(collection.Id, isHome), known.Grant.Standing)
            : null;
    }

    /// <summary>Whether a permit is what a state of the database allows, by where things stand in that state.</summary>
    public bool Confirms(Permit permit, string? standing) =>
        permit.Standing == standing && permit.ValidUntil > _clock.Now;

    /// <summary>Reads where what a caller's permits rest on stands; nothing where that is nothing that is stored.</summary>
    public static Task<string?> StandingAsync(Session session, Caller caller, CancellationToken cancellation) =>
        caller.IsFirstParty
            ? Task.FromResult<string?>(null)
            : session.OnceAsync(
                new StandingQuestion(caller.Home, caller.Grant),
                () =>
                    session.FirstAsync(
                        $"SELECT {LiveGrant.StandingColumn}",
                        row => row.TextOrNull(0),
                        WhatHolds(caller),
                        cancellation
                    )
            );

    /// <summary>
    /// Asks where what callers' permits rest on stands, so that the decisions on them, which are made in the same state,
    /// find it known.
    /// </summary>
    public static IEnumerable<Ask> AskStandings(Answers answers, IEnumerable<Caller> callers)
    {
        var grants = new HashSet<(string Home, string Grant)>();
        var last = default((string, string));
        foreach (var caller in callers)
            // Streams of one grant mostly follow each other, and to compare is cheaper than to hash.
            if (!caller.IsFirstParty && caller.Grant is { } grant && (caller.Home, grant) != last)
                grants.Add(last = (caller.Home, grant));
        if (grants.Count == 0)
            return [];
        foreach (var (home, grant) in grants)
            answers.Set<string?>(new StandingQuestion(home, grant), null);
        return
        [
            LiveGrant.AskStandings(
                grants,
                (key, standing) => answers.Set<string?>(new StandingQuestion(key.Home, key.Grant), standing)
            ),
        ];
    }

    /// <summary>Compiles what a caller may do in a collection, and refuses what it may not.</summary>
    /// <exception cref="VibeException">NOT_GRANTED, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    public async Task<Permit> RequireAsync(
        Session session,
        Caller caller,
        Operation operation,
        CollectionName collection,
        CancellationToken cancellation
    )
    {
        var permit = await CompileAsync(session, caller, operation, collection, cancellation);
        permit.Require(operation);
        return permit;
    }

    /// <summary>What a work that compiles in its turn will want to know.</summary>
    public static IEnumerable<Question> Questions(Caller caller) =>
        caller.Grant is null ? [] : [LiveGrant.Standings.For((caller.Home, caller.Grant))];

    /// <summary>
    /// Compiles what a caller may do in several collections of a space, in a turn and with what was asked for it, without
    /// demanding anything yet.
    /// </summary>
    /// <exception cref="VibeException">NOT_GRANTED where the caller has no grant, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    public async Task<Dictionary<CollectionName, Permit>> CompileAsync(
        Turn turn,
        Caller caller,
        Operation operation,
        IEnumerable<CollectionName> collections,
        CancellationToken cancellation
    )
    {
        var standing = caller.Grant is null
            ? null
            : await turn.FindAsync(LiveGrant.Standings, (caller.Home, caller.Grant));
        var permits = new Dictionary<CollectionName, Permit>();
        foreach (var collection in collections)
            if (!permits.ContainsKey(collection))
                permits[collection] =
                    Recall(caller, collection) is { } permit && Confirms(permit, standing)
                        ? permit
                        : await CompileAsync(turn.Write, caller, operation, collection, cancellation);
        return permits;
    }

    /// <summary>
    /// Whether a caller may come in as far as is known. It decides nothing about what is inside; where it says no, ask
    /// <see cref="RequireAnywhereAsync"/>.
    /// </summary>
    internal bool MayEnter(Caller caller, IReadOnlyCollection<Operation> operations) =>
        _grants.Find(caller) is { } known && IsLive(caller, known.Grant) && known.AllowsAnywhere(operations);

    /// <summary>Makes sure that a caller's grant is live and allows one of the operations somewhere.</summary>
    /// <exception cref="VibeException">NOT_GRANTED, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    public async Task RequireAnywhereAsync(
        Session session,
        Caller caller,
        IReadOnlyCollection<Operation> operations,
        CancellationToken cancellation
    )
    {
        if (caller.IsFirstParty)
            return;
        var home = new SpaceName(caller.Home);
        var known = await GrantAsync(session, caller, operations.First(), home.ToString(), cancellation);
        if (!known.AllowsAnywhere(operations))
            throw ConsentErrors.NotGranted(operations.First(), home.ToString(), caller);
    }

    /// <summary>Compiles what a caller may do in a collection, without demanding anything yet.</summary>
    /// <exception cref="VibeException">NOT_GRANTED where the caller has no grant, GRANT_REVOKED, GRANT_EXPIRED.</exception>
    public async Task<Permit> CompileAsync(
        Session session,
        Caller caller,
        Operation operation,
        CollectionName collection,
        CancellationToken cancellation
    )
    {
        var isHome = collection.Space.Id == caller.Home;
        if (caller.IsFirstParty)
            return new Permit(collection, caller, isHome ? Rights.Owner : Rights.Visitor, null);
        var known = await GrantAsync(session, caller, operation, collection.ToString(), cancellation);
        return new Permit(collection, caller, known.In(collection.Id, isHome), known.Grant.Standing);
    }

    private async Task<StandingGrant> GrantAsync(
        Session session,
        Caller caller,
        Operation operation,
        string resource,
        CancellationToken cancellation
    )
    {
        var known = await FindAsync(session, caller, cancellation);
        if (known is null || known.Grant.App != caller.Client)
            throw ConsentErrors.NotGranted(operation, resource, caller);
        if (known.Grant.IsRevoked)
            throw ConsentErrors.GrantRevoked(caller);
        if (known.Grant.ExpiresAt <= _clock.Now)
            throw ConsentErrors.GrantExpired(caller);
        return known;
    }

    private async Task<StandingGrant?> FindAsync(Session session, Caller caller, CancellationToken cancellation)
    {
        if (caller.Grant is null)
            return null;
        var known = _grants.Find(caller);
        if (known is not null && known.Grant.Standing == await StandingAsync(session, caller, cancellation))
            return known;
        var grant = await LiveGrant.ReadAsync(session, caller.Home, caller.Grant, cancellation);
        return grant is null ? null : _grants.Keep(caller, grant);
    }

    private bool IsLive(Caller caller, LiveGrant grant) =>
        grant.App == caller.Client && !grant.IsRevoked && grant.ExpiresAt > _clock.Now;

    private readonly record struct StandingQuestion(string Home, string? Grant);
}
