using System.Buffers;
using System.Text.Json;

namespace Vibe.Data.Documents;

/// <summary>Takes a canonical JSON object apart into its members, without looking at more than its structure.</summary>
internal ref struct CanonicalObject
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[],"u8);

    private readonly ReadOnlySpan<byte> _json;
    private int _next = 1;

    public CanonicalObject(ReadOnlySpan<byte> json)
    {
        if (json is not [(byte)'{', .., (byte)'}'])
        {
            throw new ArgumentException("The text is no canonical JSON object.", nameof(json));
        }

        _json = json;
    }

    /// <summary>The name of the member, without escapes.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Where the member begins.</summary>
    public int Start { get; private set; }

    /// <summary>Where its value begins.</summary>
    public int ValueStart { get; private set; }

    /// <summary>Where it ends.</summary>
    public int End { get; private set; }

    /// <summary>How many members and array elements are within its value.</summary>
    public int Values { get; private set; }

    /// <summary>Goes to the next member, if there is one.</summary>
    public bool Next()
    {
        if (_next >= _json.Length - 1)
        {
            return false;
        }

        Start = _next;
        var nameEnd = EndOfText(_json, Start);
        Name = NameIn(_json[Start..nameEnd]);
        ValueStart = nameEnd + 1;
        End = EndOfValue(_json, ValueStart, out var values);
        Values = values;
        _next = End + 1;
        return true;
    }

    /// <summary>Gives all members.</summary>
    public static Member[] Split(ReadOnlyMemory<byte> json)
    {
        var members = new List<Member>();
        var each = new CanonicalObject(json.Span);
        while (each.Next())
        {
            members.Add(
                new Member(each.Name, json[each.Start..each.End], each.ValueStart - each.Start, each.Values + 1)
            );
        }

        return [.. members];
    }

    /// <summary>Gives the object with those members alone whose names are admitted.</summary>
    public static byte[] Project(ReadOnlySpan<byte> json, Func<string, bool> admits)
    {
        var room = ArrayPool<byte>.Shared.Rent(json.Length);
        try
        {
            room[0] = (byte)'{';
            var length = 1;
            var each = new CanonicalObject(json);
            while (each.Next())
            {
                if (!admits(each.Name))
                {
                    continue;
                }

                if (length > 1)
                {
                    room[length++] = (byte)',';
                }

                var member = json[each.Start..each.End];
                member.CopyTo(room.AsSpan(length));
                length += member.Length;
            }

            room[length++] = (byte)'}';
            return room.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(room);
        }
    }

    private static string NameIn(ReadOnlySpan<byte> quoted)
    {
        if (!quoted.Contains((byte)'\\'))
        {
            return MemberNames.Of(quoted[1..^1]);
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
