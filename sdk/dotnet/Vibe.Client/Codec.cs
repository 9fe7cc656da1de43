using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using V1 = Vibe.Data.V1;

namespace Vibe.Client;

/// <summary>Turns documents of one collection into values and back; said once, at the collection.</summary>
internal sealed class Codec<T>
{
    public static readonly Codec<T> Reflected = new(null);

    private readonly JsonTypeInfo<T>? _type;

    public Codec(JsonTypeInfo<T>? type) => _type = type;

    public byte[] ToUtf8(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return _type is null
            ? JsonSerializer.SerializeToUtf8Bytes(value, Json.WithoutNulls)
            : JsonSerializer.SerializeToUtf8Bytes(value, _type);
    }

    public T FromUtf8(ReadOnlyMemory<byte> json) =>
        (
            _type is null
                ? JsonSerializer.Deserialize<T>(json.Span, Json.WithoutNulls)
                : JsonSerializer.Deserialize(json.Span, _type)
        ) ?? throw new JsonException("The content is null.");

    public DocumentSnapshot<T> Read(V1.Document document) =>
        new(ResourceName.LastId(document.Name), ContentOf(document), this)
        {
            Etag = document.Etag,
            CreateTime = ToTime(document.CreateTime),
            UpdateTime = ToTime(document.UpdateTime),
            Acl = Acl.From(document.Acl),
        };

    public DocumentSnapshot<T> Read(string id, Sync.V1.Put put) =>
        new(id, put.Json.Memory, this)
        {
            Etag = put.Etag,
            CreateTime = ToTime(put.CreateTime),
            UpdateTime = ToTime(put.UpdateTime),
            Acl = Acl.From(put.Acl),
        };

    private static ReadOnlyMemory<byte> ContentOf(V1.Document document) =>
        document.ContentCase == V1.Document.ContentOneofCase.Json ? document.Json.Memory : "{}"u8.ToArray();

    private static DateTimeOffset ToTime(Timestamp? time) => time?.ToDateTimeOffset() ?? default;
}
