using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Postgres;

/// <summary>A database that several servers share.</summary>
internal sealed class PostgresDatabase : Database
{
    private readonly NpgsqlDataSource _source;
    private readonly DbContextOptions<PostgresDb> _options;
    private readonly IReadOnlyList<ModelPart> _parts;

    public PostgresDatabase(string connectionString, IEnumerable<ModelPart> parts, Clock clock)
        : base(clock)
    {
        _parts = [.. parts];
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.ConnectionStringBuilder.ApplicationName ??= "vibe";
        builder.ConnectionStringBuilder.MaxAutoPrepare = 200;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        builder.UsePhysicalConnectionInitializer(AssertDurable, AssertDurableAsync);
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

    // A database that many tools can back up has no need of a copy made by us.
    internal override Task<string?> BackupAsync(CancellationToken cancellation) => Task.FromResult<string?>(null);

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    private static void AssertDurable(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("SHOW synchronous_commit", connection);
        RefuseUnlessDurable((string?)command.ExecuteScalar());
    }

    private static async Task AssertDurableAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SHOW synchronous_commit", connection);
        RefuseUnlessDurable((string?)await command.ExecuteScalarAsync());
    }

    private static void RefuseUnlessDurable(string? setting)
    {
        if (setting is not ("on" or "remote_apply"))
            throw new StartupException(
                $"PostgreSQL runs with synchronous_commit = {setting}, so an acknowledged write could be lost. "
                    + "Set it to on for the role or the database."
            );
    }
}
