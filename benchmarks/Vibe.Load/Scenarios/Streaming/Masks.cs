namespace Vibe.Load.Scenarios.Streaming;

/// <summary>What apps with masks may read. All of them see the text, so that what reaches them is of about one length.</summary>
internal static class Masks
{
    private static readonly string[] Members = ["/author", "/done", "/rating", "/tags", "/title"];

    /// <summary>A few members.</summary>
    public static string[] One { get; } = ["/text", "/title", "/year"];

    /// <summary>Ten sets of members, no two alike.</summary>
    public static string[][] Ten { get; } =
    [
        .. from first in Members
        from second in Members
        where string.CompareOrdinal(first, second) < 0
        select new[] { "/text", first, second },
    ];
}
