namespace Vibe.Hosting.Json;

/// <summary>How deep JSON may nest, and how long the names of its members may be.</summary>
/// <param name="Depth">Levels of objects and arrays; the root is the first.</param>
/// <param name="NameBytes">Bytes of UTF-8 in the name of a member, before escaping.</param>
public sealed record JsonLimits(int Depth, int NameBytes);
