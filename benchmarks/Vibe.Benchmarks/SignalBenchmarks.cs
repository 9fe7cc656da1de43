using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using Vibe.Storage;
using Vibe.Storage.Spaces;

namespace Vibe.Benchmarks;

/// <summary>
/// A space moves, and all streams that follow it wake up, each waiting as subscriptions do; the limit is to wake the same
/// waiters without the signal. Each operation ends when the last of them is awake.
/// </summary>
public class SignalBenchmarks
{
    private const string Key = "a-space";

    private readonly SpaceSignal _signal = new(new Clock(TimeProvider.System));
    private readonly List<Channel<bool>> _wakes = [];
    private readonly List<IDisposable> _listening = [];
    private Task[] _waiters = [];
    private int _asleep;
    private TaskCompletionSource _allAwake = new();

    /// <summary>How many streams wait.</summary>
    [Params(1, 100, 1000)]
    public int Streams { get; set; }

    /// <summary>Lets them wait.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        for (var stream = 0; stream < Streams; stream++)
        {
            var wakes = Channel.CreateBounded<bool>(
                new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
            );
            _wakes.Add(wakes);
            _listening.Add(_signal.Listen(Key, () => wakes.Writer.TryWrite(true)));
        }
        _waiters = [.. _wakes.Select(wakes => Task.Run(() => WaitAsync(wakes.Reader)))];
    }

    /// <summary>Lets them go.</summary>
    [GlobalCleanup]
    public async Task EndAsync()
    {
        _listening.ForEach(listening => listening.Dispose());
        _wakes.ForEach(wakes => wakes.Writer.Complete());
        await Task.WhenAll(_waiters);
    }

    /// <summary>The limit.</summary>
    [Benchmark(Baseline = true)]
    public Task WakeAsync()
    {
        var allAwake = Expect();
        foreach (var wakes in _wakes)
            wakes.Writer.TryWrite(true);
        return allAwake;
    }

    /// <summary>The signal.</summary>
    [Benchmark]
    public Task RaiseAsync()
    {
        var allAwake = Expect();
        _signal.Raise(Key);
        return allAwake;
    }

    private Task Expect()
    {
        _allAwake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _asleep, Streams);
        return _allAwake.Task;
    }

    private async Task WaitAsync(ChannelReader<bool> wakes)
    {
        await foreach (var _ in wakes.ReadAllAsync())
            if (Interlocked.Decrement(ref _asleep) == 0)
                _allAwake.SetResult();
    }
}
