namespace Vibe.Proof.NewEnemy;

/// <summary>Everything that was called and told in one history, by whoever, in no order.</summary>
internal sealed class Record
{
    private readonly Lock _lock = new();
    private readonly List<Call> _calls = [];
    private readonly List<PolicyCall> _policy = [];
    private readonly List<string> _failures = [];
    private int _numbers;

    public IReadOnlyList<Call> Calls => Copy(_calls);
    public IReadOnlyList<PolicyCall> PolicyCalls => Copy(_policy);

    /// <summary>What went wrong beside any judgement.</summary>
    public IReadOnlyList<string> Failures => Copy(_failures);

    public long Begin { get; } = Moments.Now;

    /// <summary>A number that nothing else in the history has.</summary>
    public int NextNumber() => Interlocked.Increment(ref _numbers);

    public void Add(Call call) => Add(_calls, call);

    public void Add(PolicyCall call) => Add(_policy, call);

    public void Fail(string failure) => Add(_failures, failure);

    /// <summary>The whole story in the order in which things ended.</summary>
    public string Story =>
        string.Join(
            '\n',
            Calls
                .Select(call => (call.Begin, Text: call.ToString()))
                .Concat(PolicyCalls.Select(call => (call.Begin, Text: call.ToString())))
                .OrderBy(each => each.Begin)
                .Select(each => each.Text)
        );

    private void Add<T>(List<T> list, T item)
    {
        lock (_lock)
            list.Add(item);
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_lock)
            return [.. list];
    }
}
