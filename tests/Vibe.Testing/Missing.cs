namespace Vibe.Testing;

/// <summary>
/// Says that something a test needs is not on this machine: a skip that xUnit shows with its reason, and a failure where
/// everything is required. CI has it all, and says so by VIBE_REQUIRE_ALL=1.
/// </summary>
public static class Missing
{
    // What xUnit takes for a skip wherever it is thrown.
    private const string SkipToken = "$XunitDynamicSkip$";

    public static Exception Exception(string reason) =>
        Environment.GetEnvironmentVariable("VIBE_REQUIRE_ALL") == "1"
            ? new InvalidOperationException(reason)
            : new InvalidOperationException(SkipToken + reason);

    /// <summary>What is missing, where an exception says that and is a skip; null where it is none.</summary>
    public static string? ReasonOf(Exception exception) =>
        exception.Message.StartsWith(SkipToken, StringComparison.Ordinal)
            ? exception.Message[SkipToken.Length..]
            : null;
}
