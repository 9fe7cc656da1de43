using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>A database that several servers share.</summary>
internal sealed class PostgresDatabase : Database
{
    // What every new connection is asked: whether its commits are durable, and since when the server runs.
    private const int OldestVersion = 15;

    private const string Introduction = """
        SELECT current_setting('synchronous_commit'), current_setting('fsync'),
            current_setting('server_version_num')::int / 10000, pg_postmaster_start_time()
        """;

    private readonly NpgsqlDataSource _source;
    private readonly DbContextOptions<PostgresDb> _options;
    private readonly IReadOnlyList<ModelPart> _parts;
    private long _serverStart;

    public PostgresDatabase(string connectionString, IEnumerable<ModelPart> parts, Clock clock)
        : base(clock)
    {
        _parts = [.. parts];
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.ConnectionStringBuilder.ApplicationName ??= "vibe";
        builder.ConnectionStringBuilder.MaxAutoPrepare = 200;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        builder.UsePhysicalConnectionInitializer(Meet, MeetAsync);
        builder.ConfigureTracing(PostgresTelemetry.Configure);
        _source = builder.Build();
        _options = new DbContextOptionsBuilder<PostgresDb>().UseNpgsql(_source).UseSnakeCaseNamingConvention().Options;
    }

    public override string RowLock => " FOR UPDATE";

    internal NpgsqlDataSource Source => _source;

    public override VibeDb OpenContext() => new PostgresDb(_options, _parts);

    public override async ValueTask<Snapshot> ReadAsync(CancellationToken cancellation)
    {
        var connection = await _source.OpenConnectionAsync(cancellation);
        try
        {
            return new Snapshot(
                connection,
                await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation)
            );
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<Write> WriteAsync(CancellationToken cancellation)
    {
        var connection = await _source.OpenConnectionAsync(cancellation);
        try
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
            return new Write(connection, transaction, connection.DisposeAsync);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override async Task AssertReadyAsync(CancellationToken cancellation)
    {
        try
        {
            await using var command = _source.CreateCommand("SELECT clock_timestamp()");
            var now = (DateTime)(await command.ExecuteScalarAsync(cancellation))!;
            Clock.Follow(new DateTimeOffset(now, TimeSpan.Zero));
        }
        catch (NpgsqlException exception)
        {
            throw new StartupException(
                $"PostgreSQL cannot be reached: {exception.Message} Check the connection string and that it runs.",
                exception
            );
        }
    }

    public override Task LockTableAsync(Write write, string table, CancellationToken cancellation) =>
        write.ExecuteAsync($"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE", [], cancellation);

    // A database that many tools can back up has no need of a copy made by us.
    internal override Task<string?> BackupAsync(CancellationToken cancellation) => Task.FromResult<string?>(null);

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    private void Meet(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Introduction, connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        Meet(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetDateTime(3));
    }

    private async Task MeetAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Introduction, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Meet(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetDateTime(3));
    }

    private void Meet(string synchronousCommit, string fsync, int version, DateTime serverStart)
    {
        if (version < OldestVersion)
            throw new StartupException($"PostgreSQL is {version}; Vibe needs {OldestVersion} or newer.");
        if (synchronousCommit is not ("on" or "remote_apply") || fsync != "on")
            throw new StartupException(
                $"PostgreSQL runs with synchronous_commit = {synchronousCommit} and fsync = {fsync}, so an acknowledged "
                    + "write could be lost. Set both to on."
            );
        var before = Interlocked.Exchange(ref _serverStart, serverStart.Ticks);
        if (before != 0 && before != serverStart.Ticks)
            RaiseLost();
    }
}
