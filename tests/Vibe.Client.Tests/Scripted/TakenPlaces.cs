using System.Text.Json.Nodes;
using Vibe.Data.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>Holds all places for writes of a client, so that whatever it writes next has to wait for one.</summary>
internal sealed class TakenPlaces : IDisposable
{
    private const int Places = 32;

    private readonly SemaphoreSlim _leave = new(0);
    private readonly ScriptedServer _server;
    private Task[] _writes = [];

    private TakenPlaces(ScriptedServer server) => _server = server;

    /// <summary>What came to the server after those that hold the places.</summary>
    public BatchWriteRequest[] Later => [.. _server.Documents.Writes.Skip(Places)];

    public static async Task<TakenPlaces> TakeAsync(ScriptedServer server, VibeClient vibe, CancellationToken stop)
    {
        var taken = new TakenPlaces(server);
        var all = new TaskCompletionSource();
        var arrived = 0;
        for (var place = 0; place < Places; place++)
        {
            server.Documents.WriteScript.Enqueue(
                async (request, _) =>
                {
                    if (Interlocked.Increment(ref arrived) == Places)
                    {
                        all.SetResult();
                    }

                    await taken._leave.WaitAsync(stop);
                    return server.Documents.Succeed(request);
                }
            );
        }

        var holders = vibe.Me.Collection("holders");
        taken._writes =
        [
            .. Enumerable.Range(0, Places).Select(_ => holders.CreateAsync(new JsonObject(), cancellationToken: stop)),
        ];
        await all.Task.WaitAsync(stop);
        return taken;
    }

    /// <summary>Gives some places back; the others stay taken.</summary>
    public void Leave(int places) => _leave.Release(places);

    /// <summary>Gives all places back that are still taken, when what was to be seen was seen.</summary>
    public async Task EndAsync()
    {
        _leave.Release(Places);
        await Task.WhenAll(_writes);
    }

    public void Dispose() => _leave.Dispose();
}
