using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Vibe.Server.Tests.Data.Documents;

/// <summary>Random JSON, and a slow canonicaliser that shares nothing with the real one.</summary>
internal static class JsonOracle
{
    private static readonly string[] Letters =
    [
        "a",
        "b",
        "c",
        "~",
        "/",
        " ",
        "\"",
        "\\",
        "\n",
        "\t",
        "\b",
        "\u0001",
        "\u001f",
        "\u007f",
        "\u0080",
        "ö",
        "€",
        "\u2028",
        "\ud7ff",
        "\ue000",
        "\ufb33",
        "\uffff",
        "😂",
        "\U0010ffff",
        "<",
        "",
    ];

    private static readonly Gen<string> Word = Gen.OneOf(Letters).Array[0, 4].Select(string.Concat);

    private static readonly Gen<double> Number = Gen.OneOf(
        Gen.Int[-1000, 1000].Select(n => (double)n),
        Gen.Double.Where(double.IsFinite),
        Gen.Select(Gen.Int[-999_999, 999_999], Gen.Int[-12, 24]).Select((n, e) => n * Math.Pow(10, e)),
        Gen.ULong.Select(BitConverter.UInt64BitsToDouble).Where(double.IsFinite)
    );

    /// <summary>Trees of null, bool, double, string, object?[] and (string, object?)[].</summary>
    public static readonly Gen<object?> Tree = Gen.Recursive<object?>(
        (depth, self) =>
            depth >= 5
                ? Leaf(Word)
                : Gen.Frequency(
                    (3, Leaf(Word)),
                    (1, self.Array[0, 5].Select(items => (object?)items)),
                    (3, Members(Word, self))
                )
    );

    /// <summary>Objects with few names, so that two of them meet in many places.</summary>
    public static readonly Gen<object?> CrowdedObject = Members(
        Gen.OneOf("a", "b", "c", "d/e", "~"),
        Gen.Recursive<object?>(
            (depth, self) =>
                depth >= 3
                    ? Leaf(Gen.OneOf("x", "y"))
                    : Gen.Frequency(
                        (1, Leaf(Gen.OneOf("x", "y"))),
                        (2, Members(Gen.OneOf("a", "b", "c", "d/e", "~"), self))
                    )
        )
    );

    public static readonly Gen<object?> Object = Members(Word, Tree);

    private static Gen<object?> Leaf(Gen<string> word) =>
        Gen.OneOf(
            Gen.Const<object?>(() => null),
            Gen.Bool.Select(b => (object?)b),
            Number.Select(n => (object?)n),
            word.Select(s => (object?)s)
        );

    private static Gen<object?> Members(Gen<string> name, Gen<object?> value) =>
        Gen.Select(name, value)
            .Array[0, 6]
            .Select(members => (object?)members.DistinctBy(member => member.Item1).ToArray());

    /// <summary>JSON text of a tree, with members as they come and escapes and spaces as the seed has it.</summary>
    public static string Text(object? tree, int seed)
    {
        var text = new StringBuilder();
        Write(text, tree, new Random(seed));
        return text.ToString();
    }

    public static string Canonical(JsonNode? node) =>
        node switch
        {
            null => "null",
            JsonObject value => "{"
                + string.Join(
                    ',',
                    value
                        .OrderBy(m => m.Key, StringComparer.Ordinal)
                        .Select(m => Quote(m.Key) + ":" + Canonical(m.Value))
                )
                + "}",
            JsonArray list => "[" + string.Join(',', list.Select(Canonical)) + "]",
            _ when node.GetValueKind() == System.Text.Json.JsonValueKind.Number => EcmaScript(node.GetValue<double>()),
            _ when node.GetValueKind() == System.Text.Json.JsonValueKind.String => Quote(node.GetValue<string>()),
            _ => node.ToJsonString(),
        };

    public static int Values(JsonNode? node) =>
        node switch
        {
            JsonObject value => value.Sum(member => 1 + Values(member.Value)),
            JsonArray list => list.Sum(item => 1 + Values(item)),
            _ => 0,
        };

    /// <summary>ECMA-262, Number::toString, by the smallest precision that gives the number back.</summary>
    public static string EcmaScript(double value)
    {
        if (value == 0)
        {
            return "0";
        }

        if (value < 0)
        {
            return "-" + EcmaScript(-value);
        }

        var (digits, n) = Shortest(value);
        var k = digits.Length;
        if (k <= n && n <= 21)
        {
            return digits + new string('0', n - k);
        }

        if (0 < n && n <= 21)
        {
            return digits[..n] + "." + digits[n..];
        }

        if (-6 < n && n <= 0)
        {
            return "0." + new string('0', -n) + digits;
        }

        var exponent = n - 1 < 0 ? $"e-{1 - n}" : $"e+{n - 1}";
        return k == 1 ? digits + exponent : digits[..1] + "." + digits[1..] + exponent;
    }

    // Above a power of two lies more room than below, so the nearest of some length may miss and the next one hit.
    private static (string Digits, int N) Shortest(double value)
    {
        for (var precision = 0; ; precision++)
        {
            var parts = value.ToString("E" + precision, CultureInfo.InvariantCulture).Split('E');
            var nearest = long.Parse(parts[0].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            var exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
            foreach (var digits in (long[])[nearest, nearest + 1])
            {
                if (double.Parse($"{digits}e{exponent - precision}", CultureInfo.InvariantCulture) == value)
                {
                    return ($"{digits}", exponent + 1);
                }
            }
        }
    }

    private static void Write(StringBuilder text, object? tree, Random random)
    {
        Space(text, random);
        switch (tree)
        {
            case null:
                text.Append("null");
                break;
            case bool value:
                text.Append(value ? "true" : "false");
                break;
            case double number:
                text.Append(number.ToString("E16", CultureInfo.InvariantCulture));
                break;
            case string word:
                WriteText(text, word, random);
                break;
            case object?[] items:
                text.Append('[');
                for (var i = 0; i < items.Length; i++)
                {
                    text.Append(i > 0 ? "," : "");
                    Write(text, items[i], random);
                }

                text.Append(']');
                break;
            case (string, object?)[] members:
                text.Append('{');
                for (var i = 0; i < members.Length; i++)
                {
                    text.Append(i > 0 ? "," : "");
                    Space(text, random);
                    WriteText(text, members[i].Item1, random);
                    Space(text, random);
                    text.Append(':');
                    Write(text, members[i].Item2, random);
                }

                text.Append('}');
                break;
        }

        Space(text, random);
    }

    private static void WriteText(StringBuilder text, string word, Random random)
    {
        text.Append('"');
        foreach (var unit in word)
        {
            if (unit < ' ' || unit is '"' or '\\' || (!char.IsSurrogate(unit) && random.Next(8) == 0))
            {
                var format = random.Next(2) == 0 ? "x4" : "X4";
                text.Append("\\u").Append(((int)unit).ToString(format, CultureInfo.InvariantCulture));
            }
            else
            {
                text.Append(unit);
            }
        }

        text.Append('"');
    }

    private static void Space(StringBuilder text, Random random) =>
        text.Append(
            random.Next(12) switch
            {
                0 => " ",
                1 => "\n\t",
                2 => "\r",
                _ => "",
            }
        );

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var unit in text)
        {
            quoted.Append(
                unit switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\b' => "\\b",
                    '\f' => "\\f",
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    < ' ' => "\\u" + ((int)unit).ToString("x4", CultureInfo.InvariantCulture),
                    _ => unit.ToString(),
                }
            );
        }

        return quoted.Append('"').ToString();
    }
}
