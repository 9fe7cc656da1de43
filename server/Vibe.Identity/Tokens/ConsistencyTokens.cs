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

    // A space that does not exist was written in no incarnation, and its tokens read like those of one that does.
    private static readonly string NoIncarnation = new('0', 2 * IncarnationBytes);

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
        if (!await HoldsAsync(session, Open(space, tokens), cancellation))
            throw new VibeException(
                ErrorReason.HistoryLost,
                "The server was put back to a state before that write. Drop the token and look whether the write is there."
            );
    }

    /// <summary>Reads for which moments of a space the tokens stand.</summary>
    /// <exception cref="VibeException">TOO_MANY_ITEMS, CONSISTENCY_TOKEN_INVALID.</exception>
    public IReadOnlyList<Moment> Open(SpaceName space, IReadOnlyCollection<string> tokens) =>
        tokens.Count <= limits.ConsistencyTokens
            ? [.. tokens.Select(token => Open(space, token))]
            : throw CallErrors.TooManyItems("consistency_tokens", tokens.Count, limits.ConsistencyTokens);

    /// <summary>Tells whether a state of the database holds every write that was made at the moments.</summary>
    public static async Task<bool> HoldsAsync(
        Session session,
        IReadOnlyList<Moment> moments,
        CancellationToken cancellation
    )
    {
        foreach (var (space, incarnation, revision) in moments)
        {
            var history = await SpaceHistory.ReadAsync(session, space, revision, cancellation);
            if (revision > history.Head || (history.AskedBy ?? NoIncarnation) != incarnation)
                return false;
        }
        return true;
    }

    private Moment Open(SpaceName space, string token)
    {
        if (sealer.Open(Kind, space.Id, token) is not { Length: IncarnationBytes + sizeof(long) } content)
            throw new VibeException(
                ErrorReason.ConsistencyTokenInvalid,
                "A consistency token cannot be read, or belongs to another space."
            );
        return new Moment(
            space,
            Convert.ToHexStringLower(content.AsSpan(0, IncarnationBytes)),
            BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(IncarnationBytes))
        );
    }
}
