using System.Buffers.Binary;
using System.Net.Security;
using System.Text;
using Google.Protobuf;
using Vibe.Sync.V1;
using Vibe.Testing.Http2;

namespace Vibe.Testing;

/// <summary>A subscription over HTTP/1.1 whose answer is begun to be read, and then is not.</summary>
public sealed class UnreadStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Stream _connection;

    private UnreadStream(Stream connection) => _connection = connection;

    /// <summary>Opens one, and returns when it is answered.</summary>
    /// <param name="server">The address.</param>
    /// <param name="how">As <c>lines</c> or <c>events</c> over REST, or over <c>gRPC-web</c>.</param>
    /// <param name="token">Who follows.</param>
    /// <param name="collection">The collection that is followed.</param>
    /// <param name="authority">The file of the certificate that is trusted; null over cleartext.</param>
    public static async Task<UnreadStream> OpenAsync(
        Uri server,
        string how,
        string token,
        string collection,
        string? authority = null
    )
    {
        var connection = await RawSocket.ConnectAsync(server, SslApplicationProtocol.Http11, authority, isUnread: true);
        try
        {
            await connection.WriteAsync(
                how == "gRPC-web" ? Call(server, token, collection) : Get(server, how, token, collection)
            );
            const string expected = "HTTP/1.1 200";
            var status = new byte[expected.Length];
            await connection.ReadExactlyAsync(status).AsTask().WaitAsync(Patience);
            return Encoding.ASCII.GetString(status) == expected
                ? new UnreadStream(connection)
                : throw new InvalidOperationException(Encoding.ASCII.GetString(status));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads what is left, to its end.</summary>
    /// <exception cref="TimeoutException">There is none.</exception>
    public async Task EndsAsync()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await _connection.ReadAsync(buffer).AsTask().WaitAsync(Patience) > 0) { }
        }
        catch (IOException)
        {
            // Without a farewell.
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static byte[] Get(Uri server, string how, string token, string collection) =>
        Encoding.ASCII.GetBytes(
            $"GET /v1/{collection}:subscribe HTTP/1.1\r\nhost: {server.Authority}\r\nauthorization: Bearer {token}\r\n"
                + $"accept: {(how == "events" ? "text/event-stream" : "application/json")}\r\n\r\n"
        );

    private static byte[] Call(Uri server, string token, string collection)
    {
        var message = new SubscribeRequest { Scope = new Scope { Collection = collection } }.ToByteArray();
        var head =
            $"POST /{SyncService.Descriptor.FullName}/Subscribe HTTP/1.1\r\nhost: {server.Authority}\r\n"
            + $"authorization: Bearer {token}\r\ncontent-type: application/grpc-web\r\n"
            + $"content-length: {5 + message.Length}\r\n\r\n";
        var prefix = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), message.Length);
        return [.. Encoding.ASCII.GetBytes(head), .. prefix, .. message];
    }
}
