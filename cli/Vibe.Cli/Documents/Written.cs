using System.Text.Json;
using Vibe.Cli.Running;
using Vibe.Client;

namespace Vibe.Cli.Documents;

/// <summary>How documents are written to stdout.</summary>
internal static class Written
{
    public static void Document(Output output, DocumentSnapshot<RawJson> document)
    {
        if (!output.IsJson)
        {
            output.Line($"{document.Id}\t{document.Json}");
            return;
        }
        output.Json(line =>
        {
            line.WriteString("id", document.Id);
            Content(line, "body", document);
            Times(line, document);
        });
    }

    public static void Content(Utf8JsonWriter line, string member, DocumentSnapshot<RawJson> document)
    {
        line.WritePropertyName(member);
        line.WriteRawValue(document.JsonUtf8.Span, skipInputValidation: true);
        line.WriteString("etag", document.Etag);
    }

    public static void Times(Utf8JsonWriter line, DocumentSnapshot<RawJson> document)
    {
        line.WriteString("create_time", document.CreateTime);
        line.WriteString("update_time", document.UpdateTime);
    }

    public static void Result(Output output, WriteResult result)
    {
        if (!output.IsJson)
        {
            output.Line(result.Etag is null ? result.Id : $"{result.Id}\t{result.Etag}");
            return;
        }
        output.Json(line =>
        {
            line.WriteString("id", result.Id);
            if (result.Etag is not null)
                line.WriteString("etag", result.Etag);
        });
    }
}
