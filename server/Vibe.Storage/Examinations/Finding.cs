namespace Vibe.Storage.Examinations;

/// <summary>What an examination found about one thing.</summary>
/// <param name="Check">What was examined, in one or two words.</param>
/// <param name="Says">How it is; where something is wrong, what and why.</param>
/// <param name="Remedy">What helps; nothing where all is well.</param>
public sealed record Finding(string Check, string Says, string? Remedy = null)
{
    /// <summary>Whether all is well.</summary>
    public bool IsWell => Remedy is null;
}
