using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vibe.Load.Reports;

/// <summary>A report as JSON, to keep and to compare.</summary>
internal static class ReportFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static async Task WriteAsync<T>(T report, string file, CancellationToken cancellation)
    {
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, report, Options, cancellation);
    }

    public static async Task<T> ReadAsync<T>(string file, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(file);
        return await JsonSerializer.DeserializeAsync<T>(stream, Options, cancellation)
            ?? throw new JsonException($"{file} holds no report.");
    }
}
