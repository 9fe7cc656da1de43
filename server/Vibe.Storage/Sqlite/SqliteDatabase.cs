using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;
using Vibe.Hosting;
using Vibe.Storage.Examinations;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Sqlite;

/// <summary>
/// A database in one file: one connection writes, others read. Write-ahead log, and every commit is synced to disk
/// before it is acknowledged.
/// </summary>
internal sealed class SqliteDatabase : Database
{
    private const int FullSynchronous = 2;

    // SQLITE_CONFIG_MULTITHREAD and SQLITE_CONFIG_MEMSTATUS.
    private const int OneThreadAConnection = 2;
    private const int CountMemory = 9;

    // SQLITE_DBCONFIG_ENABLE_QPSG.
    private const int KeepPlans = 1007;

    // Each holds some pages of the database and its prepared statements.
    private const int MostIdleReaders = 32;

    private readonly string _path;
    private readonly string _connectionString;
    private readonly DbContextOptions<SqliteDb> _options;
    private readonly IReadOnlyList<ModelPart> _parts;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ConcurrentBag<SqliteLine> _readers = [];
    private SqliteLine? _writer;

    // The bag's own count stops everybody who uses it.
    private int _idleReaders;
    private volatile bool _isDisposed;

    // A line is one transaction's at a time and nobody asks how much memory SQLite has, so neither needs its locks. Where a
    // connection was opened before, in a test, it is too late for that, and nothing but some time is lost.
    static SqliteDatabase()
    {
        Batteries_V2.Init();
        raw.sqlite3_config(OneThreadAConnection);
        raw.sqlite3_config(CountMemory, 0);
    }

    public SqliteDatabase(string path, IEnumerable<ModelPart> parts, Clock clock)
        : base(clock)
    {
        _path = path;
        _parts = [.. parts];
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            DefaultTimeout = 30,
            Pooling = true,
        }.ToString();
        _options = new DbContextOptionsBuilder<SqliteDb>()
            .UseSqlite(_connectionString)
            .UseSnakeCaseNamingConvention()
            .Options;
    }

    public override string RowLock => "";

    internal override bool HasOneWriter => true;

    // A commit is a call. Where its sync fails, the file does not know either.
    internal override bool CanLoseAnswers => false;

    internal override bool AsksBehindCommits => false;

    public override VibeDb OpenContext()
    {
        DataFolder.Create(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        return new SqliteDb(_options, _parts);
    }

    public override async ValueTask<Snapshot> ReadAsync(CancellationToken cancellation) =>
        Begin(await ReaderAsync(cancellation), Keep);

    public override async ValueTask<Glance> GlanceAsync(CancellationToken cancellation) =>
        new(new SqliteOpenTransaction(await ReaderAsync(cancellation), Keep));

    public override async Task<AnsweredState> AskAsync(
        Answers answers,
        IReadOnlyList<Ask> asks,
        CancellationToken cancellation
    )
    {
        await using (var snapshot = await ReadAsync(cancellation))
            await snapshot.AskAsync(asks, cancellation);
        return new AnsweredState(answers);
    }

    public override async ValueTask<Write> WriteAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            var line = _writer ??= await OpenWriterAsync(cancellation);
            line.Run("BEGIN IMMEDIATE");
            return new Write(new SqliteOpenTransaction(line, _ => _writing.Release()));
        }
        catch
        {
            _writing.Release();
            throw;
        }
    }

    public override async Task AssertReadyAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            _writer ??= await OpenWriterAsync(cancellation);
        }
        catch (SqliteException exception)
        {
            throw new StartupException(
                $"The database {_path} cannot be opened: {exception.Message} Run 'vibe migrate' if it is not there yet; "
                    + "else check who may read and write it.",
                exception
            );
        }
        finally
        {
            _writing.Release();
        }
    }

    public override async ValueTask<Snapshot> LookAsync(CancellationToken cancellation)
    {
        // Without a log nobody writes, and a reader that knows so leaves no files behind.
        var isAtRest = !File.Exists($"{_path}-wal");
        var source = isAtRest ? $"{new Uri(Path.GetFullPath(_path)).AbsoluteUri}?immutable=1" : _path;
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        return Begin(new SqliteLine(await OpenAsync(settings.ToString(), cancellation)), line => line.Dispose());
    }

    // Whoever writes is alone anyway.
    public override Task LockTableAsync(Write write, string table, CancellationToken cancellation) =>
        Task.CompletedTask;

    internal override async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellation)
    {
        if (!File.Exists(_path))
            return
            [
                new Finding(
                    Checks.Database,
                    $"There is no database at {_path}.",
                    "Run 'vibe migrate', or name another folder: --data."
                ),
            ];
        var findings = new List<Finding>();
        try
        {
            await using var snapshot = await LookAsync(cancellation);
            await snapshot.FirstAsync("SELECT COUNT(*) FROM sqlite_master", row => row.GetInt64(0), [], cancellation);
            findings.Add(new Finding(Checks.Database, $"The database is {_path}."));
        }
        catch (SqliteException exception)
        {
            findings.Add(
                new Finding(
                    Checks.Database,
                    $"The database {_path} cannot be read: {exception.Message}",
                    "See who may read the file and its folder; where it is damaged, put back a backup."
                )
            );
        }
        var folder = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        var closed = new[] { folder, _path, $"{_path}-wal" }.FirstOrDefault(path => !DataFolder.IsWritable(path));
        findings.Add(
            closed is null
                ? new Finding(Checks.Writing, "The database and its folder can be written.")
                : new Finding(
                    Checks.Writing,
                    $"{closed} cannot be written by {Environment.UserName}; SQLite writes the file and others beside it.",
                    $"Give the folder to the server's user ('chown -R USER {folder}'), or start it as the folder's owner."
                )
        );
        return findings;
    }

    // The file has no clock but ours.
    internal override Task<DateTimeOffset?> TimeAsync(Session session, CancellationToken cancellation) =>
        Task.FromResult<DateTimeOffset?>(null);

    internal override Task<string?> BackupAsync(CancellationToken cancellation)
    {
        var target = Path.ChangeExtension(_path, $".before-{Clock.Now:yyyyMMdd'T'HHmmss'Z'}.db");
        using var source = new SqliteConnection(_connectionString);
        source.Open();
        using var command = source.CreateCommand();
        command.CommandText = "VACUUM INTO @target";
        command.Parameters.AddWithValue("@target", target);
        command.ExecuteNonQuery();
        return Task.FromResult<string?>(target);
    }

    public override async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync();
        _writer?.Dispose();
        _writer = null;
        _writing.Release();
        _isDisposed = true;
        DropReaders();
        SqliteConnection.ClearPool(new SqliteConnection(_connectionString));
    }

    private async ValueTask<SqliteLine> ReaderAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!_readers.TryTake(out var line))
            return new SqliteLine(await OpenAsync(_connectionString, cancellation));
        Interlocked.Decrement(ref _idleReaders);
        return line;
    }

    private static Snapshot Begin(SqliteLine line, Action<SqliteLine> release)
    {
        try
        {
            line.Run("BEGIN");
            return new Snapshot(new SqliteOpenTransaction(line, release));
        }
        catch
        {
            line.Dispose();
            throw;
        }
    }

    private void Keep(SqliteLine line)
    {
        // One whose transaction could not be ended is of no more use.
        if (line.IsInTransaction || Volatile.Read(ref _idleReaders) >= MostIdleReaders)
            line.Dispose();
        else
        {
            Interlocked.Increment(ref _idleReaders);
            _readers.Add(line);
        }
        if (_isDisposed)
            DropReaders();
    }

    private void DropReaders()
    {
        while (_readers.TryTake(out var line))
            line.Dispose();
    }

    private static async Task<SqliteConnection> OpenAsync(string connectionString, CancellationToken cancellation)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            // Else each new value of a LIMIT makes it compile the statement again.
            raw.sqlite3_db_config(connection.Handle, KeepPlans, 1, out _);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task<SqliteLine> OpenWriterAsync(CancellationToken cancellation)
    {
        var connection = await OpenAsync(_connectionString, cancellation);
        try
        {
            var journal = Pragma(connection, "PRAGMA journal_mode = WAL");
            Pragma(connection, $"PRAGMA synchronous = {FullSynchronous}");
            var synchronous = Pragma(connection, "PRAGMA synchronous");
            if (journal is not "wal" || synchronous is not (long)FullSynchronous)
                throw new StartupException(
                    $"The database {_path} cannot promise durability (journal mode {journal}, synchronous "
                        + $"{synchronous}). Put it on a local file system that supports a write-ahead log."
                );
            return new SqliteLine(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static object? Pragma(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
