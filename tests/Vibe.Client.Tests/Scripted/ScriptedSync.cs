using System.Threading.Channels;
using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>Each stream that is opened follows the next script; without one it opens and says nothing.</summary>
internal sealed class ScriptedSync : SyncService.SyncServiceBase
{
    private readonly Channel<ScriptedLine> _opened = Channel.CreateUnbounded<ScriptedLine>();
    private readonly Queue<Func<ScriptedLine, Task>> _script = new();

    public ScriptedSync Then(Func<ScriptedLine, Task> script)
    {
        lock (_script)
        {
            _script.Enqueue(script);
        }

        return this;
    }

    /// <summary>The next stream that a client opened.</summary>
    public ValueTask<ScriptedLine> NextLineAsync(CancellationToken cancellationToken) =>
        _opened.Reader.ReadAsync(cancellationToken);

    public override async Task Subscribe(
        SubscribeRequest request,
        IServerStreamWriter<SubscribeResponse> responseStream,
        ServerCallContext context
    )
    {
        var line = new ScriptedLine(request, responseStream, context);
        Func<ScriptedLine, Task>? script;
        lock (_script)
        {
            _script.TryDequeue(out script);
        }

        _opened.Writer.TryWrite(line);
        if (script is not null)
        {
            await script(line);
        }
        else
        {
            await line.OpenAsync();
            await line.HoldAsync();
        }
    }
}
