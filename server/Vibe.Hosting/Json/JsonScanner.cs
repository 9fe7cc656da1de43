using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Json;

/// <summary>
/// Reads JSON byte by byte, once, without recursion. Canonical text is written as it is read; an object whose members
/// came out of order is put in order when it ends, by moving their texts.
/// </summary>
internal ref struct JsonScanner
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly JsonLimits _limits;
    private readonly bool _write;
    private PooledBuffer<byte> _out;
    private PooledBuffer<byte> _names;
    private PooledBuffer<Entry> _entries;
    private PooledBuffer<Frame> _frames;
    private int _at;

    public JsonScanner(ReadOnlySpan<byte> json, JsonLimits limits, bool write)
    {
        _json = json;
        _limits = limits;
        _write = write;
        _out = new PooledBuffer<byte>(write ? json.Length + JsonNumber.MaxLength : 0);
        _names = new PooledBuffer<byte>(256);
        _entries = new PooledBuffer<Entry>(64);
        _frames = new PooledBuffer<Frame>(32);
    }

    /// <summary>A member of an open object: its name without escapes, and where its text begins.</summary>
    private struct Entry
    {
        public int NameStart;
        public int NameLength;
        public int TextStart;
        public int TextLength;
    }

    /// <summary>An open object or array.</summary>
    private struct Frame
    {
        public bool IsObject;
        public bool Unsorted;
        public int Elements;
        public int FirstEntry;
        public int FirstName;
        public int TextStart;
    }

    /// <summary>What an error points at: the value being read, or the object or array around it.</summary>
    private enum Place
    {
        Value,
        Container,
    }

    public int Values { get; private set; }

    public readonly CanonicalJson ToCanonical() => new(_out.Written.ToArray(), Values);

    public void Dispose()
    {
        _out.Dispose();
        _names.Dispose();
        _entries.Dispose();
        _frames.Dispose();
    }

    public void Scan()
    {
        if (_json.StartsWith(Encoding.UTF8.Preamble))
        {
            throw JsonErrors.Syntax("", "begins with a byte order mark");
        }

        SkipSpace();
        if (_at == _json.Length)
        {
            throw JsonErrors.Empty("");
        }

        do
        {
            ReadValue();
        } while (ReadOn());
    }

    /// <summary>Reads a text, number or literal whole, and of an object or array the opening.</summary>
    private void ReadValue()
    {
        switch (Peek())
        {
            case (byte)'{':
                Open(isObject: true);
                break;
            case (byte)'[':
                Open(isObject: false);
                break;
            case (byte)'"':
                ReadText(isName: false);
                break;
            case (byte)'t':
                ReadLiteral("true"u8);
                break;
            case (byte)'f':
                ReadLiteral("false"u8);
                break;
            case (byte)'n':
                ReadLiteral("null"u8);
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                ReadNumber();
                break;
            default:
                throw Syntax(Place.Value, "is no value");
        }
    }

    /// <summary>Goes on to the next value, over the ends of objects and arrays; false at the end of the text.</summary>
    private bool ReadOn()
    {
        while (true)
        {
            SkipSpace();
            if (_frames.Count == 0)
            {
                return _at == _json.Length ? false : throw Syntax(Place.Value, "is followed by more text");
            }

            ref var frame = ref _frames.Last;
            var end = frame.IsObject ? (byte)'}' : (byte)']';
            var next = Peek();
            if (next == end)
            {
                _at++;
                Close();
                continue;
            }

            if (frame.Elements > 0)
            {
                if (next != ',')
                {
                    throw Syntax(Place.Container, frame.IsObject ? "lacks a comma or '}'" : "lacks a comma or ']'");
                }

                _at++;
                Write(","u8);
                SkipSpace();
            }

            BeginElement(ref frame);
            return true;
        }
    }

    private void Open(bool isObject)
    {
        if (_frames.Count >= _limits.Depth)
        {
            throw JsonErrors.TooDeep(Path(Place.Value), _limits.Depth);
        }

        _at++;
        Write(isObject ? "{"u8 : "["u8);
        _frames.Add(
            new Frame
            {
                IsObject = isObject,
                FirstEntry = _entries.Count,
                FirstName = _names.Count,
                TextStart = _out.Count,
            }
        );
    }

    private void BeginElement(ref Frame frame)
    {
        if (frame.IsObject)
        {
            ReadName(ref frame);
        }

        frame.Elements++;
        Values++;
    }

    private void ReadName(ref Frame frame)
    {
        if (Peek() != '"')
        {
            throw Syntax(Place.Container, "lacks the name of a member");
        }

        var entry = new Entry { NameStart = _names.Count, TextStart = _out.Count };
        ReadText(isName: true);
        entry.NameLength = _names.Count - entry.NameStart;
        if (entry.NameLength > _limits.NameBytes)
        {
            throw JsonErrors.NameTooLong(Path(Place.Container), _limits.NameBytes);
        }

        if (frame.Elements > 0)
        {
            var order = NameOrder.Compare(NameOf(_entries.Last), NameOf(entry));
            if (order == 0)
            {
                throw JsonErrors.Duplicate(Path(Place.Value));
            }

            frame.Unsorted |= order > 0;
            _entries.Last.TextLength = entry.TextStart - 1 - _entries.Last.TextStart;
        }

        _entries.Add(entry);
        SkipSpace();
        if (Peek() != ':')
        {
            throw Syntax(Place.Container, "lacks a colon");
        }

        _at++;
        Write(":"u8);
        SkipSpace();
    }

    private void Close()
    {
        ref var frame = ref _frames.Last;
        if (frame.IsObject)
        {
            if (frame.Unsorted)
            {
                Sort(in frame);
            }

            _entries.Truncate(frame.FirstEntry);
            _names.Truncate(frame.FirstName);
        }

        Write(frame.IsObject ? "}"u8 : "]"u8);
        _frames.Truncate(_frames.Count - 1);
    }

    private readonly void Sort(in Frame frame)
    {
        _entries.Items[_entries.Count - 1].TextLength = _out.Count - _entries.Items[_entries.Count - 1].TextStart;
        var entries = _entries.Written[frame.FirstEntry..];
        entries.Sort(new EntryOrder(_names.Items));
        for (var i = 1; i < entries.Length; i++)
        {
            if (NameOf(entries[i - 1]).SequenceEqual(NameOf(entries[i])))
            {
                throw JsonErrors.Duplicate(Path(Place.Container, Encoding.UTF8.GetString(NameOf(entries[i]))));
            }
        }

        if (_write)
        {
            Reorder(_out.Written[frame.TextStart..], entries);
        }
    }

    private readonly void Reorder(Span<byte> text, ReadOnlySpan<Entry> entries)
    {
        var copy = ArrayPool<byte>.Shared.Rent(text.Length);
        text.CopyTo(copy);
        var origin = _out.Count - text.Length;
        foreach (var entry in entries)
        {
            copy.AsSpan(entry.TextStart - origin, entry.TextLength).CopyTo(text);
            text = text[entry.TextLength..];
            if (!text.IsEmpty)
            {
                text[0] = (byte)',';
                text = text[1..];
            }
        }

        ArrayPool<byte>.Shared.Return(copy);
    }

    private void ReadLiteral(ReadOnlySpan<byte> literal)
    {
        if (!_json[_at..].StartsWith(literal))
        {
            throw Syntax(Place.Value, "is no value");
        }

        _at += literal.Length;
        Write(literal);
    }

    private void ReadNumber()
    {
        var start = _at;
        var negative = _json[_at] == '-';
        if (negative)
        {
            _at++;
        }

        var whole = _at;
        SkipDigits();
        if (_json[whole] == '0' && _at > whole + 1)
        {
            throw Syntax(Place.Value, "is a number with a leading zero");
        }

        var digits = _json[whole.._at];
        var isInteger = true;
        if (_at < _json.Length && _json[_at] == '.')
        {
            isInteger = false;
            _at++;
            SkipDigits();
        }

        if (_at < _json.Length && _json[_at] is (byte)'e' or (byte)'E')
        {
            isInteger = false;
            _at++;
            if (_at < _json.Length && _json[_at] is (byte)'+' or (byte)'-')
            {
                _at++;
            }

            SkipDigits();
        }

        // Up to 15 digits always fit a double, and are canonical already.
        if (isInteger && digits.Length <= 15)
        {
            Write(negative && digits is [(byte)'0'] ? digits : _json[start.._at]);
            return;
        }

        WriteNumber(_json[start.._at], isInteger ? digits : []);
    }

    private void WriteNumber(ReadOnlySpan<byte> text, ReadOnlySpan<byte> integer)
    {
        var value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value))
        {
            throw JsonErrors.NotFinite(Path(Place.Value));
        }

        if (!integer.IsEmpty && !JsonNumber.Reproduces(value, integer))
        {
            throw JsonErrors.DigitsLost(Path(Place.Value));
        }

        if (_write)
        {
            _out.Commit(JsonNumber.Format(value, _out.Free(JsonNumber.MaxLength)));
        }
    }

    private void SkipDigits()
    {
        var count = _json[_at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        count = count < 0 ? _json.Length - _at : count;
        if (count == 0)
        {
            throw Syntax(Place.Value, "is an incomplete number");
        }

        _at += count;
    }

    private void ReadText(bool isName)
    {
        var place = isName ? Place.Container : Place.Value;
        _at++;
        Write("\""u8);
        while (true)
        {
            var length = JsonText.IndexOfEscaped(_json[_at..]);
            if (length < 0)
            {
                throw Syntax(place, "holds a text that does not end");
            }

            var plain = _json.Slice(_at, length);
            RequireUtf8(plain, place);
            WriteText(plain, isName);
            _at += length;
            switch (_json[_at])
            {
                case (byte)'"':
                    _at++;
                    Write("\""u8);
                    return;
                case (byte)'\\':
                    ReadEscape(isName, place);
                    break;
                case 0:
                    throw JsonErrors.Nul(Path(place));
                default:
                    throw Syntax(place, "holds a text with a control character that is not escaped");
            }
        }
    }

    private void ReadEscape(bool isName, Place place)
    {
        _at++;
        var character = Peek() switch
        {
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'"' or (byte)'\\' or (byte)'/' => _json[_at],
            (byte)'u' => (byte)0,
            _ => throw Syntax(place, "holds a text with an unknown escape"),
        };

        if (character != 0)
        {
            _at++;
            WriteText([character], isName);
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        var length = ReadCodePoint(place).EncodeToUtf8(utf8);
        WriteText(utf8[..length], isName);
    }

    private Rune ReadCodePoint(Place place)
    {
        var first = ReadCodeUnit(place);
        if (first == '\0')
        {
            throw JsonErrors.Nul(Path(place));
        }

        if (Rune.TryCreate(first, out var rune))
        {
            return rune;
        }

        if (
            char.IsHighSurrogate(first)
            && _json[_at..].StartsWith("\\u"u8)
            && Rune.TryCreate(first, SkipToCodeUnit(place), out rune)
        )
        {
            return rune;
        }

        throw JsonErrors.Surrogate(Path(place));
    }

    private char SkipToCodeUnit(Place place)
    {
        _at++;
        return ReadCodeUnit(place);
    }

    /// <summary>Reads the letter u and four hexadecimal digits.</summary>
    private char ReadCodeUnit(Place place)
    {
        _at++;
        var code = 0;
        for (var i = 0; i < 4; i++, _at++)
        {
            if (_at >= _json.Length || !char.IsAsciiHexDigit((char)_json[_at]))
            {
                throw Syntax(place, "holds a text with an incomplete escape");
            }

            code = (code << 4) | HexValue(_json[_at]);
        }

        return (char)code;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private readonly void RequireUtf8(ReadOnlySpan<byte> text, Place place)
    {
        if (Utf8.IsValid(text))
        {
            return;
        }

        while (Rune.DecodeFromUtf8(text, out _, out var length) == OperationStatus.Done)
        {
            text = text[length..];
        }

        throw text is [0xED, >= 0xA0 and <= 0xBF, >= 0x80 and <= 0xBF, ..]
            ? JsonErrors.Surrogate(Path(place))
            : Syntax(place, "holds a text that is not UTF-8");
    }

    /// <summary>Writes a part of a text that came without escapes, or one character that had one.</summary>
    private void WriteText(scoped ReadOnlySpan<byte> text, bool isName)
    {
        if (isName)
        {
            _names.Add(text);
        }

        if (!_write)
        {
            return;
        }

        if (text.Length == 1 && JsonText.IndexOfEscaped(text) == 0)
        {
            JsonText.WriteEscape(ref _out, text[0]);
        }
        else
        {
            _out.Add(text);
        }
    }

    private void Write(scoped ReadOnlySpan<byte> text)
    {
        if (_write)
        {
            _out.Add(text);
        }
    }

    private void SkipSpace()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            _at++;
        }
    }

    private readonly byte Peek() =>
        _at < _json.Length ? _json[_at] : throw Syntax(Place.Container, "ends before it is complete");

    private readonly ReadOnlySpan<byte> NameOf(in Entry entry) =>
        _names.Items.AsSpan(entry.NameStart, entry.NameLength);

    private readonly VibeException Syntax(Place place, string problem) => JsonErrors.Syntax(Path(place), problem);

    private readonly string Path(Place place, string? member = null)
    {
        var path = new StringBuilder();
        var frames = _frames.Written;
        var count = place == Place.Container ? frames.Length - 1 : frames.Length;
        for (var i = 0; i < count && path.Length <= JsonPointer.MaxInMetadata; i++)
        {
            if (frames[i].Elements == 0)
            {
                continue;
            }

            var last = i + 1 < frames.Length ? frames[i + 1].FirstEntry - 1 : _entries.Count - 1;
            JsonPointer.AppendTo(
                path,
                frames[i].IsObject
                    ? Encoding.UTF8.GetString(NameOf(_entries.Items[last]))
                    : (frames[i].Elements - 1).ToString(CultureInfo.InvariantCulture)
            );
        }

        if (member is not null)
        {
            JsonPointer.AppendTo(path, member);
        }

        return path.ToString();
    }

    private readonly struct EntryOrder(byte[] names) : IComparer<Entry>
    {
        public int Compare(Entry x, Entry y) =>
            NameOrder.Compare(names.AsSpan(x.NameStart, x.NameLength), names.AsSpan(y.NameStart, y.NameLength));
    }
}
