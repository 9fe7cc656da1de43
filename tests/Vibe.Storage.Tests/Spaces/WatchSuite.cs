using System.Threading.Channels;
using Vibe.Storage.Postgres;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class WatchSuite(Engine engine) : StorageSuite(engine)
{
    // The sweep comes every 500 ms; the rest is for a slow machine.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_lost_signal_is_made_good_by_the_sweep()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());
        var space = await here.SpaceAsync();
        var wakes = Channel.CreateUnbounded<bool>();
        using var listening = here.Signal.Listen(space.Id, () => wakes.Writer.TryWrite(true));
        await here.StartAsync<SpaceWatch>();
        await NextAsync(wakes);

        for (var n = 0; n < 3; n++)
        {
            await there.WriteAsync(space);
            await NextAsync(wakes);
        }

        Assert.False(wakes.Reader.TryRead(out _));
    }

    [Fact]
    public async Task The_sweep_looks_at_apps_too()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());
        await there.ExecuteAsync(
            """
            INSERT INTO apps (id, developer, manifest_digest, created_at, updated_at)
            VALUES ('notes', 'somebody', 'before', 0, 0)
            """
        );
        var wakes = Channel.CreateUnbounded<bool>();
        using var listening = here.Signal.Listen("apps/notes", () => wakes.Writer.TryWrite(true));
        await here.StartAsync<SpaceWatch>();
        await NextAsync(wakes);

        await there.ExecuteAsync("UPDATE apps SET manifest_digest = 'after'");

        await NextAsync(wakes);
    }

    [Fact]
    public async Task The_sweep_looks_at_any_number_of_keys()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());
        var space = await here.SpaceAsync("last");
        var wakes = Channel.CreateUnbounded<bool>();
        var all = Enumerable.Range(0, 70_000).Select(n => here.Signal.Listen($"missing{n}", () => { })).ToArray();
        using var listening = here.Signal.Listen(space.Id, () => wakes.Writer.TryWrite(true));
        await here.StartAsync<SpaceWatch>();
        await NextAsync(wakes);

        await there.WriteAsync(space);

        await NextAsync(wakes);
        Assert.All(all, other => other.Dispose());
    }

    private protected static async Task NextAsync(Channel<bool> wakes) =>
        await wakes.Reader.ReadAsync().AsTask().WaitAsync(Soon);
}

public sealed class SqliteWatchTests() : WatchSuite(Engine.Sqlite);

public sealed class PostgresWatchTests() : WatchSuite(Engine.Postgres)
{
    private const string Listeners =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";

    [Fact]
    public async Task A_signal_reaches_another_process()
    {
        var (here, there) = await ConnectedAsync();
        var space = await here.SpaceAsync();
        var wakes = Channel.CreateUnbounded<bool>();
        using var listening = here.Signal.Listen(space.Id, () => wakes.Writer.TryWrite(true));

        await there.WriteAsync(space);

        await NextAsync(wakes);
    }

    [Fact]
    public async Task More_signals_than_one_message_holds_all_arrive()
    {
        var (here, there) = await ConnectedAsync();
        var keys = Enumerable.Range(0, 2000).Select(n => $"{n:d24}").ToArray();
        var arrived = new HashSet<string>();
        var all = new TaskCompletionSource();
        var listening = keys.Select(key => here.Signal.Listen(key, () => Arrive(key))).ToArray();

        foreach (var key in keys)
            there.Signal.Raise(key);

        await all.Task.WaitAsync(Patience);
        Assert.All(listening, other => other.Dispose());

        void Arrive(string key)
        {
            lock (arrived)
                if (arrived.Add(key) && arrived.Count == keys.Length)
                    all.SetResult();
        }
    }

    [Fact]
    public async Task A_broken_connection_is_opened_anew()
    {
        var (here, there) = await ConnectedAsync();
        var wakes = Channel.CreateUnbounded<bool>();
        using var listening = here.Signal.Listen("key", () => wakes.Writer.TryWrite(true));
        var before = await there.ListAsync<int>(Listeners);

        await there.ListAsync<int>(
            $"SELECT 1 FROM ({Listeners}) AS listeners WHERE pg_terminate_backend(listeners.pid)"
        );
        await EventuallyAsync(async () =>
        {
            var now = await there.ListAsync<int>(Listeners);
            return now.Count == 2 && !now.Intersect(before).Any();
        });

        there.Signal.Raise("key");
        await NextAsync(wakes);
    }

    [Fact]
    public async Task The_beat_goes_on_by_itself()
    {
        var (here, _) = await ConnectedAsync();
        await here.SpaceAsync();
        var first = await here.ListAsync<string>("SELECT beat FROM incarnations");

        await EventuallyAsync(async () =>
            !(await here.ListAsync<string>("SELECT beat FROM incarnations")).SequenceEqual(first)
        );
    }

    private async Task<(StorageProcess Here, StorageProcess There)> ConnectedAsync()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());
        await here.StartAsync<PostgresSignal>();
        await there.StartAsync<PostgresSignal>();
        await EventuallyAsync(async () => (await here.ListAsync<int>(Listeners)).Count == 2);
        return (here, there);
    }
}
