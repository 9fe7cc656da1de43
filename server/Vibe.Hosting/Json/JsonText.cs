using System.Buffers;
using System.Text.Unicode;

namespace Vibe.Hosting.Json;

/// <summary>Texts with the escapes that RFC 8785 leaves: quotation mark, backslash and control characters.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(code => (byte)code),
        (byte)'"',
        (byte)'\\',
    ]);

    /// <summary>Where the first byte is that cannot stand in a text as it is; -1 where there is none.</summary>
    public static int IndexOfEscaped(ReadOnlySpan<byte> utf8) => utf8.IndexOfAny(Escaped);

    /// <summary>Writes one ASCII character that needs an escape.</summary>
    public static void WriteEscape(ref PooledBuffer<byte> target, byte character)
    {
        var letter = character switch
        {
            (byte)'"' => (byte)'"',
            (byte)'\\' => (byte)'\\',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => (byte)0,
        };

        if (letter != 0)
        {
            target.Add([(byte)'\\', letter]);
            return;
        }

        target.Add("\\u00"u8);
        target.Add([(byte)('0' + (character >> 4)), "0123456789abcdef"u8[character & 0xF]]);
    }

    /// <summary>Writes a quoted text; false where it holds a lone surrogate.</summary>
    public static bool TryWrite(ref PooledBuffer<byte> target, ReadOnlySpan<char> text)
    {
        var rented = ArrayPool<byte>.Shared.Rent(checked(text.Length * 3));
        try
        {
            var status = Utf8.FromUtf16(text, rented, out _, out var written, replaceInvalidSequences: false);
            if (status != OperationStatus.Done)
            {
                return false;
            }

            ReadOnlySpan<byte> rest = rented.AsSpan(0, written);
            target.Add((byte)'"');
            for (var at = IndexOfEscaped(rest); at >= 0; at = IndexOfEscaped(rest))
            {
                target.Add(rest[..at]);
                WriteEscape(ref target, rest[at]);
                rest = rest[(at + 1)..];
            }

            target.Add(rest);
            target.Add((byte)'"');
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
