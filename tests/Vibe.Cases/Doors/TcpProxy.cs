using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Vibe.Cases.Doors;

/// <summary>A line to a server that can be cut, closed to newcomers, and held up, byte by byte.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Line, bool> _lines = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly Task _accepting;
    private TaskCompletionSource _flow = Flowing();
    private volatile bool _refuses;
    private volatile ConcurrentQueue<Recording>? _recordings;
    private Uri _server;

    public TcpProxy(Uri server)
    {
        _server = server;
        _listener.Start();
        Address = new Uri($"{server.Scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect to.</summary>
    public Uri Address { get; }

    /// <summary>Leads new connections to another server.</summary>
    public void LeadTo(Uri server) => _server = server;

    /// <summary>Cuts every connection (RST).</summary>
    public void Cut()
    {
        foreach (var line in _lines.Keys)
            line.Cut();
    }

    /// <summary>Cuts whoever connects, or lets them in again.</summary>
    public void Refuse(bool refuses) => _refuses = refuses;

    /// <summary>Lets no byte pass in either direction.</summary>
    public void Stall()
    {
        lock (_lock)
            if (_flow.Task.IsCompleted)
                _flow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Lets bytes pass again.</summary>
    public void Flow()
    {
        lock (_lock)
            _flow.TrySetResult();
    }

    /// <summary>Keeps what passes to clients on lines that are opened from now on.</summary>
    public void Record() => _recordings = new ConcurrentQueue<Recording>();

    /// <summary>Gives when each occurrence of a text had passed to a client, as the stopwatch counts.</summary>
    public IEnumerable<long> Heard(string text) =>
        _recordings?.SelectMany(line => line.Heard(Encoding.UTF8.GetBytes(text))) ?? [];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        Flow();
        Cut();
        await _accepting;
        _end.Dispose();
    }

    private static TaskCompletionSource Flowing()
    {
        var flow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        flow.SetResult();
        return flow;
    }

    private Task FlowAsync()
    {
        lock (_lock)
            return _flow.Task;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                var line = new Line(client);
                if (_refuses)
                {
                    line.Cut();
                    continue;
                }
                _lines[line] = true;
                _ = RunAsync(line, _server);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy has ended.
        }
    }

    private async Task RunAsync(Line line, Uri server)
    {
        try
        {
            await line.RunAsync(server, FlowAsync, NewRecording());
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException or IOException)
        {
            // Either end has gone; the other one learns it by Cut.
        }
        finally
        {
            line.Cut();
            _lines.TryRemove(line, out _);
        }
    }

    private Recording? NewRecording()
    {
        if (_recordings is not { } recordings)
            return null;
        var recording = new Recording();
        recordings.Enqueue(recording);
        return recording;
    }

    private sealed class Line(Socket client)
    {
        private const int BufferSize = 64 * 1024;

        private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };

        public async Task RunAsync(Uri server, Func<Task> flow, Recording? recording)
        {
            client.NoDelay = true;
            await _server.ConnectAsync(server.Host, server.Port);
            await Task.WhenAny(CopyAsync(client, _server, flow, null), CopyAsync(_server, client, flow, recording));
        }

        public void Cut()
        {
            foreach (var end in new[] { client, _server })
            {
                try
                {
                    // Without lingering the other end sees a reset and not an orderly end.
                    end.LingerState = new LingerOption(enable: true, seconds: 0);
                }
                catch (Exception gone) when (gone is ObjectDisposedException or SocketException)
                {
                    // It was cut before.
                }
                end.Dispose();
            }
        }

        private static async Task CopyAsync(Socket from, Socket to, Func<Task> flow, Recording? recording)
        {
            var buffer = new byte[BufferSize];
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await flow();
                recording?.Add(buffer.AsSpan(0, count));
                for (var sent = 0; sent < count; )
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
    }
}
