using System.Buffers.Binary;
using Vibe.Errors.V1;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Identity.Tokens;

/// <summary>
/// Tokens that stand for the moment of a write, for readers who want nothing older. They are bound to their space alone,
/// so whoever was told of a write can ask for it.
/// </summary>
public sealed class ConsistencyTokens(Sealer sealer, Limits limits)
{
    private const string Kind = "consistency";
    private const int IncarnationBytes = 8;

    /// <summary>Makes the token of a moment.</summary>
    public string Seal(Moment moment)
    {
        Span<byte> content = stackalloc byte[IncarnationBytes + sizeof(long)];
        content.Clear();
        Convert.FromHexString(moment.Incarnation, content, out _, out _);
        BinaryPrimitives.WriteInt64BigEndian(content[IncarnationBytes..], moment.Revision);
        return sealer.Seal(Kind, moment.Space.Id, content);
    }

    /// <summary>Makes sure that a state of the database holds every write that the tokens stand for.</summary>
    /// <exception cref="VibeException">
    /// TOO_MANY_ITEMS; CONSISTENCY_TOKEN_INVALID: unreadable, or of another space; HISTORY_LOST: the write is not in the
    /// history of this database any more.
    /// </exception>
    public async Task RequireAsync(
        Session session,
        SpaceName space,
        IReadOnlyCollection<string> tokens,
        CancellationToken cancellation
    )
    {
        if (!await SpaceHistory.HoldsAsync(session, space, Open(space, tokens), cancellation))
            throw HistoryLost();
    }

    /// <summary>Says that a moment is not in the history of this database any more.</summary>
    public static VibeException HistoryLost() =>
        new(
            ErrorReason.HistoryLost,
            "The server was put back to a state before that write. Drop the token and look whether the write is there."
        );

    /// <summary>Reads for which moments of a space the tokens stand.</summary>
    /// <exception cref="VibeException">TOO_MANY_ITEMS, CONSISTENCY_TOKEN_INVALID.</exception>
    public IReadOnlyCollection<Moment> Open(SpaceName space, IReadOnlyCollection<string> tokens)
    {
        if (tokens.Count > limits.ConsistencyTokens)
            throw CallErrors.TooManyItems("consistency_tokens", tokens.Count, limits.ConsistencyTokens);
        return TryOpen(space, tokens)
            ?? throw new VibeException(
                ErrorReason.ConsistencyTokenInvalid,
                "A consistency token cannot be read, or belongs to another space."
            );
    }

    /// <summary>Does the same; nothing where <see cref="Open"/> would throw.</summary>
    public IReadOnlyCollection<Moment>? TryOpen(SpaceName space, IReadOnlyCollection<string> tokens)
    {
        if (tokens.Count == 0)
            return [];
        if (tokens.Count > limits.ConsistencyTokens)
            return null;
        var moments = new List<Moment>(tokens.Count);
        foreach (var token in tokens)
            if (TryOpen(space, token) is { } moment)
                moments.Add(moment);
            else
                return null;
        return moments;
    }

    private Moment? TryOpen(SpaceName space, string token) =>
        sealer.Open(Kind, space.Id, token) is { Length: IncarnationBytes + sizeof(long) } content
            ? new Moment(
                space,
                Convert.ToHexStringLower(content.AsSpan(0, IncarnationBytes)),
                BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(IncarnationBytes))
            )
            : null;
}
