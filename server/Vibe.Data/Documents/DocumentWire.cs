using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Vibe.Access.V1;
using Vibe.Consent.Policy;
using Vibe.Hosting.Errors;

namespace Vibe.Data.Documents;

/// <summary>Goes between documents and the messages that carry them.</summary>
internal static class DocumentWire
{
    /// <summary>Shows a document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="asJson">Whether the content goes as JSON text, else as a structured value where it can.</param>
    public static V1.Document ToWire(Document document, bool asJson)
    {
        var wire = new V1.Document
        {
            Name = document.Name.ToString(),
            Etag = document.Etag,
            CreateTime = Timestamp.FromDateTimeOffset(document.CreateTime),
            UpdateTime = Timestamp.FromDateTimeOffset(document.UpdateTime),
            Acl = ToWire(document.List),
        };
        if (!asJson && ToStruct(document.Json) is { } body)
            wire.Body = body;
        else
            wire.Json = UnsafeByteOperations.UnsafeWrap(document.Json);
        return wire;
    }

    /// <summary>Shows what became of a write: the name alone where the writer may read nothing of the document.</summary>
    public static V1.Document ToWire(WriteOutcome outcome, bool asJson) =>
        outcome.Document is { } document
            ? ToWire(document, asJson)
            : new V1.Document { Name = outcome.Name.ToString() };

    /// <summary>Shows an access list; one that names nobody is as none.</summary>
    public static Acl? ToWire(AccessList? list) => list is { IsEmpty: false } ? list.ToWire() : null;

    /// <summary>Gives canonical JSON as a structured value, or nothing where it has to go as text.</summary>
    public static Struct? ToStruct(ReadOnlyMemory<byte> json) =>
        HasEmptyName(json.Span) ? null : DocumentBody.FromStored(json).ToStruct();

    // The key of such a member is left out on the wire, as all defaults are, and Envoy's transcoder (1.40) crashes where an
    // entry of a map lacks its key. In canonical JSON an empty name comes first, and quotes within texts are escaped.
    private static bool HasEmptyName(ReadOnlySpan<byte> json) => json.IndexOf("{\"\":"u8) >= 0;

    /// <summary>Reads the content of a request that must have one.</summary>
    public static DocumentBody RequiredBody(Struct? body, ByteString? json, DocumentLimits limits, string field) =>
        Body(body, json, limits)
        ?? throw CallErrors.FieldInvalid(
            field,
            "give the content in 'body' or 'json'; it may be empty but not absent."
        );

    /// <summary>Reads the content of a request that may have none, which stands for an empty object.</summary>
    public static DocumentBody OptionalBody(Struct? body, ByteString? json, DocumentLimits limits) =>
        Body(body, json, limits) ?? DocumentBody.Empty;

    private static DocumentBody? Body(Struct? body, ByteString? json, DocumentLimits limits) =>
        json is not null ? DocumentBody.FromJson(json.Span, limits.Json)
        : body is not null ? DocumentBody.FromStruct(body, limits.Json)
        : null;
}
