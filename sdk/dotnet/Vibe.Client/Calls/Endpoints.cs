using System.Diagnostics;
using Grpc.Core;
using Vibe.Identity.V1;

namespace Vibe.Client.Calls;

/// <summary>
/// Where each package is reached. The server is asked beside the first call, which does not wait for it, and again beside
/// later ones; until it has answered, and where it does not, everything is at the given address.
/// </summary>
/// <param name="given">The address that the client was made with.</param>
/// <param name="ask">Asks the server there, without a token.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Hears why it was not answered.</param>
/// <param name="closing">Ends the question.</param>
internal sealed class Endpoints(
    string given,
    Func<CallOptions, Task<GetServerResponse>> ask,
    TimeProvider time,
    Action<StatusCode> failed,
    CancellationToken closing
)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // As long as the contract lets an answer be kept, and how soon one that led nowhere is doubted.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan KeptInDoubt = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadOnlyDictionary<string, string> _elsewhere = Routes.None;
    private Task _asking = Task.CompletedTask;
    private long _askAgainAt = long.MinValue;
    private long _askedAt;
    private long _freshUntil = long.MinValue;

    /// <summary>Ends when the server has been asked once, whatever came of it.</summary>
    public Task First => _first.Task;

    public string Of(string package) => _elsewhere.GetValueOrDefault(package, given);

    /// <summary>Asks where that is due. Nobody waits for it.</summary>
    public void AskBeside()
    {
        if (time.GetTimestamp() < Volatile.Read(ref _askAgainAt))
        {
            return;
        }

        lock (_lock)
        {
            if (_asking.IsCompleted && time.GetTimestamp() >= _askAgainAt)
            {
                Ask();
            }
        }
    }

    /// <summary>Notes that an address could not be reached: where the server named it, it is soon asked again.</summary>
    public void Doubt(string address)
    {
        if (address == given)
        {
            return;
        }

        lock (_lock)
        {
            Volatile.Write(ref _askAgainAt, Math.Min(_askAgainAt, After(_askedAt, KeptInDoubt)));
        }
    }

    /// <summary>
    /// Looks for another address of a package that an address does not serve; asks the server, unless it has just said.
    /// </summary>
    /// <returns>False where there is none.</returns>
    public async Task<bool> HasMovedAsync(string package, string from, CancellationToken stop)
    {
        if (Of(package) == from)
        {
            Task asking;
            lock (_lock)
            {
                if (_asking.IsCompleted && time.GetTimestamp() >= _freshUntil)
                {
                    Ask();
                }

                asking = _asking;
            }

            await asking.WaitAsync(stop).ConfigureAwait(false);
        }

        return Of(package) != from;
    }

    /// <summary>Ends when nothing is asked any more; the client is closing.</summary>
    public Task EndAsync()
    {
        lock (_lock)
        {
            return _asking;
        }
    }

    private void Ask()
    {
        _askedAt = time.GetTimestamp();
        Volatile.Write(ref _askAgainAt, After(_askedAt, Kept));
        _asking = Task.Run(AskAsync, CancellationToken.None);
    }

    private async Task AskAsync()
    {
        // It belongs to no call, and is in the trace of none.
        Activity.Current = null;
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, closing);
            var answer = await ask(new CallOptions(deadline: DateTime.UtcNow + Patience, cancellationToken: stop.Token))
                .ConfigureAwait(false);
            lock (_lock)
            {
                _elsewhere = Routes.Elsewhere(given, answer.Endpoints);
                _freshUntil = After(time.GetTimestamp(), KeptInDoubt);
            }
        }
        catch (RpcException failure)
        {
            failed(failure.StatusCode);
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            failed(StatusCode.Cancelled);
        }
        finally
        {
            _first.TrySetResult();
        }
    }

    private long After(long timestamp, TimeSpan span) =>
        timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);
}
