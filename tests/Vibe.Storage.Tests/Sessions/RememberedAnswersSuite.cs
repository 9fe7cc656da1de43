using Vibe.Storage.Sessions;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Sessions;

/// <summary>What a state remembers for those who read for many.</summary>
public abstract class RememberedAnswersSuite(Engine engine) : StorageSuite(engine)
{
    [Fact]
    public async Task A_state_that_remembers_is_asked_once()
    {
        await using var snapshot = await SnapshotAsync();
        snapshot.Remember(new Answers());

        var asked = await AskTwiceAsync(snapshot);

        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_state_that_does_not_is_asked_each_time_and_keeps_nothing()
    {
        await using var snapshot = await SnapshotAsync();

        var asked = await AskTwiceAsync(snapshot);

        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task Questions_that_differ_in_kind_or_content_are_not_one()
    {
        await using var snapshot = await SnapshotAsync();
        snapshot.Remember(new Answers());

        Assert.Equal("1", await snapshot.OnceAsync(new One(1), () => Task.FromResult("1")));
        Assert.Equal("2", await snapshot.OnceAsync(new One(2), () => Task.FromResult("2")));
        Assert.Equal(3L, await snapshot.OnceAsync(new Other(1), () => Task.FromResult(3L)));
    }

    [Fact]
    public async Task An_answer_that_was_found_for_many_at_once_is_known()
    {
        await using var snapshot = await SnapshotAsync();
        var answers = new Answers();
        snapshot.Remember(answers);

        answers.Set<string?>(new One(1), null);
        answers.Set<string?>(new One(1), "found");

        Assert.Equal("found", await snapshot.OnceAsync<string?>(new One(1), NeverAsync));
    }

    [Fact]
    public async Task A_question_that_failed_fails_for_all_who_ask_it()
    {
        await using var snapshot = await SnapshotAsync();
        snapshot.Remember(new Answers());

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => snapshot.OnceAsync(new One(1), FailAsync));

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => snapshot.OnceAsync(new One(1), NeverAsync));

        async Task<string?> FailAsync()
        {
            await Task.Yield();
            throw new TimeZoneNotFoundException();
        }
    }

    private async Task<Snapshot> SnapshotAsync() =>
        await (await ProcessAsync()).Database.ReadAsync(CancellationToken.None);

    private static async Task<int> AskTwiceAsync(Snapshot snapshot)
    {
        var (asked, rows) = (0, 0);
        for (var time = 0; time < 2; time++)
        {
            rows += await snapshot.OnceAsync(new One(0), OneAsync);
            await foreach (var row in snapshot.StreamOnceAsync(new Other(0), Rows))
                rows += row;
        }
        Assert.Equal(2 * (1 + 2 + 3), rows);
        return asked;

        Task<int> OneAsync()
        {
            asked++;
            return snapshot.FirstAsync("SELECT 1", row => row.GetInt32(0), [], CancellationToken.None);
        }

        IAsyncEnumerable<int> Rows()
        {
            asked++;
            return snapshot.StreamAsync(
                "SELECT 2 UNION ALL SELECT 3",
                row => row.GetInt32(0),
                [],
                CancellationToken.None
            );
        }
    }

    private static Task<string?> NeverAsync() => throw new InvalidOperationException("It was asked again.");

    private readonly record struct One(int Of);

    private readonly record struct Other(int Of);
}

public sealed class SqliteRememberedAnswersTests() : RememberedAnswersSuite(Engine.Sqlite);

public sealed class PostgresRememberedAnswersTests() : RememberedAnswersSuite(Engine.Postgres);
