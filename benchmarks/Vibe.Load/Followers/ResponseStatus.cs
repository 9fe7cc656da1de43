using System.Text;

namespace Vibe.Load.Followers;

/// <summary>
/// What the last head of a stream says. It is looked for as text and not decoded: a server that was told to remember
/// nothing writes names in full, and Kestrel writes them without Huffman's code.
/// </summary>
internal static class ResponseStatus
{
    /// <summary>Gives nothing where the status is OK, else what can be read of the head.</summary>
    public static string? FailureIn(ReadOnlySpan<byte> head)
    {
        var name = "grpc-status"u8;
        var at = head.IndexOf(name);
        if (at >= 0 && head[(at + name.Length)..].StartsWith("\u00010"u8))
            return null;
        var text = Encoding.ASCII.GetString(head);
        return $"The server refused: {string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim()}";
    }
}
