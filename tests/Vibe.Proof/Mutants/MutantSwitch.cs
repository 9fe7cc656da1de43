namespace Vibe.Proof.Mutants;

/// <summary>Turns a mutant on in the servers of this process; there are none in an ordinary build.</summary>
internal static class MutantSwitch
{
#if MUTANTS
    public const bool Exists = true;

    /// <summary>The mutant that is on.</summary>
    public static string? Active => Hosting.Mutants.Active;

    public static void Set(string? name) => Hosting.Mutants.Active = name;
#else
    public const bool Exists = false;

    public static string? Active => null;

    public static void Set(string? name)
    {
        if (name is not null)
            throw new InvalidOperationException("This build has no mutants: use tools/proof.");
    }
#endif
}
