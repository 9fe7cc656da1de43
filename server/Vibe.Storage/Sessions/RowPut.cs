namespace Vibe.Storage.Sessions;

/// <summary>
/// Puts rows into a table, over those of the same key where there are any. Rows that wait to be put can go out together.
/// </summary>
public sealed class RowPut
{
    private readonly Column[] _columns;
    private readonly int _keys;

    /// <summary>Prepares the statements.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">The columns of its key.</param>
    /// <param name="updated">The columns that a row of the same key takes over.</param>
    /// <param name="kept">The columns that it keeps as they are.</param>
    public RowPut(string table, Column[] keys, Column[] updated, params Column[] kept)
    {
        _keys = keys.Length;
        _columns = [.. keys, .. updated, .. kept];
        var names = string.Join(", ", _columns.Select(column => column.Name));
        var onConflict =
            $"ON CONFLICT ({string.Join(", ", keys.Select(key => key.Name))}) DO UPDATE SET "
            + string.Join(", ", updated.Select(column => $"{column.Name} = excluded.{column.Name}"));
        var parameters = string.Join(", ", _columns.Select(column => $"@{column.Name}"));
        One = $"INSERT INTO {table} ({names}) VALUES ({parameters}) {onConflict}";
        Many = $"INSERT INTO {table} ({names}) SELECT * FROM unnest({parameters}) {onConflict}";
    }

    /// <summary>Puts one row.</summary>
    internal string One { get; }

    /// <summary>Puts rows whose columns are arrays, on PostgreSQL; no two of them may have the same key.</summary>
    internal string Many { get; }

    /// <summary>Names the contents of a row.</summary>
    /// <param name="row">The contents: those of the keys, of what is updated and of what is kept.</param>
    internal Value[] ValuesOf(object?[] row) =>
        row.Length == _columns.Length
            ? [.. row.Select((content, index) => new Value($"@{_columns[index].Name}", content))]
            : throw new ArgumentException($"{row.Length} contents for {_columns.Length} columns.", nameof(row));

    /// <summary>Gives what tells a row from others.</summary>
    internal string KeyOf(Value[] row) => string.Join('\n', row.Take(_keys).Select(value => value.Content));

    /// <summary>Turns rows into columns.</summary>
    internal Value[] Turned(IReadOnlyList<Value[]> rows) =>
        [
            .. _columns.Select(
                (column, index) =>
                    new Value($"@{column.Name}", column.ArrayOf(rows.Select(row => row[index].Content), rows.Count))
            ),
        ];

    /// <summary>A column, and what it holds.</summary>
    public readonly record struct Column(string Name, ColumnType Type)
    {
        internal object ArrayOf(IEnumerable<object?> contents, int count) =>
            Type switch
            {
                ColumnType.Text => Filled(new string?[count], contents),
                ColumnType.Number => Filled(new long?[count], contents),
                _ => Filled(new byte[]?[count], contents),
            };

        private static T[] Filled<T>(T[] array, IEnumerable<object?> contents)
        {
            var at = 0;
            foreach (var content in contents)
                array[at++] = (T)content!;
            return array;
        }
    }

    /// <summary>What a column holds.</summary>
    public enum ColumnType
    {
        /// <summary>Text.</summary>
        Text,

        /// <summary>A whole number of 64 bits.</summary>
        Number,

        /// <summary>Bytes.</summary>
        Bytes,
    }
}
