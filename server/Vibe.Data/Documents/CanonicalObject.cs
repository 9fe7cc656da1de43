using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Vibe.Data.Documents;

/// <summary>Takes a canonical JSON object apart into its members, without looking at more than its structure.</summary>
internal static class CanonicalObject
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[],"u8);

    public static Member[] Split(ReadOnlyMemory<byte> json)
    {
        var text = json.Span;
        if (text is not [(byte)'{', .., (byte)'}'])
        {
            throw new ArgumentException("The text is no canonical JSON object.", nameof(json));
        }

        var members = new List<Member>();
        for (var at = 1; at < text.Length - 1; at++)
        {
            var nameEnd = EndOfText(text, at);
            var valueStart = nameEnd + 1;
            var end = EndOfValue(text, valueStart, out var values);
            members.Add(new Member(NameIn(text[at..nameEnd]), json[at..end], valueStart - at, values + 1));
            at = end;
        }

        return [.. members];
    }

    private static string NameIn(ReadOnlySpan<byte> quoted)
    {
        if (!quoted.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(quoted[1..^1]);
        }

        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        return reader.GetString()!;
    }

    private static int EndOfText(ReadOnlySpan<byte> json, int start)
    {
        var at = start + 1;
        while (true)
        {
            at += json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[at] == '"')
            {
                return at + 1;
            }

            at += 2;
        }
    }

    /// <summary>Finds the end of a value; within, each comma counts, and each opening of what is not empty.</summary>
    private static int EndOfValue(ReadOnlySpan<byte> json, int start, out int values)
    {
        values = 0;
        var depth = 0;
        var at = start;
        while (true)
        {
            at += json[at..].IndexOfAny(Structure);
            switch (json[at])
            {
                case (byte)'"':
                    at = EndOfText(json, at);
                    continue;
                case (byte)'{':
                case (byte)'[':
                    depth++;
                    values += json[at + 1] is (byte)'}' or (byte)']' ? 0 : 1;
                    break;
                case (byte)',' when depth > 0:
                    values++;
                    break;
                case (byte)',':
                    return at;
                default:
                    if (depth == 0)
                    {
                        return at;
                    }

                    depth--;
                    break;
            }

            at++;
        }
    }
}
