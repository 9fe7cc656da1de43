using System.Text;

namespace Vibe.Load.Servers;

/// <summary>The content of every document: 1 KiB of canonical JSON with a few members.</summary>
internal static class Body
{
    public const int Length = 1024;

    public static byte[] Json { get; } = Make();

    private static byte[] Make()
    {
        const string Start =
            """{"author":"Ada Lovelace","done":false,"rating":4.5,"tags":["engine","notes","translation"],"text":" """;
        const string End = "\",\"title\":\"Sketch of the Analytical Engine\",\"year\":1843}";
        const string Prose = "the engine weaves algebraical patterns just as the loom weaves flowers and leaves ";
        var room = Length - Start.Length - End.Length;
        var text = string.Concat(Enumerable.Repeat(Prose, room / Prose.Length + 1))[..room];
        return Encoding.UTF8.GetBytes(Start + text + End);
    }
}
