namespace Vibe.Testing;

/// <summary>What a server keeps its data in. Suites run on each.</summary>
public enum Engine
{
    Sqlite,
    Postgres,
}
