using System.Buffers.Binary;

namespace Vibe.Testing.Http2;

/// <summary>What a frame is (RFC 9113, 6).</summary>
public enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    Reset = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Writes frames of HTTP/2 as they are on the wire (RFC 9113, 4.1).</summary>
public static class Frame
{
    /// <summary>The length of what stands before the content of a frame, in bytes.</summary>
    public const int HeadLength = 9;

    /// <summary>The flag of the last frame that an end sends on a stream.</summary>
    public const byte EndStream = 1;

    /// <summary>The flag of a SETTINGS or PING that answers one.</summary>
    public const byte Acknowledges = 1;

    /// <summary>The flag of a HEADERS or CONTINUATION that none follows.</summary>
    public const byte EndHeaders = 4;

    // What every end takes (RFC 9113, 4.2).
    private const int LongestContent = 16 << 10;

    /// <summary>Writes a frame.</summary>
    public static byte[] Of(FrameType type, byte flags, int stream, ReadOnlySpan<byte> content)
    {
        var frame = new byte[HeadLength + content.Length];
        frame[0] = (byte)(content.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)content.Length);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        content.CopyTo(frame.AsSpan(HeadLength));
        return frame;
    }

    /// <summary>Writes the request of a call of gRPC: its head, in as many frames as that takes, and its one message.</summary>
    public static byte[] Call(int stream, ReadOnlySpan<byte> head, ReadOnlySpan<byte> message)
    {
        var frames = new List<byte>();
        for (var type = FrameType.Headers; type == FrameType.Headers || head.Length > 0; type = FrameType.Continuation)
        {
            var part = head[..Math.Min(head.Length, LongestContent)];
            head = head[part.Length..];
            frames.AddRange(Of(type, head.IsEmpty ? EndHeaders : (byte)0, stream, part));
        }
        var body = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), message.Length);
        message.CopyTo(body.AsSpan(5));
        frames.AddRange(Of(FrameType.Data, EndStream, stream, body));
        return [.. frames];
    }

    /// <summary>Whether whoever sends a frame sends none on its stream after it.</summary>
    public static bool IsLast(FrameType type, byte flags) =>
        type == FrameType.Reset || (type is FrameType.Headers or FrameType.Data && (flags & EndStream) != 0);

    /// <summary>Writes a number as frames have them.</summary>
    public static byte[] Number(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
