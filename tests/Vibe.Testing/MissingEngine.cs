namespace Vibe.Testing;

/// <summary>
/// Says that an engine is not to be had: a skip that xUnit shows with its reason, and a failure where everything is
/// required.
/// </summary>
public static class MissingEngine
{
    // What xUnit takes for a skip wherever it is thrown.
    private const string SkipToken = "$XunitDynamicSkip$";

    public static Exception Exception(string reason) =>
        Environment.GetEnvironmentVariable("VIBE_REQUIRE_ALL") == "1"
            ? new InvalidOperationException(reason)
            : new InvalidOperationException(SkipToken + reason);
}
