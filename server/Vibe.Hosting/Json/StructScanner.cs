using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;

namespace Vibe.Hosting.Json;

/// <summary>Writes a structured value as canonical JSON. It recurses no deeper than the limit.</summary>
internal ref struct StructScanner
{
    private readonly JsonLimits _limits;
    private readonly List<(string? Name, int Index)> _path = [];
    private PooledBuffer<byte> _out = new(1024);
    private int _values;

    private StructScanner(JsonLimits limits) => _limits = limits;

    public static CanonicalJson Scan(Struct value, JsonLimits limits)
    {
        var scanner = new StructScanner(limits);
        try
        {
            scanner.Write(value);
            return new CanonicalJson(scanner._out.Written.ToArray(), scanner._values);
        }
        finally
        {
            scanner._out.Dispose();
        }
    }

    private void Write(Struct value)
    {
        RequireRoom();
        var names = new string[value.Fields.Count];
        value.Fields.Keys.CopyTo(names, 0);
        Array.Sort(names, StringComparer.Ordinal);

        _out.Add((byte)'{');
        for (var i = 0; i < names.Length; i++)
        {
            if (i > 0)
            {
                _out.Add((byte)',');
            }

            WriteName(names[i]);
            _out.Add((byte)':');
            _path.Add((names[i], 0));
            Write(value.Fields[names[i]]);
            _path.RemoveAt(_path.Count - 1);
        }

        _out.Add((byte)'}');
        _values += names.Length;
    }

    private void Write(ListValue list)
    {
        RequireRoom();
        _out.Add((byte)'[');
        for (var i = 0; i < list.Values.Count; i++)
        {
            if (i > 0)
            {
                _out.Add((byte)',');
            }

            _path.Add((null, i));
            Write(list.Values[i]);
            _path.RemoveAt(_path.Count - 1);
        }

        _out.Add((byte)']');
        _values += list.Values.Count;
    }

    private void Write(Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.NullValue:
                _out.Add("null"u8);
                break;
            case Value.KindOneofCase.BoolValue:
                _out.Add(value.BoolValue ? "true"u8 : "false"u8);
                break;
            case Value.KindOneofCase.NumberValue when double.IsFinite(value.NumberValue):
                _out.Commit(JsonNumber.Format(value.NumberValue, _out.Free(JsonNumber.MaxLength)));
                break;
            case Value.KindOneofCase.NumberValue:
                throw JsonErrors.NotFinite(Path());
            case Value.KindOneofCase.StringValue:
                WriteText(value.StringValue);
                break;
            case Value.KindOneofCase.StructValue:
                Write(value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                Write(value.ListValue);
                break;
            default:
                throw JsonErrors.Empty(Path());
        }
    }

    private void WriteName(string name)
    {
        if (name.Length > _limits.NameBytes || Encoding.UTF8.GetByteCount(name) > _limits.NameBytes)
        {
            throw JsonErrors.NameTooLong(Path(), _limits.NameBytes);
        }

        WriteText(name);
    }

    private void WriteText(string text)
    {
        if (text.Contains('\0'))
        {
            throw JsonErrors.Nul(Path());
        }

        if (!JsonText.TryWrite(ref _out, text))
        {
            throw JsonErrors.Surrogate(Path());
        }
    }

    // Every open object and array but the root has put one segment on the path.
    private readonly void RequireRoom()
    {
        if (_path.Count >= _limits.Depth)
        {
            throw JsonErrors.TooDeep(Path(), _limits.Depth);
        }
    }

    private readonly string Path()
    {
        var path = new StringBuilder();
        foreach (var (name, index) in _path)
        {
            JsonPointer.AppendTo(path, name ?? index.ToString(CultureInfo.InvariantCulture));
        }

        return path.ToString();
    }
}
