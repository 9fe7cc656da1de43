using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Vibe.Server.Tests.Hostile;

/// <summary>One place in the request of a method that holds text, and how a text is put there.</summary>
internal sealed record TextField(string Path, Func<IMessage, string, IMessage> Put)
{
    /// <summary>Every such place, however deep: texts, bytes, lists of them, and both sides of free structures.</summary>
    public static IEnumerable<TextField> Of(IMessage sample) => Of(sample.Descriptor, [], sample);

    private static IEnumerable<TextField> Of(MessageDescriptor message, FieldDescriptor[] way, IMessage sample)
    {
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            FieldDescriptor[] here = [.. way, field];
            switch (field.FieldType)
            {
                case FieldType.String:
                    yield return new(Name(here), (request, text) => Set(request, here, text));
                    var present = field.IsRepeated || way.Length > 1 ? "" : At(sample, here);
                    var segments = present.Split('/');
                    for (var index = 1; index < segments.Length; index += 2)
                    {
                        var place = index;
                        yield return new(
                            $"{Name(here)}[{place}]",
                            (request, text) =>
                            {
                                var parts = At(request, here).Split('/');
                                parts[place] = text;
                                return Set(request, here, string.Join('/', parts));
                            }
                        );
                    }
                    break;
                case FieldType.Bytes:
                    yield return new(Name(here), (r, text) => Set(r, here, ByteString.CopyFromUtf8(text)));
                    yield return new(
                        $"{Name(here)}(json)",
                        (r, text) =>
                            Set(
                                r,
                                here,
                                ByteString.CopyFromUtf8(new Struct { Fields = { [text] = S(text) } }.ToString())
                            )
                    );
                    break;
                case FieldType.Message when field.MessageType == Struct.Descriptor:
                    yield return new(
                        $"{Name(here)}(name)",
                        (r, text) => Set(r, here, new Struct { Fields = { [text] = Value.ForNumber(1) } })
                    );
                    yield return new(
                        $"{Name(here)}(value)",
                        (r, text) => Set(r, here, new Struct { Fields = { ["a"] = Value.ForList(S(text)) } })
                    );
                    break;
                case FieldType.Message:
                    Assert.False(field.IsMap, $"{field.FullName} is a map, which is not reckoned with here.");
                    foreach (var inner in Of(field.MessageType, here, sample))
                        yield return inner;
                    break;
            }
        }
    }

    private static Value S(string text) => Value.ForString(text);

    private static string Name(FieldDescriptor[] way) => string.Join('.', way.Select(field => field.Name));

    private static string At(IMessage message, FieldDescriptor[] way)
    {
        foreach (var field in way[..^1])
            if (field.Accessor.GetValue(message) is IMessage inner)
                message = inner;
            else
                return "";
        return way[^1].Accessor.GetValue(message) as string ?? "";
    }

    private static IMessage Set(IMessage request, FieldDescriptor[] way, object value)
    {
        var copy = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        var message = copy;
        foreach (var field in way[..^1])
            message = Enter(message, field);
        var last = way[^1];
        if (last.IsRepeated)
            ((IList)last.Accessor.GetValue(message)).Insert(0, value);
        else
            last.Accessor.SetValue(message, value);
        return copy;
    }

    private static IMessage Enter(IMessage message, FieldDescriptor field)
    {
        var fresh = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
        var value = field.Accessor.GetValue(message);
        if (field.IsRepeated)
        {
            var list = (IList)value;
            if (list.Count == 0)
                list.Add(fresh);
            return (IMessage)list[0]!;
        }
        if (value is IMessage present)
            return present;
        field.Accessor.SetValue(message, fresh);
        return fresh;
    }
}
