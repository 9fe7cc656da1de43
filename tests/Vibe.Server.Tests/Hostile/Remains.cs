using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Storage;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Server.Tests.Hostile;

/// <summary>
/// What calls leave on a server: the rows of every table, the heads and epochs of all spaces, its files, and the streams
/// that are open. What is refused leaves nothing, so it is equal before and after.
/// </summary>
internal sealed record Remains(string Rows, string Files, int Streams)
{
    public static async Task<Remains> OfAsync(VibeServer server)
    {
        var database = server.Services.GetRequiredService<Database>();
        await using var context = database.OpenContext();
        var tables = context.Model.GetEntityTypes().Select(type => type.GetTableName()!).Distinct().Order().ToList();
        await using var session = await database.ReadAsync(default);
        var rows = new List<string>();
        foreach (var table in tables)
            rows.Add($"{table} {await NumberAsync($"SELECT count(*) FROM {table}")}");
        foreach (var sum in new[] { "head", "policy_epoch" })
            rows.Add($"{sum} {await NumberAsync($"SELECT CAST(COALESCE(sum({sum}), 0) AS bigint) FROM spaces")}");
        return new Remains(
            string.Join(", ", rows),
            string.Join(", ", Directory.GetFiles(server.Folder).Select(Path.GetFileName).Order()),
            server.Services.GetRequiredService<SpaceSignal>().Watched.Count
        );

        Task<long> NumberAsync(string sql) => session.FirstAsync(sql, reader => reader.GetInt64(0), [], default);
    }

    /// <summary>Waits until no stream is open, and no work waits or is under way.</summary>
    public static async Task NothingOpenAsync(VibeServer server)
    {
        var signal = server.Services.GetRequiredService<SpaceSignal>();
        var log = server.Services.GetRequiredService<SpaceLog>();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (signal.Watched.Count > 0 || log.BusySpaces > 0)
            await Task.Delay(5, late.Token);
    }
}
