using System.Text.Json.Nodes;
using Vibe.Data.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>A client whose places for writes are all taken, so that whatever it writes next has to wait for one.</summary>
internal sealed class BusyClient : IAsyncDisposable
{
    private const int Places = 32;

    private readonly SemaphoreSlim _leave = new(0);
    private Task[] _writes = [];

    private BusyClient(ScriptedServer server, VibeClient vibe) => (Server, Vibe) = (server, vibe);

    public ScriptedServer Server { get; }

    public VibeClient Vibe { get; }

    /// <summary>What came to the server after those that hold the places.</summary>
    public BatchWriteRequest[] Later => [.. Server.Documents.Writes.Skip(Places)];

    public static Task<BusyClient> StartAsync(CancellationToken stop) => StartAsync(server => server.Client(), stop);

    public static async Task<BusyClient> StartAsync(Func<ScriptedServer, VibeClient> client, CancellationToken stop)
    {
        var server = await ScriptedServer.StartAsync();
        var busy = new BusyClient(server, client(server));
        await busy.TakeAsync(stop);
        return busy;
    }

    /// <summary>Gives some places back; the others stay taken.</summary>
    public void Leave(int places) => _leave.Release(places);

    /// <summary>Gives all places back that are still taken, since what was to be seen was seen.</summary>
    public async ValueTask DisposeAsync()
    {
        _leave.Release(Places);
        await Task.WhenAll(_writes);
        await Vibe.DisposeAsync();
        await Server.DisposeAsync();
        _leave.Dispose();
    }

    private async Task TakeAsync(CancellationToken stop)
    {
        var all = new TaskCompletionSource();
        var arrived = 0;
        for (var place = 0; place < Places; place++)
        {
            Server.Documents.WriteScript.Enqueue(
                async (request, _) =>
                {
                    if (Interlocked.Increment(ref arrived) == Places)
                    {
                        all.SetResult();
                    }

                    await _leave.WaitAsync(stop);
                    return Server.Documents.Succeed(request);
                }
            );
        }

        var holders = Vibe.Me.Collection("holders");
        _writes =
        [
            .. Enumerable.Range(0, Places).Select(_ => holders.CreateAsync(new JsonObject(), cancellationToken: stop)),
        ];
        await all.Task.WaitAsync(stop);
    }
}
