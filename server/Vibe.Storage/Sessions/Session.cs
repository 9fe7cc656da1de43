using System.Data.Common;

namespace Vibe.Storage.Sessions;

/// <summary>A parameter of a statement.</summary>
public readonly record struct Value(string Name, object? Content)
{
    /// <summary>Makes a parameter from its name and content.</summary>
    public static implicit operator Value((string Name, object? Content) pair) => new(pair.Name, pair.Content);
}

/// <summary>One transaction on one connection, and the statements that run in it; they read the same on both engines.</summary>
public abstract class Session : IAsyncDisposable
{
    private protected Session(OpenTransaction transaction) => Transaction = transaction;

    private protected OpenTransaction Transaction { get; }

    /// <summary>What is remembered of the state, where that is done.</summary>
    private protected Answers? Remembered { get; set; }

    /// <summary>Runs a statement and tells how many rows it changed.</summary>
    public virtual Task<int> ExecuteAsync(Sql sql, Value[] values, CancellationToken cancellation) =>
        Transaction.RunAsync([new Statement(sql, values)], cancellation);

    /// <summary>Runs a query and reads its first row, or nothing when there is none.</summary>
    public async Task<T?> FirstAsync<T>(
        Sql sql,
        Func<DbDataReader, T> read,
        Value[] values,
        CancellationToken cancellation
    )
    {
        await using var rows = await Transaction.QueryAsync(TakeDeferred(), new(sql, values), cancellation);
        return await rows.Reader.ReadAsync(cancellation) ? read(rows.Reader) : default;
    }

    /// <summary>Runs a query and reads all of its rows.</summary>
    public async Task<List<T>> ListAsync<T>(
        Sql sql,
        Func<DbDataReader, T> read,
        Value[] values,
        CancellationToken cancellation
    )
    {
        var list = new List<T>();
        await foreach (var row in StreamAsync(sql, read, values, cancellation))
            list.Add(row);
        return list;
    }

    /// <summary>Runs a query and gives its rows one by one, so that the reader can stop early.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        Sql sql,
        Func<DbDataReader, T> read,
        Value[] values,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var rows = await Transaction.QueryAsync(TakeDeferred(), new(sql, values), cancellation);
        while (await rows.Reader.ReadAsync(cancellation))
            yield return read(rows.Reader);
    }

    /// <summary>Asks something that others may have asked in the same state; then, where answers are remembered, it is known.</summary>
    /// <param name="question">What is asked: a value of a type of its own, and equal to another that has the same answer.</param>
    /// <param name="ask">Finds the answer, which nobody changes.</param>
    public Task<T> OnceAsync<T>(object question, Func<Task<T>> ask) => Remembered?.OnceAsync(question, ask) ?? ask();

    /// <summary>Gives what a question was answered with in the same state; nothing where answers are not remembered.</summary>
    public T? Known<T>(object question)
        where T : class => Remembered?.Find<T>(question);

    /// <summary>Does the same for answers that come one by one.</summary>
    public IAsyncEnumerable<T> StreamOnceAsync<T>(object question, Func<IAsyncEnumerable<T>> ask)
    {
        return Remembered is null ? ask() : Known();

        async IAsyncEnumerable<T> Known()
        {
            foreach (var each in await OnceAsync(question, () => ask().ToListAsync().AsTask()))
                yield return each;
        }
    }

    /// <summary>Gives the statements that must be carried out before a query, which sees what they do.</summary>
    private protected virtual IReadOnlyList<Statement> TakeDeferred() => [];

    /// <inheritdoc />
    public virtual ValueTask DisposeAsync() => Transaction.DisposeAsync();
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
