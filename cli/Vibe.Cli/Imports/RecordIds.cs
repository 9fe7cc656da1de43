using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vibe.Data.Documents;
using Vibe.Storage.Spaces;

namespace Vibe.Cli.Imports;

/// <summary>
/// Gives each record the id that it would get in every other run as well: from a member, or from what it holds and
/// which of the equal ones it is.
/// </summary>
internal sealed class RecordIds(string? idMember)
{
    private const int HexDigits = 32;

    private readonly Dictionary<string, Taken> _taken = [];

    /// <summary>Gives the id, or reports why there is none.</summary>
    public Record? Give(int line, DocumentBody body, ImportReport report)
    {
        var json = body.ToArray();
        var hash = Hash(json);
        if (idMember is null)
        {
            var count = _taken.TryGetValue(hash, out var before) ? before.Count + 1 : 1;
            _taken[hash] = new Taken(line, hash, count);
            return new Record(line, count == 1 ? hash : $"{hash}-{count}", json);
        }
        if (IdOf(body) is not { } id)
        {
            report.Refuse(
                line,
                Pointer,
                "ID_MISSING",
                $"There is no string and no number in {Pointer} to take an id from."
            );
            return null;
        }
        if (_taken.TryGetValue(id, out var first) && first.Hash != hash)
        {
            report.Refuse(line, Pointer, "ID_REPEATED", $"Line {first.Line} has the same id with other content.");
            return null;
        }
        _taken.TryAdd(id, new Taken(line, hash, 1));
        return new Record(line, id, json);
    }

    private string Pointer => "/" + idMember!.Replace("~", "~0").Replace("/", "~1");

    private string? IdOf(DocumentBody body)
    {
        if (!body.TryGet(idMember!, out var member))
            return null;
        var reader = new Utf8JsonReader(member.Value.Span);
        reader.Read();
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number => Encoding.UTF8.GetString(member.Value.Span),
            _ => null,
        };
        // What looks like a made id is made into one too, so that two values never get the same.
        return text is null || (Ids.IsId(text) && text[0] != '~') ? text : "~" + Hash(Encoding.UTF8.GetBytes(text));
    }

    private static string Hash(ReadOnlySpan<byte> bytes) =>
        Convert.ToHexStringLower(SHA256.HashData(bytes))[..HexDigits];

    private sealed record Taken(int Line, string Hash, int Count);
}
