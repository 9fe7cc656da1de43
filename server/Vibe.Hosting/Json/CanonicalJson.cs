namespace Vibe.Hosting.Json;

/// <summary>JSON in the one form that RFC 8785 gives it: equal content, equal bytes.</summary>
/// <param name="Bytes">The text in UTF-8.</param>
/// <param name="Values">Members and array elements over all levels.</param>
public readonly record struct CanonicalJson(byte[] Bytes, int Values);
