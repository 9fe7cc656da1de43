using Microsoft.Extensions.Time.Testing;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class OrderSuite(Engine engine) : StorageSuite(engine)
{
    private const int Writers = 8;
    private const int Turns = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Concurrent_writers_leave_no_gap_and_a_tailing_reader_misses_nothing(int spaces)
    {
        var process = await ProcessAsync();
        var other = await ProcessAsync();
        var names = new List<SpaceName>();
        for (var i = 0; i < spaces; i++)
            names.Add(await process.SpaceAsync());
        var writing = Task.WhenAll(
            Enumerable
                .Range(0, Writers)
                .Select(writer =>
                    Task.Run(async () =>
                    {
                        for (var n = 0; n < Turns; n++)
                        {
                            var writes = writer % 4 == 3 ? other : process;
                            await writes.WriteAsync(names[(writer + n) % spaces], $"{writer}:{n}");
                        }
                    })
                )
        );

        var tails = await Task.WhenAll(names.Select(name => Task.Run(() => TailAsync(process, name, writing))));

        await writing;
        Assert.Equal(Writers * Turns, tails.Sum(tail => tail.Count));
        foreach (var (name, tail) in names.Zip(tails))
        {
            Assert.Equal(Enumerable.Range(1, tail.Count).Select(n => (long)n), tail.Select(entry => entry.Revision));
            Assert.Equal(tail.Count, (await process.StateAsync(name))!.Head);
            foreach (var writer in tail.Select(entry => entry.By.Split(':')).GroupBy(by => by[0]))
                Assert.Equal(writer.Select(by => int.Parse(by[1])).Order(), writer.Select(by => int.Parse(by[1])));
        }
    }

    [Fact]
    public async Task A_turn_that_throws_leaves_nothing_and_takes_no_revision()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() =>
            process.TurnAsync<long>(
                space,
                async turn =>
                {
                    await StorageProcess.EnterAsync(turn, "lost");
                    turn.NextPolicyRevision();
                    throw new TimeZoneNotFoundException();
                }
            )
        );

        Assert.Equal(new SpaceState(0, 0), await process.StateAsync(space));
        Assert.Equal(1, await process.WriteAsync(space, "kept"));
        Assert.Equal(["kept"], await process.ListAsync<string>("SELECT ids FROM idempotency_keys"));
    }

    [Fact]
    public async Task A_turn_that_takes_no_revision_moves_nothing_and_wakes_nobody()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);
        var woken = 0;
        using var listening = process.Signal.Listen(space.Id, () => woken++);

        var (head, moment) = await process.MomentAsync(space, turn => Task.FromResult(turn.Head));

        Assert.Equal(1, head);
        Assert.Equal(1, moment.Revision);
        Assert.Equal(new SpaceState(1, 0), await process.StateAsync(space));
        Assert.Equal(0, woken);
        await process.WriteAsync(space);
        Assert.Equal(1, woken);
    }

    [Fact]
    public async Task Only_a_policy_revision_moves_the_policy_epoch()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);
        Assert.Equal(new SpaceState(1, 0), await process.StateAsync(space));

        var revision = await process.TurnAsync(space, turn => Task.FromResult(turn.NextPolicyRevision()));

        Assert.Equal(2, revision);
        Assert.Equal(new SpaceState(2, 1), await process.StateAsync(space));
        await process.WriteAsync(space);
        Assert.Equal(new SpaceState(3, 1), await process.StateAsync(space));
    }

    [Fact]
    public async Task The_clock_of_a_space_never_goes_backwards()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var process = await ProcessAsync(time);
        var space = await process.SpaceAsync();
        Task<long> At() =>
            process.TurnAsync(
                space,
                turn =>
                {
                    turn.NextRevision();
                    return Task.FromResult(turn.At);
                }
            );
        time.Advance(TimeSpan.FromHours(2));
        var first = await At();

        time.AdjustTime(time.GetUtcNow() - TimeSpan.FromHours(1));
        var second = await At();
        time.Advance(TimeSpan.FromHours(3));
        var third = await At();

        Assert.Equal(first, second);
        Assert.Equal(TimeSpan.FromHours(2).TotalMicroseconds, third - first);
    }

    [Fact]
    public async Task A_space_that_is_not_there_shows_nothing_and_takes_nothing()
    {
        var process = await ProcessAsync();
        var space = new SpaceName("nowhere");

        var (exists, moment) = await process.MomentAsync(space, turn => Task.FromResult(turn.Exists));

        Assert.False(exists);
        Assert.Equal(new Moment(space, "", 0), moment);
        await Assert.ThrowsAsync<InvalidOperationException>(() => process.WriteAsync(space));
        Assert.Null(await process.StateAsync(space));
        Assert.Empty(await process.ListAsync<string>("SELECT space FROM space_incarnations"));
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_turn_to_the_next()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        var entered = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        var holder = process.TurnAsync(
            space,
            async turn =>
            {
                entered.SetResult();
                await leave.Task;
                return await StorageProcess.EnterAsync(turn, "holder");
            }
        );
        await entered.Task;
        using var impatient = new CancellationTokenSource();
        var waiters = Enumerable
            .Range(0, 5)
            .Select(_ =>
                process.MomentAsync(
                    space,
                    turn => StorageProcess.EnterAsync(turn, "impatient"),
                    cancellation: impatient.Token
                )
            )
            .ToArray();

        await impatient.CancelAsync();

        foreach (var waiter in waiters)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);
        leave.SetResult();
        Assert.Equal(1, await holder);
        Assert.Equal(2, await process.WriteAsync(space).WaitAsync(Patience));
    }

    private static async Task<List<(long Revision, string By)>> TailAsync(
        StorageProcess process,
        SpaceName space,
        Task writing
    )
    {
        var seen = new List<(long, string)>();
        var isLast = false;
        while (!isLast)
        {
            isLast = writing.IsCompleted;
            await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
            var head = (await SpaceState.ReadAsync(snapshot, space, CancellationToken.None))!.Head;
            seen.AddRange(await StorageProcess.EntriesAsync(snapshot, space, seen.Count));
            Assert.Equal(head, seen.Count);
        }
        return seen;
    }
}

public sealed class SqliteOrderTests() : OrderSuite(Engine.Sqlite);

public sealed class PostgresOrderTests() : OrderSuite(Engine.Postgres);
