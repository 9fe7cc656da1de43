using System.Buffers.Binary;

namespace Vibe.Cases.Doors;

/// <summary>Reads and writes the length-prefixed messages of gRPC, which is all that a door has to know of them.</summary>
internal static class Frames
{
    private const int HeaderSize = 5;

    /// <summary>Reads one message; null at the end.</summary>
    public static async Task<byte[]?> ReadAsync(Stream from, CancellationToken cancellation)
    {
        var header = new byte[HeaderSize];
        var read = await from.ReadAtLeastAsync(header, HeaderSize, throwOnEndOfStream: false, cancellation);
        if (read == 0)
            return null;
        if (read < HeaderSize || header[0] != 0)
            throw new InvalidDataException("The message is cut, or compressed.");
        var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1))];
        await from.ReadExactlyAsync(message, cancellation);
        return message;
    }

    public static async Task WriteAsync(Stream to, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        var frame = new byte[HeaderSize + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame.AsMemory(HeaderSize));
        await to.WriteAsync(frame, cancellation);
        await to.FlushAsync(cancellation);
    }
}
