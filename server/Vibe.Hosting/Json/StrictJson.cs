using Google.Protobuf.WellKnownTypes;

namespace Vibe.Hosting.Json;

/// <summary>
/// The one reader of JSON that comes from outside. It takes what every engine can hold without loss and refuses the
/// rest: U+0000, lone surrogates, invalid UTF-8, duplicate members, numbers that are not finite as a double, integers
/// that their double does not reproduce, and whatever exceeds the limits.
/// </summary>
public static class StrictJson
{
    /// <summary>Reads one JSON value of any kind and gives it in canonical form.</summary>
    /// <exception cref="Errors.VibeException">One of <see cref="JsonErrors"/>.</exception>
    public static CanonicalJson Canonicalize(ReadOnlySpan<byte> utf8, JsonLimits limits)
    {
        var scanner = new JsonScanner(utf8, limits, write: true);
        try
        {
            scanner.Scan();
            return scanner.ToCanonical();
        }
        finally
        {
            scanner.Dispose();
        }
    }

    /// <summary>Gives a structured value in canonical form, under the same rules.</summary>
    /// <exception cref="Errors.VibeException">One of <see cref="JsonErrors"/>.</exception>
    public static CanonicalJson Canonicalize(Struct value, JsonLimits limits) => StructScanner.Scan(value, limits);

    /// <summary>Reads one JSON value of any kind, and returns how many values it holds.</summary>
    /// <exception cref="Errors.VibeException">One of <see cref="JsonErrors"/>.</exception>
    public static int Check(ReadOnlySpan<byte> utf8, JsonLimits limits)
    {
        var scanner = new JsonScanner(utf8, limits, write: false);
        try
        {
            scanner.Scan();
            return scanner.Values;
        }
        finally
        {
            scanner.Dispose();
        }
    }
}
