namespace Vibe.Storage.Sessions;

/// <summary>The text of a statement: one for both engines, or one for each where they do not read the same.</summary>
/// <param name="Sqlite">As SQLite reads it.</param>
/// <param name="Postgres">As PostgreSQL reads it.</param>
public readonly record struct Sql(string Sqlite, string Postgres)
{
    /// <summary>
    /// Whether the best way to carry it out depends on the values. What changed behind a revision is next to nothing or all
    /// there is: an index leads to the one, and slows down the other.
    /// </summary>
    public bool DependsOnValues { get; init; }

    /// <summary>Takes a text that both read.</summary>
    public static implicit operator Sql(string text) => new(text, text);

    /// <summary>Puts texts one behind the other.</summary>
    public static Sql Of(params Sql[] parts) =>
        new(string.Concat(parts.Select(part => part.Sqlite)), string.Concat(parts.Select(part => part.Postgres)));

    /// <summary>
    /// Finds the rows of many keys, one of each at most, by one look into the index for each key. PostgreSQL is left no
    /// choice: without statistics, or with those of many small spaces, it reads all that the condition lets through and
    /// compares it with the keys.
    /// </summary>
    /// <param name="columns">What is read of each row.</param>
    /// <param name="table">The table, with the name that the others call it by.</param>
    /// <param name="condition">What all rows have in common.</param>
    /// <param name="key">The column of the key, a text.</param>
    /// <param name="list">The parameter that holds the keys, none twice: its content is an array of texts.</param>
    public static Sql ForEach(
        string columns,
        (string Table, string Alias) table,
        string condition,
        string key,
        string list
    )
    {
        var from = $"FROM {table.Table} {table.Alias} WHERE {condition} AND {key}";
        return new Sql(
            $"SELECT {columns} {from} IN (SELECT value FROM json_each({list}))",
            $"""
            SELECT {columns} FROM unnest({list}) asked (value)
            CROSS JOIN LATERAL (SELECT * {from} = asked.value LIMIT 1) {table.Alias}
            """
        );
    }

    /// <summary>Does the same where keys have several columns.</summary>
    /// <param name="columns">What is read of each row.</param>
    /// <param name="table">The table, with the name that the others call it by.</param>
    /// <param name="key">The columns of the key, texts.</param>
    /// <param name="list">The parameter that holds the keys, none twice: its content is an array of arrays of texts.</param>
    public static Sql ForEach(string columns, (string Table, string Alias) table, string[] key, string list)
    {
        var arrays = string.Join(", ", key.Select((_, column) => ColumnOf(list, column)));
        return new Sql(
            $"SELECT {columns} FROM json_each({list}) asked CROSS JOIN {table.Table} {table.Alias} WHERE "
                + Equal(column => $"asked.value ->> {column}"),
            $"""
            SELECT {columns} FROM unnest({arrays}) asked ({string.Join(", ", key)})
            CROSS JOIN LATERAL (SELECT * FROM {table.Table} {table.Alias} WHERE {Equal(column =>
                $"asked.{key[column]}"
            )} LIMIT 1) {table.Alias}
            """
        );

        string Equal(Func<int, string> asked) =>
            string.Join(" AND ", key.Select((name, column) => $"{table.Alias}.{name} = {asked(column)}"));
    }

    /// <summary>Names the parameter that holds a column of keys, on PostgreSQL.</summary>
    internal static string ColumnOf(string list, int column) => $"{list}_{column}";
}
