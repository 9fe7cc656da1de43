using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Vibe.Identity.Keys;
using Vibe.Identity.Tokens;
using Vibe.Storage;
using Vibe.Testing;

namespace Vibe.Proof.NewEnemy;

/// <summary>
/// The servers that histories run on: one in this process, and on PostgreSQL a second one in a process of its own, which
/// is killed now and then. SQLite has one writing process (R27).
/// </summary>
internal sealed class Replicas : IAsyncDisposable
{
    private const string Heartbeat = "00:00:00.150";

    private readonly Lock _lock = new();
    private readonly List<(long From, long To)> _outages = [];
    private readonly GrpcChannel _channel;
    private ServerProcess? _second;

    private Replicas(VibeServer first)
    {
        First = first;
        Audit = new Audit(first.Services.GetRequiredService<Database>());
        _channel = GrpcChannel.ForAddress(
            first.GrpcAddress,
            new GrpcChannelOptions
            {
                MaxReceiveMessageSize = null,
                HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            }
        );
    }

    /// <summary>The server in this process, which also makes people and tokens.</summary>
    public VibeServer First { get; }

    public Audit Audit { get; }

    /// <summary>How often the second process was killed.</summary>
    public int Kills => _outages.Count;

    /// <summary>Starts the servers.</summary>
    /// <param name="engine">What they keep their data in.</param>
    /// <param name="alone">Whether one is enough, and it speaks only when it has something to say.</param>
    public static async Task<Replicas> StartAsync(Engine engine, bool alone = false)
    {
        var first = await VibeServer.StartAsync(
            new ServerSetup
            {
                Engine = engine,
                Settings = alone
                    ? new Dictionary<string, string?>()
                    : new Dictionary<string, string?> { ["Vibe:Subscriptions:HeartbeatInterval"] = Heartbeat },
            }
        );
        var replicas = new Replicas(first);
        await replicas.Audit.InstallAsync(engine);
        if (engine == Engine.Postgres && !alone)
            replicas._second = await replicas.StartSecondAsync();
        return replicas;
    }

    /// <summary>One of the servers that run.</summary>
    public CallInvoker Any(Random random) =>
        random.Next(2) == 0 && Volatile.Read(ref _second) is { } second
            ? second.Channel.CreateCallInvoker()
            : _channel.CreateCallInvoker();

    /// <summary>The server in this process.</summary>
    public CallInvoker Own => _channel.CreateCallInvoker();

    /// <summary>Kills the second process, whatever it is doing, and starts another in its place.</summary>
    public async Task KillSecondAsync()
    {
        if (Interlocked.Exchange(ref _second, null) is not { } second)
            return;
        var from = Moments.Now;
        // Its clients may know before anybody here does.
        lock (_lock)
            _outages.Add((from, Call.Never));
        await second.KillAsync();
        var next = await StartSecondAsync();
        Fail(second);
        lock (_lock)
            _outages[^1] = (from, Moments.Now);
        await second.DisposeAsync();
        Volatile.Write(ref _second, next);
    }

    /// <summary>Whether the second process was killed between two moments.</summary>
    public bool WereKilled(long from, long to)
    {
        lock (_lock)
            return _outages.Any(outage => outage.From <= to && outage.To >= from);
    }

    /// <summary>What a person calls with in a first-party session.</summary>
    public Pass FirstParty(Person person)
    {
        var (token, ends) = Token(person.Did, "vibe", null, TimeSpan.FromMinutes(10));
        return new Pass(new Asker(person.Did, "vibe", null, ends), token);
    }

    /// <summary>Mints a token that was, or is, good until about a moment from now on.</summary>
    public (string Token, long Ends) Token(string person, string client, string? grant, TimeSpan endsIn)
    {
        // A token of the past is minted by a clock of the past.
        var clock = new Clock(new Shifted(endsIn - AccessTokens.MaxLifetime));
        var (token, ends) = new AccessTokens(First.Services.GetRequiredService<KeyRing>(), clock).Mint(
            person,
            client,
            grant,
            AccessTokens.MaxLifetime
        );
        // It names whole seconds.
        return (token, ends.ToUnixTimeSeconds() * 1_000_000);
    }

    public async ValueTask DisposeAsync()
    {
        if (_second is { } second)
        {
            await second.DisposeAsync();
            Fail(second);
        }
        _channel.Dispose();
        await First.DisposeAsync();
    }

    private Task<ServerProcess> StartSecondAsync() =>
        ServerProcess.StartAsync(
            First,
            [Path.Combine(AppContext.BaseDirectory, "Vibe.Proof.dll"), "replica"],
            new Dictionary<string, string?>
            {
                ["Logging__LogLevel__Default"] = "Warning",
                ["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information",
                ["Vibe__Subscriptions__HeartbeatInterval"] = Heartbeat,
                ["VIBE_MUTANT"] = Mutants.MutantSwitch.Active,
            }
        );

    private static void Fail(ServerProcess process)
    {
        if (process.Errors.Count > 0)
            throw new InvalidOperationException(
                $"The second server logged errors:\n{string.Join('\n', process.Errors)}"
            );
    }

    private sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
