using System.Data.Common;

namespace Vibe.Storage.Sessions;

/// <summary>A parameter of a statement.</summary>
public readonly record struct Value(string Name, object? Content)
{
    /// <summary>Makes a parameter from its name and content.</summary>
    public static implicit operator Value((string Name, object? Content) pair) => new(pair.Name, pair.Content);
}

/// <summary>One transaction on one connection, and the statements that run in it; they read the same on both engines.</summary>
public abstract class Session(DbConnection connection, DbTransaction transaction) : IAsyncDisposable
{
    /// <summary>The transaction that all statements of the session belong to.</summary>
    protected DbTransaction Transaction { get; } = transaction;

    /// <summary>Runs a statement and tells how many rows it changed.</summary>
    public virtual async Task<int> ExecuteAsync(string sql, Value[] values, CancellationToken cancellation)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Runs a query and reads its first row, or nothing when there is none.</summary>
    public async Task<T?> FirstAsync<T>(
        string sql,
        Func<DbDataReader, T> read,
        Value[] values,
        CancellationToken cancellation
    )
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? read(reader) : default;
    }

    /// <summary>Runs a query and reads all of its rows.</summary>
    public async Task<List<T>> ListAsync<T>(
        string sql,
        Func<DbDataReader, T> read,
        Value[] values,
        CancellationToken cancellation
    )
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(read(reader));
        return rows;
    }

    /// <summary>Runs a query and gives its rows one by one, so that the reader can stop early.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string sql,
        Func<DbDataReader, T> read,
        Value[] values,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            yield return read(reader);
    }

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();

    private DbCommand Command(string sql, Value[] values)
    {
        var command = connection.CreateCommand();
        command.Transaction = Transaction;
        command.CommandText = sql;
        foreach (var (name, content) in values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = content ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }
        return command;
    }
}

/// <summary>Reads columns that may be empty.</summary>
public static class Columns
{
    /// <summary>Reads text, or nothing.</summary>
    public static string? TextOrNull(this DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>Reads a whole number, or nothing.</summary>
    public static long? LongOrNull(this DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>Reads bytes.</summary>
    public static byte[] Bytes(this DbDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    /// <summary>Reads bytes, or nothing.</summary>
    public static byte[]? BytesOrNull(this DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
}
