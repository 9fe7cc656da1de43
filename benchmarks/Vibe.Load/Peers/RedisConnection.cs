using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Vibe.Load.Generators;

namespace Vibe.Load.Peers;

/// <summary>
/// A connection to Redis that has one command in flight. Client libraries share one connection among all callers, where a
/// read that waits for news would hold up the others.
/// </summary>
internal sealed class RedisConnection : IDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private BufferedStream _stream = null!;

    public static async Task<RedisConnection> OpenAsync(Uri address, CancellationToken cancellation)
    {
        var connection = new RedisConnection();
        await connection._client.ConnectAsync(address.Host, address.Port, cancellation);
        connection._stream = new BufferedStream(connection._client.GetStream(), 1 << 16);
        return connection;
    }

    /// <summary>Sends a command and gives its answer: a number, bytes, a list of answers, or nothing.</summary>
    /// <exception cref="LoadException">It was refused.</exception>
    public async Task<object?> SendAsync(CancellationToken cancellation, params ReadOnlyMemory<byte>[] words)
    {
        await WriteAsync($"*{words.Length}\r\n", cancellation);
        foreach (var word in words)
        {
            await WriteAsync($"${word.Length}\r\n", cancellation);
            await _stream.WriteAsync(word, cancellation);
            await WriteAsync("\r\n", cancellation);
        }
        await _stream.FlushAsync(cancellation);
        return await AnswerAsync(cancellation);
    }

    public void Dispose() => _client.Dispose();

    private ValueTask WriteAsync(string text, CancellationToken cancellation) =>
        _stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancellation);

    private async Task<object?> AnswerAsync(CancellationToken cancellation)
    {
        var line = await LineAsync(cancellation);
        switch (line[0])
        {
            case '+':
                return line[1..];
            case '-':
                throw new LoadException($"Redis refused: {line[1..]}");
            case ':':
                return Number(line);
            case '$' when Number(line) >= 0:
                var bytes = new byte[Number(line) + 2];
                await _stream.ReadExactlyAsync(bytes, cancellation);
                return bytes[..^2];
            case '*' when Number(line) >= 0:
                var list = new object?[Number(line)];
                for (var index = 0; index < list.Length; index++)
                    list[index] = await AnswerAsync(cancellation);
                return list;
            default:
                return null;
        }
    }

    private async Task<string> LineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        do
        {
            await _stream.ReadExactlyAsync(one, cancellation);
            line.Append((char)one[0]);
        } while (one[0] != '\n');
        return line.ToString(0, line.Length - 2);
    }

    private static long Number(string line) =>
        long.Parse(line.AsSpan(1), NumberStyles.Integer, CultureInfo.InvariantCulture);
}
