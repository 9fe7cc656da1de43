using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Vibe.Client;
using Vibe.Testing;

namespace Vibe.Stress;

/// <summary>
/// People who write, read and follow through a gateway by the client of C#, and what they saw: which calls failed, which
/// acknowledged writes are gone, and what who follows missed or was told twice. Each document is written once.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    // Below the ceiling of one grant, with room for streams that take the place of others.
    private const int FollowersEach = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClientLog _log = new();
    private readonly List<Member> _members = [];
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly ConcurrentQueue<TimeSpan> _calm = new();
    private readonly ConcurrentQueue<TimeSpan> _disturbed = new();
    private int _calls;
    private int _writes;

    private Crowd() { }

    /// <summary>Whether calls that begin now may feel that servers go.</summary>
    public bool IsDisturbed { get; set; }

    public int Calls => _calls;

    /// <summary>How many writes were acknowledged.</summary>
    public int Writes => _writes;

    public int People => _members.Count;

    /// <summary>Which calls failed, and why.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public IReadOnlyCollection<TimeSpan> CalmLatencies => _calm;

    public IReadOnlyCollection<TimeSpan> DisturbedLatencies => _disturbed;

    /// <summary>What the clients passed over in silence.</summary>
    public ClientLog Log => _log;

    /// <summary>How many snapshots began beside the first of each stream.</summary>
    public int Resets => Followers.Sum(follower => follower.Snapshots - 1);

    /// <summary>How often a document came to somebody who had it.</summary>
    public int Twice => Followers.Sum(follower => follower.Twice);

    private IEnumerable<Follower> Followers => _members.SelectMany(member => member.Followers);

    /// <summary>Gathers people with so many streams in all, and returns when each of those has caught up.</summary>
    public static async Task<Crowd> GatherAsync(ReplicaPair servers, int streams)
    {
        var crowd = new Crowd();
        try
        {
            for (var left = streams; left > 0; left -= FollowersEach)
            {
                var person = await servers.Beside.PersonAsync($"person {left}");
                crowd._members.Add(
                    new Member(
                        crowd.ClientOf(servers, person),
                        [
                            .. Enumerable
                                .Range(0, Math.Min(left, FollowersEach))
                                .Select(_ => new Follower(crowd.ClientOf(servers, person))),
                        ]
                    )
                );
            }
            await Task.WhenAll(crowd.Followers.Select(follower => follower.CaughtUp.WaitAsync(Patience)));
            return crowd;
        }
        catch
        {
            await crowd.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a call: by turns each person writes a document, and reads one.</summary>
    /// <param name="number">Which call it is, counted from 0.</param>
    /// <param name="due">The moment from which its time is taken.</param>
    public async Task CallAsync(int number, long due)
    {
        var member = _members[number % _members.Count];
        var latencies = IsDisturbed ? _disturbed : _calm;
        var isWrite = number / _members.Count % 2 == 0;
        try
        {
            if (isWrite)
                await WriteAsync(member, $"n{number}");
            else
                await ReadAsync(member);
            latencies.Enqueue(Stopwatch.GetElapsedTime(due));
        }
        catch (VibeException failure)
        {
            _failures.Enqueue($"{(isWrite ? "write" : "read")}: {failure.Code} {failure.Reason}: {failure.Message}");
        }
        Interlocked.Increment(ref _calls);
    }

    /// <summary>Forgets how long calls took until now.</summary>
    public void ForgetLatencies()
    {
        _calm.Clear();
        _disturbed.Clear();
    }

    /// <summary>Waits until who follows has what was acknowledged until now, and gives how much of it did not come.</summary>
    public async Task<int> MissingAsync()
    {
        using var late = new CancellationTokenSource(Patience);
        var missing = await Task.WhenAll(
            _members.SelectMany(member =>
            {
                var written = member.Written;
                return member.Followers.Select(follower => follower.MissingAsync(written, late.Token));
            })
        );
        return missing.Sum();
    }

    /// <summary>Lists what there is, and gives how many of the acknowledged writes are in it.</summary>
    public async Task<int> FoundAsync()
    {
        var found = 0;
        foreach (var member in _members)
        {
            var listed = new HashSet<string>();
            await foreach (var document in member.Notes.ListAsync(new ListOptions { PageSize = 1000 }))
                listed.Add(document.Id);
            found += member.Written.Count(listed.Contains);
        }
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Followers.Select(follower => follower.DisposeAsync().AsTask()));
        foreach (var member in _members)
            await member.Client.DisposeAsync();
        _log.Dispose();
    }

    private async Task WriteAsync(Member member, string id)
    {
        await member.Notes.Document(id).CreateAsync(new JsonObject { ["text"] = id });
        member.Add(id);
        Interlocked.Increment(ref _writes);
    }

    private async Task ReadAsync(Member member)
    {
        if (member.Any() is { } id && await member.Notes.Document(id).GetAsync() is null)
            _failures.Enqueue($"read: {id} is not there, and its write was acknowledged");
    }

    private VibeClient ClientOf(ReplicaPair servers, Person person) =>
        new(
            servers.Envoy.Address,
            TokenSource.From(_ => Task.FromResult<AccessToken?>(person.Renewed().Token!)),
            new VibeClientOptions
            {
                LoggerFactory = _log.Factory,
                ConfigureChannel = channel => ((SocketsHttpHandler)channel.HttpHandler!).SslOptions = servers.Envoy.Tls,
            }
        );

    /// <summary>A person: who writes and reads, and who follows that.</summary>
    private sealed class Member(VibeClient client, IReadOnlyList<Follower> followers)
    {
        private readonly List<string> _written = [];

        public VibeClient Client => client;

        public Collection<JsonObject> Notes { get; } = client.Me.Collection("notes");

        public IReadOnlyList<Follower> Followers => followers;

        /// <summary>What was acknowledged until now.</summary>
        public IReadOnlyList<string> Written
        {
            get
            {
                lock (_written)
                    return [.. _written];
            }
        }

        public void Add(string id)
        {
            lock (_written)
                _written.Add(id);
        }

        /// <summary>One of what was acknowledged.</summary>
        public string? Any()
        {
            lock (_written)
                return _written.Count == 0 ? null : _written[Random.Shared.Next(_written.Count)];
        }
    }

    /// <summary>One stream, by a client of its own, for those of one client share theirs.</summary>
    private sealed class Follower : IAsyncDisposable
    {
        private readonly VibeClient _client;
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentDictionary<string, byte> _seen = new();
        private readonly SemaphoreSlim _moved = new(0);
        private readonly Task _following;

        public Follower(VibeClient client)
        {
            _client = client;
            _following = Task.Run(FollowAsync);
        }

        public Task CaughtUp => Task.WhenAny(_caughtUp.Task, _following).Unwrap();

        public int Snapshots { get; private set; }

        public int Twice { get; private set; }

        public async Task<int> MissingAsync(IEnumerable<string> written, CancellationToken late)
        {
            var missing = written.ToList();
            while (missing.RemoveAll(_seen.ContainsKey) >= 0 && missing.Count > 0)
            {
                if (_following.IsFaulted)
                    await _following;
                try
                {
                    await _moved.WaitAsync(late);
                }
                catch (OperationCanceledException)
                {
                    break;
                }
            }
            return missing.Count;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            try
            {
                await _following;
            }
            catch (OperationCanceledException)
            {
                // It was told to stop.
            }
            await _client.DisposeAsync();
            _stop.Dispose();
            _moved.Dispose();
        }

        private async Task FollowAsync()
        {
            await foreach (var page in _client.Me.Collection("notes").SubscribeAsync(cancellationToken: _stop.Token))
            {
                Snapshots += page.IsReset ? 1 : 0;
                foreach (var change in page.Changes)
                    Twice += _seen.TryAdd(change.Id, 0) ? 0 : 1;
                if (page.IsLive)
                    _caughtUp.TrySetResult();
                _moved.Release();
            }
        }
    }
}
