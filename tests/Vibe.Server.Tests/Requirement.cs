using Vibe.Testing;

namespace Vibe.Server.Tests;

/// <summary>Something that a test needs and not every machine has.</summary>
internal static class Requirement
{
    public static void Is(bool met, string otherwise)
    {
        if (!met)
            throw Missing.Exception(otherwise);
    }
}
