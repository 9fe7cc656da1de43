using System.Buffers.Binary;
using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>One call on a raw connection: puts the messages of gRPC together from what frames bring of them.</summary>
internal abstract class RawStream
{
    private const int MessageHead = 5;
    private const int LongestMessage = 64 << 20;

    private byte[] _partial = [];
    private int _filled;

    /// <summary>Takes bytes of the stream; the moment is the one at which they were here.</summary>
    public void Take(ReadOnlySpan<byte> data, long at)
    {
        while (!data.IsEmpty)
        {
            if (_filled == 0 && data.Length >= MessageHead && LengthOf(data) is var whole && data.Length >= whole)
            {
                TakeMessage(data[MessageHead..whole], at);
                data = data[whole..];
                continue;
            }
            var part = data[..Math.Min(data.Length, Missing)];
            Keep(part);
            data = data[part.Length..];
            if (Missing > 0)
                continue;
            TakeMessage(_partial.AsSpan(MessageHead, _filled - MessageHead), at);
            _filled = 0;
        }
    }

    /// <summary>Takes the end of the stream.</summary>
    /// <param name="failure">Why it ended, unless the call has succeeded.</param>
    /// <param name="at">When.</param>
    public abstract void End(string? failure, long at);

    protected abstract void TakeMessage(ReadOnlySpan<byte> message, long at);

    private int Missing => (_filled < MessageHead ? MessageHead : LengthOf(_partial)) - _filled;

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_partial.Length < _filled + part.Length)
            Array.Resize(ref _partial, Math.Max(_filled + part.Length, _partial.Length * 2));
        part.CopyTo(_partial.AsSpan(_filled));
        _filled += part.Length;
    }

    private static int LengthOf(ReadOnlySpan<byte> message)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(message[1..]);
        return message[0] != 0 ? throw new LoadException("The server compresses its messages.")
            : length is < 0 or > LongestMessage ? throw new LoadException($"The server sent {length} bytes at once.")
            : MessageHead + length;
    }
}
