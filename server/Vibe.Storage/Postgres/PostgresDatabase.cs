using Microsoft.EntityFrameworkCore;
using Npgsql;
using Vibe.Hosting;
using Vibe.Storage.Examinations;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>A database that several servers share.</summary>
internal sealed class PostgresDatabase : Database
{
    // What every new connection is asked: whether its commits are durable, and since when the server runs.
    private const int OldestVersion = 15;

    private const string Introduction = """
        SELECT current_setting('synchronous_commit'), current_setting('fsync'),
            current_setting('server_version_num')::int / 10000, pg_postmaster_start_time(),
            current_setting('transaction_read_only')
        """;

    // Further ones would only stand in each other's way; and no write waits behind reads for a connection.
    private const int FewestReaders = 16;
    private const int ReadersPerProcessor = 8;

    // A connection keeps its plans. One that was made by statistics from when a table was nearly empty may take the wrong of
    // two indexes, and ends with its connection at the latest.
    private static readonly TimeSpan LongestPlan = TimeSpan.FromMinutes(5);

    private readonly string _connectionString;
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _readers;
    private readonly DbContextOptions<PostgresDb> _options;
    private readonly IReadOnlyList<ModelPart> _parts;
    private long _serverStart;

    public PostgresDatabase(string connectionString, IEnumerable<ModelPart> parts, Clock clock)
        : base(clock)
    {
        _connectionString = connectionString;
        _parts = [.. parts];
        _source = Open(connectionString, int.MaxValue, PlanMode.OnceForAll);
        _readers = Open(
            connectionString,
            Math.Max(FewestReaders, ReadersPerProcessor * Environment.ProcessorCount),
            $"{PlanMode.OnceForAll}; SET default_transaction_isolation = 'repeatable read'"
        );
        _options = new DbContextOptionsBuilder<PostgresDb>().UseNpgsql(_source).UseSnakeCaseNamingConvention().Options;
    }

    public override string RowLock => " FOR UPDATE";

    internal override bool HasOneWriter => false;

    internal override bool CanLoseAnswers => true;

    internal override bool AsksBehindCommits => true;

    internal NpgsqlDataSource Source => _source;

    public override VibeDb OpenContext() => new PostgresDb(_options, _parts);

    public override ValueTask<Snapshot> ReadAsync(CancellationToken cancellation) =>
        OpenSnapshotAsync(_readers.CreateConnection(), cancellation);

    public override async ValueTask<Glance> GlanceAsync(CancellationToken cancellation) =>
        new(new PostgresOpenTransaction(await _readers.OpenConnectionAsync(cancellation), null));

    public override async Task<AnsweredState> AskAsync(
        Answers answers,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    )
    {
        if (asks.Count > 0)
        {
            // What goes out together is one transaction, and those of readers see one state.
            await using var journey = new PostgresOpenTransaction(
                await _readers.OpenConnectionAsync(cancellation),
                null
            );
            await journey.AskAsync([], asks, cancellation);
        }
        return new AnsweredState(answers);
    }

    public override async ValueTask<Write> WriteAsync(CancellationToken cancellation)
    {
        var connection = await _source.OpenConnectionAsync(cancellation);
        return new Write(new PostgresOpenTransaction(connection, PostgresOpenTransaction.BeginWrite));
    }

    public override async Task AssertReadyAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
            await Clock.FollowAsync(async () =>
                new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellation))!, TimeSpan.Zero)
            );
        }
        catch (NpgsqlException exception)
        {
            throw new StartupException(
                $"PostgreSQL cannot be reached: {exception.Message} Check the connection string and that it runs.",
                exception
            );
        }
    }

    public override ValueTask<Snapshot> LookAsync(CancellationToken cancellation)
    {
        // Beside the pool, whose connections are refused where the server is not as it must be.
        var settings = new NpgsqlConnectionStringBuilder(_connectionString)
        {
            Pooling = false,
            ApplicationName = "vibe",
        };
        return OpenSnapshotAsync(new NpgsqlConnection(settings.ToString()), cancellation);
    }

    private static async ValueTask<Snapshot> OpenSnapshotAsync(
        NpgsqlConnection connection,
        CancellationToken cancellation
    )
    {
        try
        {
            await connection.OpenAsync(cancellation);
            return new Snapshot(new PostgresOpenTransaction(connection, PostgresOpenTransaction.BeginState));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override Task LockTableAsync(Write write, string table, CancellationToken cancellation) =>
        write.ExecuteAsync($"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE", [], cancellation);

    internal override async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellation)
    {
        try
        {
            await using var snapshot = await LookAsync(cancellation);
            return await snapshot.FirstAsync(Introduction, Judge, [], cancellation) ?? [];
        }
        catch (NpgsqlException exception)
        {
            return
            [
                new Finding(
                    Checks.Database,
                    $"PostgreSQL cannot be reached: {exception.Message}",
                    "See that it runs and listens where the connection string says, and that user, password and database "
                        + "in it are right."
                ),
            ];
        }
    }

    internal override async Task<DateTimeOffset?> TimeAsync(Session session, CancellationToken cancellation) =>
        await session.FirstAsync(
            "SELECT clock_timestamp()",
            reader => new DateTimeOffset(reader.GetDateTime(0), TimeSpan.Zero),
            [],
            cancellation
        );

    // A database that many tools can back up has no need of a copy made by us.
    internal override Task<string?> BackupAsync(CancellationToken cancellation) => Task.FromResult<string?>(null);

    public override async ValueTask DisposeAsync()
    {
        await _readers.DisposeAsync();
        await _source.DisposeAsync();
    }

    private NpgsqlDataSource Open(string connectionString, int mostConnections, string beginning)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        var settings = builder.ConnectionStringBuilder;
        settings.ApplicationName ??= "vibe";
        settings.MaxAutoPrepare = 200;
        settings.AutoPrepareMinUsages = 2;
        settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, mostConnections);
        settings.MinPoolSize = Math.Min(settings.MinPoolSize, settings.MaxPoolSize);
        // Nothing here leaves anything behind on a connection; taking it away anew is seven statements at each use.
        settings.NoResetOnClose = true;
        // It tells on which side of a commit something failed.
        settings.IncludeFailedBatchedCommand = true;
        settings.ConnectionLifetime = (int)LongestPlan.TotalSeconds;
        builder.UsePhysicalConnectionInitializer(
            connection => Meet(connection, beginning),
            connection => MeetAsync(connection, beginning)
        );
        builder.ConfigureTracing(PostgresTelemetry.Configure);
        return builder.Build();
    }

    private void Meet(NpgsqlConnection connection, string beginning)
    {
        using var command = new NpgsqlCommand($"{beginning}; {Introduction}", connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        Meet(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetDateTime(3));
    }

    private async Task MeetAsync(NpgsqlConnection connection, string beginning)
    {
        await using var command = new NpgsqlCommand($"{beginning}; {Introduction}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Meet(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetDateTime(3));
    }

    private static IReadOnlyList<Finding> Judge(System.Data.Common.DbDataReader server)
    {
        var version = server.GetInt32(2);
        var isReadOnly = server.GetString(4) == "on";
        return
        [
            version < OldestVersion
                ? new Finding(
                    Checks.Database,
                    $"PostgreSQL is {version}; Vibe needs {OldestVersion} or newer.",
                    "Upgrade PostgreSQL."
                )
                : new Finding(Checks.Database, $"PostgreSQL {version} answers."),
            isReadOnly
                ? new Finding(
                    Checks.Writing,
                    "PostgreSQL takes no writes from this user: it is a standby, or set to read only.",
                    "Connect to the primary, or set default_transaction_read_only to off."
                )
                : new Finding(Checks.Writing, "PostgreSQL takes writes."),
            IsDurable(server.GetString(0), server.GetString(1))
                ? new Finding(Checks.Durability, "What PostgreSQL acknowledges is on disk.")
                : new Finding(
                    Checks.Durability,
                    $"PostgreSQL runs with synchronous_commit = {server.GetString(0)} and fsync = {server.GetString(1)}, so "
                        + "an acknowledged write could be lost.",
                    "Set both to on, in postgresql.conf and for this user and database."
                ),
        ];
    }

    private static bool IsDurable(string synchronousCommit, string fsync) =>
        synchronousCommit is "on" or "remote_apply" && fsync == "on";

    private void Meet(string synchronousCommit, string fsync, int version, DateTime serverStart)
    {
        if (version < OldestVersion)
            throw new StartupException($"PostgreSQL is {version}; Vibe needs {OldestVersion} or newer.");
        if (!IsDurable(synchronousCommit, fsync))
            throw new StartupException(
                $"PostgreSQL runs with synchronous_commit = {synchronousCommit} and fsync = {fsync}, so an acknowledged "
                    + "write could be lost. Set both to on."
            );
        var before = Interlocked.Exchange(ref _serverStart, serverStart.Ticks);
        if (before != 0 && before != serverStart.Ticks)
            RaiseLost();
    }
}
