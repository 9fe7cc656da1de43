using System.Buffers.Binary;
using Vibe.Consent.Policy;
using Vibe.Data.Feed;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Identity.Tokens;

namespace Vibe.Sync.Scopes;

/// <summary>Where a reader is, in which history, and what the view was there.</summary>
internal sealed record ScopeCursor(FeedPosition Position, string Incarnation, byte[] ViewDigest);

/// <summary>
/// Carries a reader's place to the next call, on any replica: sealed, without anything kept here, and of one length
/// whatever the place is. Bound to person, app, grant and scope.
/// </summary>
internal sealed class ResumeTokens(Sealer sealer)
{
    private const string Kind = "resume";
    private const int IncarnationBytes = 8;
    private const int DigestBytes = 16;
    private const int Length = IncarnationBytes + DigestBytes + 2 * sizeof(long);

    public string Seal(Caller caller, CollectionName collection, ScopeCursor cursor) =>
        Seal(BindingTo(caller, collection), cursor);

    /// <summary>Seals a token for whom <see cref="BindingTo"/> was asked for, where there are many for one.</summary>
    public string Seal(byte[] binding, ScopeCursor cursor)
    {
        Span<byte> content = stackalloc byte[Length];
        Convert.FromHexString(cursor.Incarnation, content, out _, out _);
        cursor.ViewDigest.CopyTo(content[IncarnationBytes..]);
        BinaryPrimitives.WriteInt64BigEndian(content[^16..], cursor.Position.Cursor);
        BinaryPrimitives.WriteInt64BigEndian(content[^8..], cursor.Position.SnapshotFrom);
        return sealer.Seal(binding, content);
    }

    /// <summary>What all tokens of a caller and a collection are bound by.</summary>
    public static byte[] BindingTo(Caller caller, CollectionName collection) =>
        Sealer.Bound(Kind, Bound(caller, collection));

    /// <summary>Opens a token; nothing when it cannot be continued from, for whatever reason.</summary>
    /// <exception cref="VibeException">RESUME_TOKEN_INVALID: it has not the form of a token.</exception>
    public ScopeCursor? Open(Caller caller, CollectionName collection, string token, int scope)
    {
        if (token.Length == 0)
            return null;
        if (!Sealer.HasForm(token, Length))
            throw new VibeException(
                ErrorReason.ResumeTokenInvalid,
                "The resume token has not the form of a token. Begin anew without it.",
                new Dictionary<string, string> { ["scope"] = $"{scope}" }
            );
        if (sealer.Open(Kind, Bound(caller, collection), token) is not { Length: Length } content)
            return null;
        return new ScopeCursor(
            new FeedPosition(
                BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(Length - 16)),
                BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(Length - 8))
            ),
            Convert.ToHexStringLower(content.AsSpan(0, IncarnationBytes)),
            content[IncarnationBytes..(IncarnationBytes + DigestBytes)]
        );
    }

    private static string Bound(Caller caller, CollectionName collection) =>
        $"{caller.Person}\n{caller.Client}\n{caller.Grant}\n{collection}";
}
