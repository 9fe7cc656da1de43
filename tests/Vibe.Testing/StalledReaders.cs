using System.Collections.Concurrent;
using Google.Protobuf;
using Vibe.Sync.V1;
using Vibe.Testing.Http2;

namespace Vibe.Testing;

/// <summary>A call whose answer is not read.</summary>
/// <param name="Path">The path of its method.</param>
/// <param name="Token">Who calls.</param>
/// <param name="Request">What is asked for.</param>
public sealed record StalledCall(string Path, string Token, IMessage Request)
{
    /// <summary>A subscription.</summary>
    public static StalledCall Of(string token, Scope scope) =>
        new($"/{SyncService.Descriptor.FullName}/Subscribe", token, new SubscribeRequest { Scope = scope });
}

/// <summary>
/// Callers that stop reading: HTTP/2 by hand, on a socket of its own, so that the windows of the streams can stay
/// closed while the connection itself is well. What no client library lets one do.
/// </summary>
public sealed class StalledReaders : IAsyncDisposable
{
    /// <summary>What a stream takes before it is stalled: enough for its first answers.</summary>
    private const int Window = 8 * 1024;

    private const int MostStreams = 100;

    private readonly ConcurrentDictionary<int, bool> _open = new();
    private FrameConnection? _connection;
    private int _answered;

    private StalledReaders() { }

    /// <summary>How many streams were answered at all.</summary>
    public int Answered => _answered;

    /// <summary>How many streams the server has not ended.</summary>
    public int Open => _connection!.Ended.IsCompleted ? 0 : _open.Count;

    /// <summary>Opens subscriptions, each with its access token, as many on a connection as it takes.</summary>
    public static Task<IReadOnlyList<StalledReaders>> OpenAsync(
        Uri server,
        IEnumerable<(string Token, Scope Scope)> subscriptions
    ) => OpenAsync(server, subscriptions.Select(each => StalledCall.Of(each.Token, each.Scope)));

    /// <summary>Makes calls.</summary>
    /// <param name="server">The address.</param>
    /// <param name="calls">The calls.</param>
    /// <param name="authority">The file of the certificate that is trusted; null over cleartext.</param>
    /// <param name="perConnection">How many there are on a connection.</param>
    public static async Task<IReadOnlyList<StalledReaders>> OpenAsync(
        Uri server,
        IEnumerable<StalledCall> calls,
        string? authority = null,
        int perConnection = MostStreams
    )
    {
        var connections = new List<StalledReaders>();
        foreach (var some in calls.Chunk(perConnection))
        {
            var readers = new StalledReaders();
            readers._connection = await FrameConnection.OpenAsync(server, authority, Window, readers.Hear);
            connections.Add(readers);
            var id = 1;
            foreach (var call in some)
            {
                readers._open[id] = true;
                var head = HeaderBlock.OfCall(server, call.Path, call.Token);
                await readers._connection.SendAsync(Frame.Call(id, head, call.Request.ToByteArray()));
                id += 2;
            }
        }
        return connections;
    }

    public ValueTask DisposeAsync() => _connection!.DisposeAsync();

    // It takes what comes, so the connection is well, but never opens the window of a stream again.
    private void Hear(FrameType type, byte flags, int stream, ReadOnlySpan<byte> content)
    {
        if (Frame.IsLast(type, flags))
            _open.TryRemove(stream, out _);
        else if (type == FrameType.Headers)
            Interlocked.Increment(ref _answered);
    }
}
