using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Vibe.Testing;

namespace Vibe.Client.Tests.Live;

/// <summary>Keeps a server from committing anything, from outside of it, until it is disposed of.</summary>
internal static class HeldWrites
{
    public static async Task<IAsyncDisposable> Async(VibeServer server)
    {
        DbConnection connection = server.Postgres is { } postgres
            ? new NpgsqlConnection(postgres)
            : new SqliteConnection($"Data Source={Path.Combine(server.Folder, "vibe.db")};Pooling=False");
        await connection.OpenAsync();
        await using var hold = connection.CreateCommand();
        hold.CommandText = server.Postgres is null ? "BEGIN IMMEDIATE" : "BEGIN; LOCK TABLE spaces IN EXCLUSIVE MODE";
        await hold.ExecuteNonQueryAsync();
        return connection;
    }
}
