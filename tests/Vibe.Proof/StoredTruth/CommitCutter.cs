using System.Net;
using System.Net.Sockets;
using Vibe.Testing;

namespace Vibe.Proof.StoredTruth;

/// <summary>Stands between a server and its PostgreSQL, and cuts the connection on which the next COMMIT goes.</summary>
internal sealed class CommitCutter : IAsyncDisposable
{
    private const int Nothing = 0;
    private const int Before = 1;
    private const int After = 2;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private int _cut;

    public CommitCutter(string host, int port)
    {
        _listener.Start();
        _accepting = AcceptAsync(host, port);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Cuts at the next COMMIT, once.</summary>
    /// <param name="arrives">Whether it arrives, so that only its answer is lost.</param>
    public void CutNext(bool arrives) => Volatile.Write(ref _cut, arrives ? After : Before);

    /// <summary>Cuts nothing any more.</summary>
    public void CutNone() => Volatile.Write(ref _cut, Nothing);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync(string host, int port)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token), host, port));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client, string host, int port)
    {
        using var database = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await database.ConnectAsync(host, port, _end.Token);
                var (here, there) = (client.GetStream(), database.GetStream());
                var cut = new TaskCompletionSource();
                await Task.WhenAny(AskAsync(here, there, cut), AnswerAsync(there, here, cut));
            }
            catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException)
            {
                // One side is gone; leaving closes the other.
            }
        }
    }

    private async Task AskAsync(NetworkStream from, NetworkStream to, TaskCompletionSource cut)
    {
        var requests = new PostgresRequests(from);
        while (await requests.ReadAsync(_end.Token) is var (message, isCommit))
        {
            var what = isCommit ? Interlocked.Exchange(ref _cut, Nothing) : Nothing;
            if (what == Before)
                return;
            if (what == After)
                cut.SetResult();
            await to.WriteAsync(message, _end.Token);
        }
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to, TaskCompletionSource cut)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var read)
        {
            // What comes after the COMMIT was sent is its answer, for one connection carries one thing at a time.
            if (cut.Task.IsCompleted)
                return;
            await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
        }
    }
}
