using System.Buffers.Binary;
using System.Net;
using System.Net.Security;

namespace Vibe.Testing.Http2;

/// <summary>Hears of a frame that came, on the thread that reads.</summary>
public delegate void FrameHandler(FrameType type, byte flags, int stream, ReadOnlySpan<byte> content);

/// <summary>
/// HTTP/2 by hand: sends whatever frames it is given, so that a server can be sent what no client library sends. It answers
/// what must be answered, and says how it ended.
/// </summary>
public sealed class FrameConnection : IAsyncDisposable
{
    private const int Wide = 1 << 30;
    private const int BufferLength = 64 << 10;

    // By their codes (RFC 9113, 7).
    private static readonly string[] Errors =
    [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
    ];

    private readonly Stream _stream;
    private readonly FrameHandler? _heard;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _reading;
    private string? _farewell;

    private FrameConnection(Stream stream, FrameHandler? heard) => (_stream, _heard) = (stream, heard);

    /// <summary>
    /// How the other end ended it, once it has: <c>GOAWAY</c> with its error, <c>closed</c> or <c>reset</c> without one.
    /// Nobody hears of it while nothing is read.
    /// </summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>Connects and greets.</summary>
    /// <param name="server">The address; with <c>http</c> it speaks HTTP/2 without TLS.</param>
    /// <param name="authority">The file of the certificate that is trusted; null over cleartext.</param>
    /// <param name="window">What each stream takes until more is allowed, in bytes. The connection takes as much as there may be.</param>
    /// <param name="heard">Hears of each frame.</param>
    /// <param name="isRead">Whether what comes is read, from now on.</param>
    /// <param name="from">The address of this machine that it comes from; any unless given.</param>
    public static async Task<FrameConnection> OpenAsync(
        Uri server,
        string? authority = null,
        int window = Wide,
        FrameHandler? heard = null,
        bool isRead = true,
        IPAddress? from = null
    )
    {
        var stream = await RawSocket.ConnectAsync(server, SslApplicationProtocol.Http2, authority, !isRead, from);
        var connection = new FrameConnection(stream, heard);
        try
        {
            const byte initialWindow = 4;
            await connection.SendAsync(
                (byte[])
                    [
                        .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
                        .. Frame.Of(FrameType.Settings, 0, 0, [0, initialWindow, .. Frame.Number(window)]),
                        .. Frame.Of(FrameType.WindowUpdate, 0, 0, Frame.Number(Wide)),
                    ]
            );
            if (isRead)
                connection.Read();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The name of an error, by its code.</summary>
    public static string NameOf(int error) => error >= 0 && error < Errors.Length ? Errors[error] : $"error {error}";

    /// <summary>Begins to read, where that was put off.</summary>
    public void Read() => _reading ??= Task.Run(ReadAsync);

    /// <summary>Sends frames.</summary>
    /// <exception cref="IOException">The other end has ended the connection.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> frames, CancellationToken cancellation = default)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            await _stream.WriteAsync(frames, cancellation);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        if (_reading is not null)
            await _reading;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[BufferLength];
        var filled = 0;
        try
        {
            int read;
            while ((read = await _stream.ReadAsync(buffer.AsMemory(filled))) > 0)
            {
                filled += read;
                var taken = 0;
                while (LengthOf(buffer.AsSpan(taken, filled - taken)) is { } length)
                {
                    if (AnswerTo(buffer.AsSpan(taken, length)) is { } answer)
                        await SendAsync(answer);
                    taken += length;
                }
                buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
                filled -= taken;
            }
            _ended.TrySetResult(_farewell ?? "closed");
        }
        catch (IOException)
        {
            _ended.TrySetResult(_farewell ?? "reset");
        }
        catch (ObjectDisposedException)
        {
            _ended.TrySetResult(_farewell ?? "left");
        }
    }

    private static int? LengthOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Frame.HeadLength)
            return null;
        var length = Frame.HeadLength + ((bytes[0] << 16) | (bytes[1] << 8) | bytes[2]);
        return length > BufferLength ? throw new InvalidDataException($"A frame of {length} bytes came.")
            : bytes.Length < length ? null
            : length;
    }

    private byte[]? AnswerTo(ReadOnlySpan<byte> frame)
    {
        var (type, flags) = ((FrameType)frame[3], frame[4]);
        var stream = BinaryPrimitives.ReadInt32BigEndian(frame[5..]) & int.MaxValue;
        var content = frame[Frame.HeadLength..];
        if (type == FrameType.GoAway)
            _farewell = $"GOAWAY {NameOf(BinaryPrimitives.ReadInt32BigEndian(content[4..]))}";
        _heard?.Invoke(type, flags, stream, content);
        return (flags & Frame.Acknowledges) != 0 ? null
            : type == FrameType.Settings ? Frame.Of(FrameType.Settings, Frame.Acknowledges, 0, [])
            : type == FrameType.Ping ? Frame.Of(FrameType.Ping, Frame.Acknowledges, 0, content)
            : null;
    }
}
