namespace Vibe.Storage.Examinations;

/// <summary>The names of what is examined here.</summary>
internal static class Checks
{
    public const string Database = "database";
    public const string Writing = "writing";
    public const string Durability = "durability";
    public const string Migrations = "migrations";
    public const string Clock = "clock";
}
