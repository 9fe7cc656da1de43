using Google.Protobuf;

namespace Vibe.Testing.Telemetry;

/// <summary>The fields of a protobuf message by their numbers, for messages whose schema is not ours.</summary>
internal sealed class WireFields
{
    private readonly ILookup<int, object> _fields;

    private WireFields(IEnumerable<(int Number, object Value)> fields) =>
        _fields = fields.ToLookup(field => field.Number, field => field.Value);

    public static WireFields Read(ByteString message) => new(ReadAll(message.CreateCodedInput()).ToList());

    public IEnumerable<WireFields> Messages(int number) => _fields[number].Cast<ByteString>().Select(Read);

    public WireFields? Message(int number) => Messages(number).FirstOrDefault();

    public string Text(int number) => Bytes(number).ToStringUtf8();

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).Span);

    public ulong Number(int number) => _fields[number].Select(Convert.ToUInt64).FirstOrDefault();

    /// <summary>Whatever the field holds, as text; nothing where it is absent.</summary>
    public string? Any(int number) =>
        _fields[number].Select(value => value is ByteString bytes ? bytes.ToStringUtf8() : $"{value}").FirstOrDefault();

    private ByteString Bytes(int number) => (ByteString?)_fields[number].FirstOrDefault() ?? ByteString.Empty;

    private static IEnumerable<(int, object)> ReadAll(CodedInputStream input)
    {
        while (input.ReadTag() is var tag and not 0)
            yield return (
                WireFormat.GetTagFieldNumber(tag),
                WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.Varint => input.ReadUInt64(),
                    WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                    WireFormat.WireType.Fixed32 => input.ReadFixed32(),
                    WireFormat.WireType.LengthDelimited => input.ReadBytes(),
                    var type => throw new InvalidDataException($"Nobody sends a {type} any more."),
                }
            );
    }
}
