using BenchmarkDotNet.Attributes;
using Microsoft.Data.Sqlite;

namespace Vibe.Benchmarks;

/// <summary>
/// A hundred documents of 1 KiB in one commit on SQLite, by a space's writer under its lock; the limit is a hundred rows
/// with the same bodies in one commit by hand, as durably. Of both, what is told is for each document.
/// </summary>
public class BatchBenchmarks
{
    private const int Batch = 100;
    private const int Bytes = 1 << 10;

    private readonly byte[] _body = Documents.Canonical(Bytes);
    private string _folder = "";
    private PreparedServer _server = null!;
    private SqliteConnection _connection = null!;
    private SqliteCommand _insert = null!;

    /// <summary>Opens both databases.</summary>
    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _server = await PreparedServer.StartAsync();
        _folder = Directory.CreateTempSubdirectory("vibe-benchmarks-").FullName;
        _connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "rows.db")};Pooling=False");
        await _connection.OpenAsync();
        foreach (
            var sql in new[]
            {
                "PRAGMA journal_mode=WAL",
                "PRAGMA synchronous=FULL",
                "CREATE TABLE rows (id TEXT PRIMARY KEY, body BLOB NOT NULL)",
            }
        )
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
        _insert = _connection.CreateCommand();
        _insert.CommandText = "INSERT INTO rows VALUES ($id, $body)";
        _insert.Parameters.Add(new SqliteParameter("$id", ""));
        _insert.Parameters.Add(new SqliteParameter("$body", _body));
    }

    /// <summary>Removes the data.</summary>
    [GlobalCleanup]
    public async Task EndAsync()
    {
        await _insert.DisposeAsync();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Batch)]
    public void Rows()
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        _insert.Transaction = transaction;
        for (var row = 0; row < Batch; row++)
        {
            _insert.Parameters[0].Value = Guid.CreateVersion7().ToString("n");
            _insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    /// <summary>The writer: permit, order, stamps, etags and indexes.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public Task WriterAsync() => _server.CreateAsync(Documents.Creates(_server.Collection, Batch, Bytes));
}
