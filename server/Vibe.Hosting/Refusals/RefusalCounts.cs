using System.Diagnostics.Metrics;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Refusals;

/// <summary>
/// Counts what is refused: all of it as a metric, and by caller what came with a verified token, in memory until somebody
/// takes it. What a refusal was about is never noted, so what is hidden counts like what never was.
/// </summary>
public sealed class RefusalCounts(TimeProvider time)
{
    /// <summary>How many different counts are kept at most; what comes beyond is in the metric alone.</summary>
    public const int MaxCounts = 4096;

    private static readonly Meter Meter = new("Vibe.Hosting");
    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "vibe.refusals",
        "{refusal}",
        "Refused calls, by rpc, reason and kind of caller."
    );

    private readonly Lock _lock = new();
    private Dictionary<RefusedCall, long> _counts = [];

    /// <summary>Counts a refusal.</summary>
    /// <param name="caller">The caller, or nothing where no verified token came along.</param>
    /// <param name="rpc">The rpc, as <c>package.Service/Method</c>.</param>
    /// <param name="reason">Why it was refused.</param>
    public void Add(Caller? caller, string rpc, ErrorReason reason)
    {
        var name = ErrorReasons.NameOf(reason);
        Refusals.Add(1, new("rpc.method", rpc), new("vibe.reason", name), new("vibe.caller", KindOf(caller)));
        if (caller is null)
            return;
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        lock (_lock)
            Add(new RefusedCall(caller.Home, caller.Client, caller.Grant ?? "", rpc, name, minute), 1);
    }

    /// <summary>Takes what was counted by caller since the last time.</summary>
    public IReadOnlyDictionary<RefusedCall, long> Take()
    {
        lock (_lock)
        {
            var taken = _counts;
            _counts = [];
            return taken;
        }
    }

    /// <summary>Puts back what could not be kept elsewhere.</summary>
    public void PutBack(IReadOnlyDictionary<RefusedCall, long> counts)
    {
        lock (_lock)
            foreach (var (call, count) in counts)
                Add(call, count);
    }

    private void Add(RefusedCall call, long count)
    {
        if (_counts.TryGetValue(call, out var before))
            _counts[call] = before + count;
        else if (_counts.Count < MaxCounts)
            _counts[call] = count;
    }

    private static string KindOf(Caller? caller) =>
        caller switch
        {
            null => "nobody",
            { IsFirstParty: true } => "person",
            _ => "app",
        };
}
