namespace Vibe.Load.Publishing;

/// <summary>How engines are called where people read.</summary>
internal static class Engines
{
    public static string TitleOf(string engine) =>
        engine switch
        {
            "Sqlite" => "SQLite",
            "Postgres" => "PostgreSQL",
            _ => engine,
        };
}
