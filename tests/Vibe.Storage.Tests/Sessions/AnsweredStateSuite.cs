using Vibe.Storage.Sessions;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Sessions;

/// <summary>States of which no more is known than what was asked for by one journey.</summary>
public abstract class AnsweredStateSuite(Engine engine) : StorageSuite(engine)
{
    [Fact]
    public async Task What_was_asked_for_is_known_and_nothing_else()
    {
        var database = (await ProcessAsync()).Database;
        var answers = new Answers();

        await using var state = await database.AskAsync(
            answers,
            [
                new Ask("SELECT 1", [], row => answers.Set(new Question(1), $"{row.GetInt32(0)}")),
                new Ask("SELECT 2", [], row => answers.Set(new Question(2), $"{row.GetInt32(0)}")),
            ],
            default
        );

        Assert.Equal("1", state.Known<string>(new Question(1)));
        Assert.Equal("2", await state.OnceAsync(new Question(2), AskAsync));
        Assert.Null(state.Known<string>(new Question(3)));
        await Assert.ThrowsAsync<NotAskedException>(() => state.OnceAsync(new Question(3), AskAsync));
        await Assert.ThrowsAsync<NotAskedException>(() => state.ExecuteAsync("SELECT 4", [], default));

        Task<string?> AskAsync() => state.FirstAsync("SELECT 'anew'", row => row.GetString(0), [], default);
    }

    [Fact]
    public async Task Nothing_need_be_asked_for()
    {
        var database = (await ProcessAsync()).Database;

        await using var state = await database.AskAsync(new Answers(), [], default);

        Assert.Null(state.Known<string>(new Question(1)));
    }

    protected readonly record struct Question(int Of);
}

public sealed class SqliteAnsweredStateTests() : AnsweredStateSuite(Engine.Sqlite);

public sealed class PostgresAnsweredStateTests() : AnsweredStateSuite(Engine.Postgres)
{
    private const int Gate = 4711;

    [Fact]
    public async Task All_that_is_asked_for_together_is_of_one_state()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync("CREATE TABLE heads AS SELECT 1 head");
        var seen = new List<int>();
        Task<AnsweredState> asking;
        await using (var gate = await process.Database.WriteAsync(default))
        {
            await gate.ExecuteAsync($"SELECT pg_advisory_xact_lock({Gate})", [], default);
            asking = process.Database.AskAsync(
                new Answers(),
                [
                    new Ask("SELECT head FROM heads", [], row => seen.Add(row.GetInt32(0))),
                    new Ask($"SELECT pg_advisory_xact_lock({Gate})", [], _ => { }),
                    new Ask("SELECT head FROM heads", [], row => seen.Add(row.GetInt32(0))),
                ],
                default
            );
            await EventuallyAsync(async () =>
                (
                    await process.ListAsync<int>("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                ).Count > 0
            );
            await process.ExecuteAsync("UPDATE heads SET head = 2");
        }

        await using var state = await asking;

        Assert.Equal([1, 1], seen);
    }
}
