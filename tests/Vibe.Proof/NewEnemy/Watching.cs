using Google.Rpc;
using Grpc.Core;
using Vibe.Sync.V1;

namespace Vibe.Proof.NewEnemy;

/// <summary>One subscription, whose frames are written down as they come.</summary>
internal sealed class Watching : IAsyncDisposable
{
    private readonly Replicas _replicas;
    private readonly Record _record;
    private readonly Pass _pass;
    private readonly Copy _copy;
    private readonly AsyncServerStreamingCall<SubscribeResponse> _call;
    private readonly string _operation;
    private readonly SemaphoreSlim _moved = new(0);
    private readonly CancellationTokenSource _over = new();
    private readonly int _number;
    private readonly long _begin;
    private readonly Task _reading;
    private int _frames;

    public Watching(Replicas replicas, CallInvoker invoker, Record record, Pass pass, Scope scope, Copy copy)
    {
        (_replicas, _record, _pass, _copy) = (replicas, record, pass, copy);
        _number = record.NextNumber();
        _operation = Disturbance.Operation.Value ?? $"{Guid.NewGuid():n}";
        Disturbance.Watch(_operation);
        _begin = Moments.Now;
        _call = new SyncService.SyncServiceClient(invoker).Subscribe(
            new SubscribeRequest { Scope = scope },
            Seat.Options(pass, _operation)
        );
        _reading = ReadAsync();
    }

    public Asker Asker => _pass.Asker;

    /// <summary>Whether the stream has ended, in whatever way.</summary>
    public bool HasEnded => _reading.IsCompleted;

    /// <summary>What its reader holds.</summary>
    public IReadOnlyDictionary<string, string> Documents { get; private set; } = new Dictionary<string, string>();

    /// <summary>Waits until the stream has ended or its reader holds something; tells whether that came in time.</summary>
    public async Task<bool> UntilAsync(Func<IReadOnlyDictionary<string, string>, bool>? holds, TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience);
        while (!HasEnded && !(holds?.Invoke(Documents) ?? false))
        {
            try
            {
                await Task.WhenAny(_reading, _moved.WaitAsync(late.Token)).WaitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Waits until the stream has ended, or that is not waited for any more.</summary>
    public Task EndedAsync(CancellationToken over) =>
        Task.WhenAny(_reading, Task.Delay(Timeout.InfiniteTimeSpan, over));

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _call.Dispose();
        _over.Dispose();
        Disturbance.Forget(_operation);
        _moved.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(_over.Token))
                Take(_call.ResponseStream.Current);
        }
        catch (RpcException) when (_over.IsCancellationRequested)
        {
            // The history is over.
        }
        catch (RpcException exception) when (Seat.ReasonOf(exception) is { } reason)
        {
            if (reason == "INTERNAL")
                _record.Fail($"A stream of {Asker.Client} ended with {exception.Status}");
            else
                Add(Told.Refused(reason), false);
        }
        catch (RpcException exception)
        {
            if (!_replicas.WereKilled(_begin, Moments.Now))
                _record.Fail($"A stream of {Asker.Client} broke: {exception.Status}");
        }
    }

    private void Take(SubscribeResponse response)
    {
        switch (response.EventCase)
        {
            case SubscribeResponse.EventOneofCase.Page:
                // In the middle of a snapshot the reader holds what never was; that it was let in is known.
                var isWhole = _copy.Take(response.Page);
                Documents = _copy.Documents;
                Add(isWhole ? Told.Shown(Documents) : Told.LetIn, !isWhole);
                break;
            case SubscribeResponse.EventOneofCase.Heartbeat:
                Add(Told.LetIn, true);
                break;
            case SubscribeResponse.EventOneofCase.End:
                Add(Told.Refused(response.End.Status.GetDetail<ErrorInfo>()!.Reason), false);
                break;
            case SubscribeResponse.EventOneofCase.ScopeEnded:
                Add(Told.Refused(response.ScopeEnded.Status.GetDetail<ErrorInfo>()!.Reason), false);
                break;
            default:
                // That it was opened says that it was let in, by the same read as any other frame.
                Add(Told.LetIn, true);
                break;
        }
        _moved.Release();
    }

    private void Add(Told told, bool isHeartbeat)
    {
        var frame = _frames++;
        // Nothing of a frame was read before the one before it was handed over.
        var begin = frame == 0 ? _begin : Math.Max(_begin, Disturbance.HandedOver(_operation, frame - 1) ?? 0);
        _record.Add(
            new Call(new Asked(Asker, Method.Follow), begin, Moments.Now, told)
            {
                Frame = (_number, frame),
                IsHeartbeat = isHeartbeat,
            }
        );
    }
}
