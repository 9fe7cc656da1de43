using Vibe.Access.V1;

namespace Vibe.Proof.NewEnemy;

/// <summary>Who calls, as its token says.</summary>
/// <param name="Person">The person's DID.</param>
/// <param name="Client">The app's id; <c>vibe</c> in a first-party session.</param>
/// <param name="Grant">The id of the grant that the token names.</param>
/// <param name="TokenEnds">When the token ends, in microseconds.</param>
internal sealed record Asker(string Person, string Client, string? Grant, long TokenEnds)
{
    /// <summary>Whether the person acts without an app.</summary>
    public bool IsFirstParty => Client == "vibe" && Grant is null;

    /// <summary>The id of the person's own space.</summary>
    public string Home => Person["did:vibe:".Length..];
}

/// <summary>What can be asked about the documents of the one collection.</summary>
internal enum Method
{
    Get,
    List,
    Follow,
    Create,
    Update,
    Delete,
    Share,
}

/// <summary>What somebody asked for.</summary>
/// <param name="Asker">Who asked.</param>
/// <param name="Method">What for.</param>
/// <param name="Document">The id of the document that it is about; none where it is about the collection.</param>
/// <param name="Members">The members that a write names.</param>
internal sealed record Asked(Asker Asker, Method Method, string Document = "", params string[] Members)
{
    public Operation Operation =>
        Method switch
        {
            Method.Create => Operation.Create,
            Method.Update => Operation.Update,
            Method.Delete => Operation.Delete,
            Method.Share => Operation.Share,
            _ => Operation.Read,
        };

    public bool IsWrite => Method >= Method.Create;

    public override string ToString() =>
        $"{Method} {Document} {string.Join(',', Members)} by {Asker.Client} of {Asker.Home[..6]}"
        + (Asker.Grant is { } grant ? $" with {grant[^6..]}" : "");
}

/// <summary>What an answer, or a frame of a stream, told.</summary>
/// <param name="Refusal">The reason of a refusal.</param>
/// <param name="Sight">The documents that were shown, by their ids, each as its JSON.</param>
internal sealed record Told(string? Refusal, IReadOnlyDictionary<string, string>? Sight)
{
    /// <summary>Nothing is known of the answer: the process was killed.</summary>
    public static readonly Told Nothing = new(null, null);

    /// <summary>The answer shows no document, and that it was given says that the caller was let in.</summary>
    public static readonly Told LetIn = new(null, new Dictionary<string, string>());

    public static Told Refused(string reason) => new(reason, null);

    public static Told Shown(IReadOnlyDictionary<string, string> sight) => new(null, sight);

    public static Told One(string document, string json) => Shown(new Dictionary<string, string> { [document] = json });

    /// <summary>Whether two answers tell the same.</summary>
    public bool IsSameAs(Told other) =>
        Refusal == other.Refusal
        && (Sight is null) == (other.Sight is null)
        && (
            Sight is null
            || (
                Sight.Count == other.Sight!.Count
                && Sight.All(each => other.Sight.TryGetValue(each.Key, out var json) && json == each.Value)
            )
        );

    public override string ToString() =>
        Refusal
        ?? (
            Sight is null ? "nothing"
            : Sight.Count == 0 ? "no document"
            : string.Join(' ', Sight.OrderBy(each => each.Key).Select(each => $"{each.Key}={each.Value}"))
        );
}

/// <summary>A call, or a frame of a stream, and what was told.</summary>
/// <param name="Asked">What was asked for.</param>
/// <param name="Begin">When the call began.</param>
/// <param name="End">When it had ended, or the frame had come; never where that is not known.</param>
/// <param name="Told">What was told.</param>
internal sealed record Call(Asked Asked, long Begin, long End, Told Told)
{
    public const long Never = long.MaxValue;

    /// <summary>What the call writes, by which it is found in the order; nothing for reads.</summary>
    public string? Mark { get; init; }

    /// <summary>The stream that the frame is of, and its number in it.</summary>
    public (int Stream, int Frame)? Frame { get; init; }

    /// <summary>Whether the frame only says that the stream is alive.</summary>
    public bool IsHeartbeat { get; init; }

    public override string ToString() =>
        FormattableString.Invariant(
            $"{Begin % 1_000_000_000} to {(End == Never ? "?" : End % 1_000_000_000)}: {Asked}{(Frame is { } frame ? $" (stream {frame.Stream}, frame {frame.Frame})" : "")}{(Mark is null ? "" : $" [{Mark}]")}: {Told}"
        );
}

/// <summary>A change of what is allowed, by the person or the developer.</summary>
/// <param name="Mark">What it leaves in the order, by which it is found there.</param>
/// <param name="Begin">When the call began.</param>
/// <param name="End">When it had returned; never where it was refused or that is not known.</param>
/// <param name="Story">What it did.</param>
internal sealed record PolicyCall(string Mark, long Begin, long End, string Story)
{
    public override string ToString() =>
        FormattableString.Invariant(
            $"{Begin % 1_000_000_000} to {(End == Call.Never ? "?" : End % 1_000_000_000)}: {Story} [{Mark}]"
        );
}
