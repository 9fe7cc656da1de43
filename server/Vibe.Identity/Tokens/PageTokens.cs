using System.Buffers.Binary;
using System.Text;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage;

namespace Vibe.Identity.Tokens;

/// <summary>
/// Tokens that continue a list after the last name that was sent. They are bound to the caller and to what was listed,
/// live for a day, and are all of one length, so that a token tells nothing of the name in it.
/// </summary>
public sealed class PageTokens(Sealer sealer, Clock clock)
{
    private const string Kind = "page";
    private const int NameBytes = 160;
    private static readonly long Lifetime = (long)TimeSpan.FromDays(1).TotalMicroseconds;

    /// <summary>Makes the token that continues after a name.</summary>
    public string Seal(Caller caller, string listed, string after)
    {
        Span<byte> content = stackalloc byte[sizeof(long) + 1 + NameBytes];
        content.Clear();
        BinaryPrimitives.WriteInt64BigEndian(content, clock.Microseconds);
        content[sizeof(long)] = (byte)Encoding.UTF8.GetBytes(after, content[(sizeof(long) + 1)..]);
        return sealer.Seal(Kind, Bound(caller, listed), content);
    }

    /// <summary>Reads after which name to go on; nothing for the beginning.</summary>
    /// <exception cref="VibeException">PAGE_TOKEN_INVALID.</exception>
    public string? Open(Caller caller, string listed, string token)
    {
        if (token.Length == 0)
            return null;
        var content = sealer.Open(Kind, Bound(caller, listed), token);
        if (content is null || BinaryPrimitives.ReadInt64BigEndian(content) + Lifetime < clock.Microseconds)
            throw new VibeException(
                ErrorReason.PageTokenInvalid,
                "The page token is malformed, older than a day, or from another list. Begin the list anew."
            );
        return Encoding.UTF8.GetString(content, sizeof(long) + 1, content[sizeof(long)]);
    }

    private static string Bound(Caller caller, string listed) =>
        $"{caller.Person}\n{caller.Client}\n{caller.Grant}\n{listed}";
}
