using Microsoft.Extensions.DependencyInjection;
using Vibe.Storage;

namespace Vibe.Testing;

/// <summary>Looks behind the front door, at what no rpc shows.</summary>
public static class StoredRows
{
    /// <summary>Carries out a statement on a server's database.</summary>
    public static async Task ExecuteAsync(this VibeServer server, string sql)
    {
        var database = server.Services.GetRequiredService<Database>();
        await using var write = await database.WriteAsync(CancellationToken.None);
        await write.ExecuteAsync(sql, [], CancellationToken.None);
        await write.CommitAsync();
    }

    /// <summary>Reads rows, each as text, column by column.</summary>
    public static async Task<List<string[]>> RowsAsync(this VibeServer server, string sql)
    {
        var database = server.Services.GetRequiredService<Database>();
        await using var snapshot = await database.ReadAsync(CancellationToken.None);
        return await snapshot.ListAsync(
            sql,
            reader => Enumerable.Range(0, reader.FieldCount).Select(column => $"{reader.GetValue(column)}").ToArray(),
            [],
            CancellationToken.None
        );
    }
}
