using Vibe.Errors.V1;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

/// <summary>Readers whose questions go to the database together with the commit that they wait for.</summary>
public sealed class ConvoyTests() : StorageSuite(Engine.Postgres)
{
    private const string Head = "SELECT head FROM spaces WHERE id = @space";

    [Fact]
    public async Task Who_joins_is_answered_from_a_state_behind_the_commit_and_not_told_twice()
    {
        var (process, space) = await ReadyAsync();
        var convoy = Answering(process, Head, space);
        var woken = new List<string>();
        process.Signal.Listen(space.Id, _ => woken.Add("who joined"), (_, _) => true);
        process.Signal.Listen(space.Id, _ => woken.Add("who did not"), (_, _) => false);
        process.Signal.Listen(space.Id, _ => woken.Add("who cannot"));

        Assert.Equal(1, await process.WriteAsync(space));

        Assert.Equal(["begun", "answered 1", "arrived"], convoy.Log);
        Assert.Equal(["who cannot", "who did not"], woken.Order());
        Assert.NotEqual(0, convoy.CommittedAt);
    }

    [Fact]
    public async Task Questions_that_cannot_be_answered_leave_the_write_committed_and_whoever_asked_to_ask_again()
    {
        var (process, space) = await ReadyAsync();
        var convoy = Answering(process, "SELECT 1 / (head - 1) FROM spaces WHERE id = @space", space);
        var woken = 0;
        process.Signal.Listen(space.Id, _ => woken++, (_, _) => true);

        Assert.Equal(1, await process.WriteAsync(space));

        Assert.Equal(["begun", "disbanded"], convoy.Log);
        Assert.Equal(1, woken);
        Assert.Equal(2, await process.WriteAsync(space));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_leaves_the_write_committed()
    {
        var (process, space) = await ReadyAsync();
        var convoy = Answering(process, "SELECT NULL::bigint FROM spaces WHERE id = @space", space);
        process.Signal.Listen(space.Id, _ => { }, (_, _) => true);

        Assert.Equal(1, await process.WriteAsync(space));

        Assert.Equal(["begun", "disbanded"], convoy.Log);
        Assert.Equal(2, await process.WriteAsync(space));
    }

    [Fact]
    public async Task A_commit_that_fails_disbands_the_convoy_and_tells_nobody()
    {
        var (process, space) = await ReadyAsync();
        await process.ExecuteAsync("CREATE TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        var convoy = Answering(process, Head, space);
        var woken = 0;
        process.Signal.Listen(space.Id, _ => woken++, (_, _) => true);

        var refused = await Assert.ThrowsAsync<VibeException>(() =>
            process.TurnAsync(
                space,
                async turn =>
                {
                    await turn.Write.ExecuteAsync("INSERT INTO once VALUES (1), (1)", [], CancellationToken.None);
                    return turn.NextRevision();
                }
            )
        );

        Assert.Equal(ErrorReason.StorageUnavailable, refused.Reason);
        Assert.Equal(["begun", "disbanded"], convoy.Log);
        Assert.Equal(0, woken);
    }

    [Fact]
    public async Task Where_nobody_joins_there_is_no_convoy()
    {
        var (process, space) = await ReadyAsync();
        var convoy = Answering(process, Head, space);
        process.Signal.Listen(space.Id, _ => { }, (_, _) => false);

        await process.WriteAsync(space);

        Assert.Empty(convoy.Log);
    }

    [Fact]
    public async Task A_crowd_is_not_waited_for_by_who_writes()
    {
        var (process, space) = await ReadyAsync();
        var convoy = Answering(process, Head, space);
        var woken = 0;
        for (var listener = 0; listener < 1000; listener++)
            process.Signal.Listen(space.Id, _ => woken++, (_, _) => true);

        await process.WriteAsync(space);

        Assert.Empty(convoy.Log);
        Assert.Equal(1000, woken);
    }

    private async Task<(StorageProcess Process, SpaceName Space)> ReadyAsync()
    {
        var process = await ProcessAsync();
        return (process, await process.SpaceAsync());
    }

    private static LoggedConvoy Answering(StorageProcess process, string question, SpaceName space)
    {
        var convoy = new LoggedConvoy(question, space);
        process.Signal.Convoys = () => convoy;
        return convoy;
    }

    private sealed class LoggedConvoy(string question, SpaceName space) : Convoy
    {
        public List<string> Log { get; } = [];

        public override IReadOnlyList<Ask> Begin(Answers answers)
        {
            Log.Add("begun");
            return [new Ask(question, [("@space", space.Id)], row => Log.Add($"answered {row.GetInt64(0)}"))];
        }

        public override void Arrive(AnsweredState state) => Log.Add("arrived");

        public override void Disband() => Log.Add("disbanded");
    }
}
