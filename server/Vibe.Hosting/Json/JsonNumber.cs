using System.Buffers.Text;
using System.Globalization;

namespace Vibe.Hosting.Json;

/// <summary>Numbers as ECMAScript prints them (ECMA-262, Number::toString): RFC 8785 asks for this form.</summary>
internal static class JsonNumber
{
    /// <summary>Bytes that any finite double needs at most.</summary>
    public const int MaxLength = 32;

    private const double ExactIntegers = 9007199254740992;
    private const ulong MantissaBits = (1UL << 52) - 1;

    /// <summary>Writes a finite number and returns its length.</summary>
    public static int Format(double value, Span<byte> target)
    {
        if (Math.Abs(value) <= ExactIntegers && value == Math.Truncate(value))
        {
            Utf8Formatter.TryFormat((long)value, target, out var written);
            return written;
        }

        Span<byte> buffer = stackalloc byte[MaxLength];
        var count = Shortest(value, buffer, out var point);
        ReadOnlySpan<byte> digits = buffer[..count];

        var at = 0;
        if (value < 0)
        {
            target[at++] = (byte)'-';
        }

        if (point is > 21 or <= -6)
        {
            return at + Exponential(digits, point - 1, target[at..]);
        }

        if (point <= 0)
        {
            "0."u8.CopyTo(target[at..]);
            at += 2;
            target.Slice(at, -point).Fill((byte)'0');
            at -= point;
            digits.CopyTo(target[at..]);
            return at + count;
        }

        if (count <= point)
        {
            digits.CopyTo(target[at..]);
            target.Slice(at + count, point - count).Fill((byte)'0');
            return at + point;
        }

        digits[..point].CopyTo(target[at..]);
        at += point;
        target[at++] = (byte)'.';
        digits[point..].CopyTo(target[at..]);
        return at + count - point;
    }

    /// <summary>Whether the shortest text of a double is the same integer as a literal of digits alone.</summary>
    public static bool Reproduces(double value, ReadOnlySpan<byte> literal)
    {
        Span<byte> buffer = stackalloc byte[MaxLength];
        var count = Shortest(value, buffer, out var point);
        return point == literal.Length && literal.TrimEnd((byte)'0').SequenceEqual(buffer[..count]);
    }

    /// <summary>
    /// The fewest digits that give the double back, without leading or trailing zeros, and where the decimal point
    /// stands: the value is 0.DIGITS times ten to the power of <paramref name="point"/>.
    /// </summary>
    private static int Shortest(double value, Span<byte> digits, out int point)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        value = Math.Abs(value);
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);

        // Below a power of two doubles lie twice as close as above, which the runtime overlooks: for 2^-25 and 2^-958
        // it gives one digit too few, and with it another number.
        if (
            (BitConverter.DoubleToUInt64Bits(value) & MantissaBits) == 0
            && double.Parse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture) != value
        )
        {
            value.TryFormat(text, out length, "E16", CultureInfo.InvariantCulture);
        }

        text = text[..length];

        var exponent = 0;
        var e = text.IndexOf((byte)'E');
        if (e >= 0)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var dot = text.IndexOf((byte)'.');
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? [] : text[(dot + 1)..];
        whole.CopyTo(digits);
        fraction.CopyTo(digits[whole.Length..]);

        var all = digits[..(whole.Length + fraction.Length)];
        var leading = all.Length - all.TrimStart((byte)'0').Length;
        var trimmed = all[leading..].TrimEnd((byte)'0');
        trimmed.CopyTo(digits);
        point = whole.Length + exponent - leading;
        return trimmed.Length;
    }

    private static int Exponential(ReadOnlySpan<byte> digits, int exponent, Span<byte> target)
    {
        var at = 0;
        target[at++] = digits[0];
        if (digits.Length > 1)
        {
            target[at++] = (byte)'.';
            digits[1..].CopyTo(target[at..]);
            at += digits.Length - 1;
        }

        target[at++] = (byte)'e';
        target[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
        Utf8Formatter.TryFormat(Math.Abs(exponent), target[at..], out var written);
        return at + written;
    }
}
