using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Vibe.Sync.V1;

namespace Vibe.Testing;

/// <summary>
/// Subscribers that stop reading: HTTP/2 by hand, on a socket of its own, so that the windows of the streams can stay
/// closed while the connection itself is well. What no client library lets one do.
/// </summary>
public sealed class StalledReaders : IAsyncDisposable
{
    /// <summary>What a stream takes before it is stalled: enough for its first answers.</summary>
    private const int Window = 8 * 1024;

    private const int MostStreams = 100;
    private const int FrameHead = 9;

    private readonly TcpClient _socket;
    private readonly NetworkStream _stream;
    private readonly Task _reading;
    private readonly ConcurrentDictionary<int, bool> _open = new();
    private int _next = 1;
    private int _answered;

    private StalledReaders(TcpClient socket)
    {
        _socket = socket;
        _stream = socket.GetStream();
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>How many streams were answered at all.</summary>
    public int Answered => _answered;

    /// <summary>How many streams the server has not ended.</summary>
    public int Open => _open.Count;

    /// <summary>Opens subscriptions, each with its access token, as many on a connection as it takes.</summary>
    public static async Task<IReadOnlyList<StalledReaders>> OpenAsync(
        Uri server,
        IEnumerable<(string Token, Scope Scope)> subscriptions
    )
    {
        var connections = new List<StalledReaders>();
        foreach (var some in subscriptions.Chunk(MostStreams))
        {
            var socket = new TcpClient { NoDelay = true };
            await socket.ConnectAsync(server.Host, server.Port);
            var readers = new StalledReaders(socket);
            connections.Add(readers);
            await readers.GreetAsync();
            foreach (var (token, scope) in some)
                await readers.SubscribeAsync(server, token, scope);
        }
        return connections;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
    }

    private async Task GreetAsync()
    {
        var settings = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(settings, 4);
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), Window);
        var wide = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(wide, 1 << 30);
        await _stream.WriteAsync(
            (byte[])
                [
                    .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
                    .. Frame(FrameType.Settings, 0, 0, settings),
                    .. Frame(FrameType.WindowUpdate, 0, 0, wide),
                ]
        );
    }

    private async Task SubscribeAsync(Uri server, string token, Scope scope)
    {
        var id = _next;
        _next += 2;
        _open[id] = true;
        var head = new List<byte>();
        Header(head, ":method", "POST");
        Header(head, ":scheme", "http");
        Header(head, ":path", $"/{SyncService.Descriptor.FullName}/Subscribe");
        Header(head, ":authority", server.Authority);
        Header(head, "content-type", "application/grpc");
        Header(head, "te", "trailers");
        Header(head, "authorization", $"Bearer {token}");
        var message = new SubscribeRequest { Scope = scope }.ToByteArray();
        var body = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), message.Length);
        message.CopyTo(body, 5);
        const byte endOfHead = 4;
        const byte endOfStream = 1;
        await _stream.WriteAsync(
            (byte[])
                [.. Frame(FrameType.Headers, endOfHead, id, [.. head]), .. Frame(FrameType.Data, endOfStream, id, body)]
        );
    }

    // It takes what comes, so the connection is well, but never opens the window of a stream again.
    private async Task ReadAsync()
    {
        var head = new byte[FrameHead];
        var content = new byte[1 << 20];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(head);
                var length = (head[0] << 16) | (head[1] << 8) | head[2];
                await _stream.ReadExactlyAsync(content.AsMemory(0, length));
                var (type, flags) = ((FrameType)head[3], head[4]);
                var id = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue;
                const byte acknowledges = 1;
                if (type == FrameType.Headers && (flags & 1) == 0)
                    Interlocked.Increment(ref _answered);
                else if (type is FrameType.Headers or FrameType.Reset)
                    _open.TryRemove(id, out _);
                else if (type is FrameType.Settings && (flags & acknowledges) == 0)
                    await _stream.WriteAsync(Frame(FrameType.Settings, acknowledges, 0, []));
                else if (type is FrameType.Ping && (flags & acknowledges) == 0)
                    await _stream.WriteAsync(Frame(FrameType.Ping, acknowledges, 0, content[..length]));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            _open.Clear();
        }
    }

    private static byte[] Frame(FrameType type, byte flags, int id, byte[] content)
    {
        var frame = new byte[FrameHead + content.Length];
        frame[0] = (byte)(content.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)content.Length);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        content.CopyTo(frame, FrameHead);
        return frame;
    }

    // A literal without indexing (RFC 7541, 6.2.2).
    private static void Header(List<byte> head, string name, string value)
    {
        head.Add(0);
        Text(head, name);
        Text(head, value);
    }

    private static void Text(List<byte> head, string text)
    {
        const int most = 127;
        var rest = text.Length;
        if (rest < most)
            head.Add((byte)rest);
        else
        {
            head.Add(most);
            for (rest -= most; rest >= 128; rest >>= 7)
                head.Add((byte)(rest | 128));
            head.Add((byte)rest);
        }
        head.AddRange(Encoding.ASCII.GetBytes(text));
    }

    private enum FrameType : byte
    {
        Data = 0,
        Headers = 1,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        WindowUpdate = 8,
    }
}
