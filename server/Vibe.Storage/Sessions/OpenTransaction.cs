using System.Data.Common;

namespace Vibe.Storage.Sessions;

/// <summary>A transaction that is open on a connection, and the commands that run in it, as the engine does it best.</summary>
internal abstract class OpenTransaction : IAsyncDisposable
{
    private const string Savepoint = "work";

    /// <summary>Gives a command with its values, for one use.</summary>
    public abstract DbCommand Take(string sql, Value[] values);

    /// <summary>Takes a command back once it was carried out and its rows are read.</summary>
    public abstract ValueTask GiveBackAsync(DbCommand command);

    /// <summary>Makes durable what was written.</summary>
    public abstract Task CommitAsync();

    /// <summary>Keeps everything so far, whatever <see cref="UndoAsync"/> takes back later.</summary>
    public Task SaveAsync() => RunAsync($"SAVEPOINT {Savepoint}");

    /// <summary>Forgets the place that <see cref="SaveAsync"/> kept: engines slow down with each.</summary>
    public Task ReleaseAsync() => RunAsync($"RELEASE SAVEPOINT {Savepoint}");

    /// <summary>Takes back everything since <see cref="SaveAsync"/>.</summary>
    public Task UndoAsync() => RunAsync($"ROLLBACK TO SAVEPOINT {Savepoint}");

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();

    /// <summary>Sets a command's values, in the order of its parameters; makes the parameters where there are none yet.</summary>
    protected static void Bind(DbCommand command, Value[] values)
    {
        var parameters = command.Parameters;
        var areMade = parameters.Count == values.Length;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = areMade ? parameters[i] : command.CreateParameter();
            parameter.Value = values[i].Content ?? DBNull.Value;
            if (areMade)
                continue;
            parameter.ParameterName = values[i].Name;
            parameters.Add(parameter);
        }
    }

    private async Task RunAsync(string sql)
    {
        var command = Take(sql, []);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
        await GiveBackAsync(command);
    }
}
