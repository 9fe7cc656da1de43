using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Vibe.Load.Generators;

namespace Vibe.Load.Peers;

/// <summary>A WebSocket to Triplit, which takes and gives messages with a type and a payload.</summary>
internal sealed class TriplitConnection : IDisposable
{
    private readonly ClientWebSocket _socket = new();

    /// <summary>Connects, and returns once messages are taken.</summary>
    public static async Task<TriplitConnection> OpenAsync(Uri address, string token, CancellationToken cancellation)
    {
        var connection = new TriplitConnection();
        try
        {
            var socket = new UriBuilder(address) { Scheme = Uri.UriSchemeWs, Query = $"token={token}" };
            await connection._socket.ConnectAsync(socket.Uri, cancellation);
            await connection.ReceiveAsync("READY", cancellation);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends a message.</summary>
    public async Task SendAsync(string message, CancellationToken cancellation) =>
        await _socket.SendAsync(
            Encoding.UTF8.GetBytes(message).AsMemory(),
            WebSocketMessageType.Text,
            endOfMessage: true,
            cancellation
        );

    /// <summary>Gives the payload of the next message, which must be of this type.</summary>
    /// <exception cref="LoadException">It is another one, or none.</exception>
    public async Task<JsonElement> ReceiveAsync(string type, CancellationToken cancellation)
    {
        try
        {
            await using var stream = WebSocketStream.CreateReadableMessageStream(_socket);
            using var message = await JsonDocument.ParseAsync(stream, cancellationToken: cancellation);
            return message.RootElement.GetProperty("type").GetString() == type
                ? message.RootElement.GetProperty("payload").Clone()
                : throw new LoadException($"Triplit sent another message than {type}: {message.RootElement}");
        }
        catch (Exception exception) when (exception is WebSocketException or JsonException)
        {
            throw new LoadException($"Triplit ended a connection: {exception.Message}");
        }
    }

    public void Dispose() => _socket.Dispose();
}
