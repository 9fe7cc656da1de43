using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Vibe.Client;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// A client that behaves: 50 reads a second, 5 writes, and a subscription that must show each of them. What is due is called
/// when it is due, however long the call before it takes, and its time runs from then.
/// </summary>
internal sealed class Neighbour : IAsyncDisposable
{
    private const int WriteEvery = 10;
    private const string Document = "beside";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly VibeClient _client;
    private readonly Collection<Written> _collection;
    private readonly TaskCompletionSource _follows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<long, long> _awaited = new();
    private readonly ConcurrentDictionary<long, Task> _calls = new();
    private ConcurrentBag<TimeSpan> _reads = [];
    private ConcurrentBag<TimeSpan> _deliveries = [];
    private ConcurrentBag<string> _failures = [];
    private Task _work = Task.CompletedTask;

    private Neighbour(VibeClient client) =>
        (_client, _collection) = (client, client.Me.Collection<Written>("beside-a-flood"));

    /// <summary>What it saw in some time, in milliseconds.</summary>
    public sealed record Figures(int Reads, double P50, double P99, double Most, double DeliveryP99, string[] Failures);

    /// <summary>Starts one, and returns when it follows.</summary>
    public static async Task<Neighbour> StartAsync(Uri address, string? authority, string token)
    {
        var options = new VibeClientOptions
        {
            Timeout = Patience,
            ConfigureChannel = channel =>
            {
                if (authority is null)
                    return;
                channel.HttpHandler = new SocketsHttpHandler
                {
                    SslOptions = Envoy.Trusting(X509CertificateLoader.LoadCertificateFromFile(authority)),
                };
                channel.DisposeHttpClient = true;
            },
        };
        var neighbour = new Neighbour(new VibeClient(address, token, options));
        await neighbour._collection.Document(Document).ReplaceAsync(new Written(-1), new() { AllowMissing = true });
        neighbour._work = Task.WhenAll(Task.Run(neighbour.FollowAsync), Task.Run(neighbour.CallAsync));
        await neighbour._follows.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return neighbour;
    }

    /// <summary>What it saw since it was asked the last time, once all that was begun has ended.</summary>
    public async Task<Figures> TakeAsync()
    {
        var (reads, deliveries, failures) = (_reads, _deliveries, _failures);
        var (calls, awaited) = (_calls.Values.ToArray(), _awaited.Keys.ToArray());
        await Task.WhenAll(calls);
        var late = Stopwatch.StartNew();
        while (awaited.Any(_awaited.ContainsKey) && late.Elapsed < Patience)
            await Task.Delay(5);
        foreach (var written in awaited)
            if (_awaited.TryRemove(written, out _))
                failures.Add("a write was not delivered");
        (_reads, _deliveries, _failures) = ([], [], []);
        return new Figures(
            reads.Count,
            At(reads, 0.5),
            At(reads, 0.99),
            At(reads, 1),
            At(deliveries, 0.99),
            [.. failures]
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        await _client.DisposeAsync();
        _stop.Dispose();
    }

    private async Task CallAsync()
    {
        var clock = Stopwatch.StartNew();
        for (var n = 0L; !_stop.IsCancellationRequested; n++)
        {
            var due = n * Pace;
            if (due > clock.Elapsed)
                await Task.Delay(due - clock.Elapsed);
            var call = n;
            var read = OneAsync(clock, due, call);
            _calls[call] = read;
            _ = read.ContinueWith(_ => _calls.TryRemove(call, out var _), TaskScheduler.Default);
        }
        await Task.WhenAll(_calls.Values);
    }

    private async Task OneAsync(Stopwatch clock, TimeSpan due, long n)
    {
        try
        {
            if (n % WriteEvery == 0)
            {
                _awaited[n] = Stopwatch.GetTimestamp();
                await _collection.Document(Document).ReplaceAsync(new Written(n));
            }
            else
            {
                await _collection.Document(Document).GetAsync();
                _reads.Add(clock.Elapsed - due);
            }
        }
        catch (VibeException failure)
        {
            _awaited.TryRemove(n, out _);
            _failures.Add($"{failure.Code}: {failure.Message}");
        }
    }

    private async Task FollowAsync()
    {
        try
        {
            await foreach (var page in _collection.SubscribeAsync(cancellationToken: _stop.Token))
            {
                _follows.TrySetResult();
                foreach (var change in page.Changes)
                    Arrived(change.Document!.Value.N);
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    // What came between two pages is in the later one alone.
    private void Arrived(long n)
    {
        foreach (var (written, at) in _awaited)
            if (written <= n && _awaited.TryRemove(written, out _))
                _deliveries.Add(Stopwatch.GetElapsedTime(at));
    }

    private static double At(IReadOnlyCollection<TimeSpan> times, double share)
    {
        var sorted = times.Order().ToArray();
        return sorted.Length == 0
            ? 0
            : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)].TotalMilliseconds;
    }

    private sealed record Written(long N);
}
