using System.Data.Common;

namespace Vibe.Storage.Sessions;

/// <summary>A statement with its values.</summary>
/// <param name="Sql">The statement.</param>
/// <param name="Values">Its parameters.</param>
/// <param name="Put">Says that it puts a row, which may go out together with others; nothing else.</param>
internal readonly record struct Statement(Sql Sql, Value[] Values, RowPut? Put = null);

/// <summary>A transaction that is open on a connection, and how statements are carried out in it by the engine at hand.</summary>
internal abstract class OpenTransaction : IAsyncDisposable
{
    /// <summary>Carries out statements, in one journey where there is a way to go.</summary>
    /// <returns>How many rows the last one changed.</returns>
    public abstract Task<int> RunAsync(IReadOnlyList<Statement> statements, CancellationToken cancellation = default);

    /// <summary>Carries out statements like <see cref="RunAsync"/>, and then a query.</summary>
    public abstract Task<Rows> QueryAsync(
        IReadOnlyList<Statement> before,
        Statement query,
        CancellationToken cancellation
    );

    /// <summary>Carries out statements like <see cref="RunAsync"/>, and then queries.</summary>
    public abstract Task AskAsync(
        IReadOnlyList<Statement> before,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    );

    /// <summary>Carries out statements like <see cref="RunAsync"/>, and makes durable what was written.</summary>
    public abstract Task CommitAsync(IReadOnlyList<Statement> before);

    /// <summary>Commits like <see cref="CommitAsync"/>, and then asks queries in one state behind that.</summary>
    /// <returns>Whether they were answered. That they were not says nothing of the commit, which took place.</returns>
    public virtual Task<bool> CommitAndAskAsync(IReadOnlyList<Statement> before, IReadOnlyList<Ask> asks) =>
        throw new NotSupportedException();

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();

    /// <summary>Sets values in the order of the parameters; makes the parameters where there are none yet.</summary>
    protected void Bind(DbParameterCollection parameters, Value[] values, Func<DbParameter> make)
    {
        var areMade = parameters.Count == values.Length;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = areMade ? parameters[i] : make();
            parameter.Value = ContentOf(values[i]);
            if (areMade)
                continue;
            parameter.ParameterName = values[i].Name;
            parameters.Add(parameter);
        }
    }

    /// <summary>Gives what the provider takes for a value.</summary>
    protected virtual object ContentOf(Value value) => value.Content ?? DBNull.Value;
}

/// <summary>A place in a transaction that can be gone back to.</summary>
/// <param name="Keep">Keeps everything so far, whatever is taken back later.</param>
/// <param name="Forget">Forgets the place: engines slow down with each.</param>
/// <param name="Return">Takes back everything since.</param>
internal sealed record Savepoint(Statement Keep, Statement Forget, Statement Return)
{
    /// <summary>Makes the statements of a savepoint.</summary>
    public static Savepoint Of(string name) =>
        new(
            new Statement($"SAVEPOINT {name}", []),
            new Statement($"RELEASE SAVEPOINT {name}", []),
            new Statement($"ROLLBACK TO SAVEPOINT {name}", [])
        );
}

/// <summary>The rows of a query, and what becomes of its command once they are read.</summary>
internal readonly struct Rows(DbDataReader reader, Action? release = null) : IAsyncDisposable
{
    public DbDataReader Reader => reader;

    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        release?.Invoke();
    }
}
