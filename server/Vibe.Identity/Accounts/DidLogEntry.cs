using System.Text.Json;

namespace Vibe.Identity.Accounts;

/// <summary>An operation as a directory received it, with what the directory claims about it.</summary>
internal sealed record DidLogEntry(
    string Did,
    DidOperation Operation,
    string Cid,
    bool Nullified,
    DateTimeOffset CreatedAt
)
{
    /// <summary>Reads the audit log that did:plc directories give out.</summary>
    public static IReadOnlyList<DidLogEntry> ReadAll(string json)
    {
        try
        {
            using var log = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return [.. log.RootElement.EnumerateArray().Select(Read)];
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDidLogException("not an audit log", e);
        }
    }

    private static DidLogEntry Read(JsonElement entry) =>
        new(
            entry.GetProperty("did").GetString()!,
            DidOperation.FromJson(entry.GetProperty("operation").GetRawText()),
            entry.GetProperty("cid").GetString()!,
            entry.GetProperty("nullified").GetBoolean(),
            entry.GetProperty("createdAt").GetDateTimeOffset()
        );
}
