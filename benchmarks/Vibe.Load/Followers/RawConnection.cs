using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Vibe.Load.Generators;

namespace Vibe.Load.Followers;

/// <summary>
/// A connection over HTTP/2 that costs next to nothing: its frames (RFC 9113) are read by hand, and nobody is woken for one.
/// A client of .NET that follows many streams costs more than the server that feeds them, and would be what is measured.
/// It speaks cleartext, and sends little: what it sends is not held back by the server's windows, and a server that minds
/// ends the connection, which is an error like any other end of it.
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private const int FrameHead = 9;
    private const int LongestFrame = 16 << 10;
    private const int BufferLength = 8 * LongestFrame;
    private const int Window = int.MaxValue;
    private const int InitialWindow = 65_535;
    private const int WindowStep = 64 << 20;
    private const byte EndStream = 1;
    private const byte Acknowledged = 1;
    private const byte EndHeaders = 4;

    private static readonly byte[] Start =
    [
        .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
        .. Frame(FrameType.Settings, 0, 0, [.. Setting(1, 0), .. Setting(2, 0), .. Setting(4, Window)]),
        .. Frame(FrameType.WindowUpdate, 0, 0, Number(Window - InitialWindow)),
    ];

    private readonly Socket _socket;
    private readonly Task _reading;
    private readonly Lock _lock = new();
    private readonly List<RawStream?> _streams = [];
    private readonly string _authority;
    private string? _ended;
    private int _taken;

    private RawConnection(Socket socket, string authority)
    {
        (_socket, _authority) = (socket, authority);
        Send(Start);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Connects, without a word about who connects.</summary>
    /// <exception cref="LoadException">Nobody listens there.</exception>
    public static async Task<RawConnection> OpenAsync(Uri address, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation);
            return new RawConnection(socket, address.Authority);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new LoadException($"{address}: {exception.Message}");
        }
    }

    /// <summary>Makes a call; what comes back goes to the stream, on the thread that reads.</summary>
    /// <exception cref="LoadException">The connection has ended.</exception>
    public void Call(Call call, RawStream stream)
    {
        var head = RequestHead.Encode(_authority, call.Path, call.Token);
        var message = call.Framed;
        if (message.Length > LongestFrame || head.Length > LongestFrame)
            throw new NotSupportedException("A message of more than a frame.");
        lock (_lock)
        {
            if (_ended is not null)
                throw new LoadException(_ended);
            var id = _streams.Count * 2 + 1;
            _streams.Add(stream);
            try
            {
                Send([
                    .. Frame(FrameType.Headers, EndHeaders, id, head),
                    .. Frame(FrameType.Data, EndStream, id, message),
                ]);
            }
            catch (SocketException exception)
            {
                throw new LoadException(exception.Message);
            }
        }
    }

    /// <summary>Closes the connection; streams that are still open hear no more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _ended ??= "The connection is closed.";
            _streams.Clear();
        }
        _socket.Dispose();
        await _reading;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[BufferLength];
        var filled = 0;
        string end;
        try
        {
            int read;
            while ((read = await _socket.ReceiveAsync(buffer.AsMemory(filled))) > 0)
            {
                // One moment for all that came together: it is when this machine had it.
                var taken = TakeFrames(buffer.AsSpan(0, filled += read), Stopwatch.GetTimestamp());
                buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
                filled -= taken;
            }
            end = "The server closed the connection.";
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or LoadException)
        {
            end = exception.Message;
        }
        RawStream?[] open;
        lock (_lock)
        {
            _ended ??= end;
            open = [.. _streams];
            _streams.Clear();
        }
        foreach (var stream in open)
            stream?.End(end, Stopwatch.GetTimestamp());
    }

    private int TakeFrames(ReadOnlySpan<byte> bytes, long at)
    {
        var taken = 0;
        while (bytes.Length - taken >= FrameHead)
        {
            var head = bytes[taken..];
            var length = (head[0] << 16) | (head[1] << 8) | head[2];
            if (length > LongestFrame)
                throw new LoadException($"The server sent a frame of {length} bytes.");
            if (head.Length < FrameHead + length)
                break;
            Take(
                (FrameType)head[3],
                head[4],
                BinaryPrimitives.ReadInt32BigEndian(head[5..]),
                head[FrameHead..(FrameHead + length)],
                at
            );
            taken += FrameHead + length;
        }
        return taken;
    }

    private void Take(FrameType type, byte flags, int id, ReadOnlySpan<byte> payload, long at)
    {
        switch (type)
        {
            case FrameType.Data:
                Acknowledge(payload.Length);
                Stream(id)?.Take(payload, at);
                break;
            case FrameType.Headers when (flags & EndStream) != 0:
                Forget(id)?.End(ResponseStatus.FailureIn(payload), at);
                break;
            case FrameType.ResetStream:
                Forget(id)?.End($"The server reset the stream ({BinaryPrimitives.ReadInt32BigEndian(payload)}).", at);
                break;
            case FrameType.Settings when (flags & Acknowledged) == 0:
                Reply(Frame(FrameType.Settings, Acknowledged, 0, []));
                break;
            case FrameType.Ping when (flags & Acknowledged) == 0:
                Reply(Frame(FrameType.Ping, Acknowledged, 0, payload));
                break;
            case FrameType.GoAway when BinaryPrimitives.ReadInt32BigEndian(payload[4..]) is not 0 and var error:
                throw new LoadException($"The server ended the connection ({error}).");
        }
    }

    // Windows of streams are larger than what any of them receives; that of the connection is kept open.
    private void Acknowledge(int length)
    {
        _taken += length;
        if (_taken < WindowStep)
            return;
        Reply(Frame(FrameType.WindowUpdate, 0, 0, Number(_taken)));
        _taken = 0;
    }

    private RawStream? Stream(int id)
    {
        lock (_lock)
            return id / 2 < _streams.Count ? _streams[id / 2] : null;
    }

    private RawStream? Forget(int id)
    {
        lock (_lock)
        {
            if (id / 2 >= _streams.Count)
                return null;
            var stream = _streams[id / 2];
            _streams[id / 2] = null;
            return stream;
        }
    }

    private void Reply(byte[] bytes)
    {
        lock (_lock)
            Send(bytes);
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    private static byte[] Frame(FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload) =>
        [
            (byte)(payload.Length >> 16),
            (byte)(payload.Length >> 8),
            (byte)payload.Length,
            (byte)type,
            (byte)flags,
            .. Number(stream),
            .. payload,
        ];

    private static byte[] Setting(byte id, int value) => [0, id, .. Number(value)];

    private static byte[] Number(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private enum FrameType : byte
    {
        Data = 0,
        Headers = 1,
        ResetStream = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        WindowUpdate = 8,
    }
}
