using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Client.Tests.Scripted;

/// <summary>
/// Each stream that is opened follows the next script; without one it opens and says nothing. Pages that are pulled come
/// by a script of their own.
/// </summary>
internal sealed class ScriptedSync : SyncService.SyncServiceBase
{
    private readonly Channel<ScriptedLine> _opened = Channel.CreateUnbounded<ScriptedLine>();
    private readonly Queue<Func<ScriptedLine, Task>> _script = new();
    private Func<Scope, Task<Page>>? _pull;

    /// <summary>How many streams were opened that nobody asked for by <see cref="NextLineAsync"/>.</summary>
    public int LinesLeft => _opened.Reader.Count;

    /// <summary>What was pulled.</summary>
    public ConcurrentQueue<Scope> Pulls { get; } = new();

    public ScriptedSync Then(Func<ScriptedLine, Task> script)
    {
        lock (_script)
        {
            _script.Enqueue(script);
        }

        return this;
    }

    /// <summary>What each pull is answered with.</summary>
    public ScriptedSync OnPull(Func<Scope, Task<Page>> pull)
    {
        _pull = pull;
        return this;
    }

    /// <summary>The next stream that a client opened.</summary>
    public ValueTask<ScriptedLine> NextLineAsync(CancellationToken cancellationToken) =>
        _opened.Reader.ReadAsync(cancellationToken);

    public override async Task<PullResponse> Pull(PullRequest request, ServerCallContext context)
    {
        Pulls.Enqueue(request.Scope);
        return _pull is null
            ? throw Failures.Bare(StatusCode.Unimplemented)
            : new PullResponse { Page = await _pull(request.Scope) };
    }

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
