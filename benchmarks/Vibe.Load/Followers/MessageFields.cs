using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>Walks over the fields of a message of protobuf without making anything of them.</summary>
internal ref struct MessageFields(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the field.</summary>
    public int Number { get; private set; }

    /// <summary>What a field of a length holds; nothing in others.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Goes to the next field, if there is one.</summary>
    /// <exception cref="LoadException">The message is none.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = ReadVarint();
        Number = (int)(tag >> 3);
        Content = default;
        switch (tag & 7)
        {
            case 0:
                ReadVarint();
                break;
            case 1:
                Skip(sizeof(ulong));
                break;
            case 2:
                var length = ReadVarint();
                if (length > (ulong)_rest.Length)
                    throw Malformed();
                Content = _rest[..(int)length];
                Skip((int)length);
                break;
            case 5:
                Skip(sizeof(uint));
                break;
            default:
                throw Malformed();
        }
        return true;
    }

    private void Skip(int bytes)
    {
        if (bytes > _rest.Length)
            throw Malformed();
        _rest = _rest[bytes..];
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var at = 0; at < _rest.Length && at < 10; at++)
        {
            value |= (ulong)(_rest[at] & 0x7f) << (7 * at);
            if (_rest[at] >= 0x80)
                continue;
            _rest = _rest[(at + 1)..];
            return value;
        }
        throw Malformed();
    }

    private static LoadException Malformed() => new("The server sent what is no message.");
}
