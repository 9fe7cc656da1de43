using System.Net;
using System.Net.Sockets;
using Npgsql;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

/// <summary>Where a connection is cut, once it was asked for.</summary>
public enum Cut
{
    /// <summary>The server never sees the commit, and sees its client go.</summary>
    BeforeTheCommit,

    /// <summary>The server has committed; its answer is lost.</summary>
    BeforeTheAnswer,

    /// <summary>The client sees the server go, and the commit is still on its way.</summary>
    WithTheCommitOnItsWay,
}

/// <summary>
/// A way to a PostgreSQL server that can be cut exactly at a commit: it reads what the client sends, message by message.
/// </summary>
internal sealed class CommitCut : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly (string Host, int Port) _server;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _connections = [];
    private readonly TaskCompletionSource _deliver = new();
    private readonly TaskCompletionSource _wasCut = new();
    private readonly Task _accepting;
    private Cut? _next;

    public CommitCut(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        _server = (builder.Host!, builder.Port);
        _listener.Start();
        builder.Host = "127.0.0.1";
        builder.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        builder.SslMode = SslMode.Disable;
        builder.GssEncryptionMode = GssEncryptionMode.Disable;
        ConnectionString = builder.ToString();
        _accepting = AcceptAsync();
    }

    /// <summary>Leads through here.</summary>
    public string ConnectionString { get; }

    /// <summary>Ends once a commit was cut.</summary>
    public Task WasCut => _wasCut.Task;

    /// <summary>Whether new connections are refused from the cut on.</summary>
    public bool StaysCut { get; init; }

    /// <summary>Cuts the next commit.</summary>
    public void CutNext(Cut cut) => _next = cut;

    /// <summary>Hands the commit to the server that was on its way, or tells it that nobody is there.</summary>
    public void Deliver(bool commit)
    {
        if (commit)
            _deliver.TrySetResult();
        else
            _deliver.TrySetCanceled();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _deliver.TrySetCanceled();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                if (StaysCut && _wasCut.Task.IsCompleted)
                    client.Dispose();
                else
                    _connections.Add(Task.Run(() => CarryAsync(client)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException) { }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server.Host, _server.Port, _end.Token);
                var answer = new LostAnswer();
                await Task.WhenAny(
                        CarryDownAsync(server.GetStream(), client.GetStream(), answer),
                        CarryUpAsync(client, server.GetStream(), answer)
                    )
                    .Unwrap();
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException) { }
        }
    }

    private async Task CarryUpAsync(TcpClient client, NetworkStream to, LostAnswer answer)
    {
        var requests = new PostgresRequests(client.GetStream());
        while (await requests.ReadAsync(_end.Token) is var (message, isCommit))
        {
            if (_next is not { } cut || !isCommit)
            {
                await to.WriteAsync(message, _end.Token);
                continue;
            }
            _next = null;
            var commit = await requests.ReadToAnswerAsync(message, _end.Token);
            answer.IsAwaited = true;
            if (cut == Cut.BeforeTheAnswer)
            {
                await to.WriteAsync(commit, _end.Token);
                await answer.Came.Task.WaitAsync(_end.Token);
            }
            client.Client.Close(0);
            _wasCut.TrySetResult();
            if (cut == Cut.WithTheCommitOnItsWay)
            {
                await _deliver.Task;
                await to.WriteAsync(commit, _end.Token);
                await answer.Came.Task.WaitAsync(_end.Token);
            }
            return;
        }
    }

    private async Task CarryDownAsync(NetworkStream from, NetworkStream to, LostAnswer answer)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, _end.Token) is > 0 and var read)
            if (answer.IsAwaited)
                answer.Came.TrySetResult();
            else
                await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
    }

    private sealed class LostAnswer
    {
        public volatile bool IsAwaited;

        public TaskCompletionSource Came { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
