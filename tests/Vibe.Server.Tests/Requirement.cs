namespace Vibe.Server.Tests;

/// <summary>Something that a test needs and not every machine has. CI has it all, and says so by VIBE_REQUIRE_ALL=1.</summary>
internal static class Requirement
{
    public static void Is(bool met, string otherwise)
    {
        if (!met && Environment.GetEnvironmentVariable("VIBE_REQUIRE_ALL") == "1")
            Assert.Fail(otherwise);
        Assert.SkipUnless(met, otherwise);
    }
}
