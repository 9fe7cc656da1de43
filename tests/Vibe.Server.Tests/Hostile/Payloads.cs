using System.Text.Json;

namespace Vibe.Server.Tests.Hostile;

/// <summary>Texts that others collected to break servers with, and some that are known to break this kind of server.</summary>
internal static class Payloads
{
    private static readonly string[] Known =
    [
        ".",
        "..",
        "%2e%2e",
        "a\0b",
        "%00",
        "\ufffd\uffff",
        "me",
        "-",
        "*",
        "/",
        "~",
        "/~2",
        "\r\nx-evil: 1",
        "{\"a\":1}",
        "did:vibe:" + new string('a', 5000),
        new string('ä', 20_000),
        string.Join('/', Enumerable.Repeat("a", 3000)),
        string.Concat(Enumerable.Repeat("/%2e", 500)),
    ];

    /// <summary>All of them, each once, in an order that mixes the sources.</summary>
    public static IReadOnlyList<string> All()
    {
        var naughty = JsonSerializer.Deserialize<string[]>(
            File.ReadAllBytes(Path.Combine(OutsideVectors.Folder("naughty-strings"), "blns.json"))
        )!;
        var attacks = Directory
            .GetFiles(OutsideVectors.Folder("attack-payloads"), "*.txt")
            .Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines);
        string[] texts = [.. Known, .. naughty.Concat(attacks).Where(text => text.Length > 0).Distinct()];
        // A stride without a divisor in common with the count visits each once.
        var stride = Enumerable.Range(37, 1000).First(stride => Gcd(stride, texts.Length) == 1);
        return [.. texts.Select((_, index) => texts[index * stride % texts.Length])];
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
