using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Vibe.Sync.V1;

namespace Vibe.Proof.StoredTruth.Oracles;

/// <summary>A document as one view shows it, or that it went from the view.</summary>
/// <param name="Json">The canonical content; nothing when it went.</param>
/// <param name="List">The access list, where the reader sees it and it names anybody.</param>
/// <param name="Etag">The etag; nothing where a list is in it, for the contract does not say how.</param>
/// <param name="Cause">Why it went.</param>
/// <param name="CameIn">The change that brought it into the view.</param>
/// <param name="Moved">The last change in the view.</param>
internal sealed record Seen(string? Json, string List, string? Etag, RemovalCause Cause, int CameIn, int Moved)
{
    private const int EtagBytes = 16;

    public bool IsIn => Json is not null;

    public static Seen Here(string json, string list, int cameIn, int moved) =>
        new(json, list, list.Length == 0 ? EtagOf(json) : null, RemovalCause.Unspecified, cameIn, moved);

    public static Seen Gone(RemovalCause cause, int moved) => new(null, "", null, cause, 0, moved);

    private static string EtagOf(string json) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(json)).AsSpan(0, EtagBytes));
}
