using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class IncarnationSuite(Engine engine) : StorageSuite(engine)
{
    [Fact]
    public async Task Making_a_space_writes_its_first_mark_and_the_same_process_keeps_it()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);
        await process.Incarnation.BeatAsync(CancellationToken.None);
        await process.WriteAsync(space);

        Assert.Equal([0], (await MarksAsync(process, space)).Select(mark => mark.From));
        Assert.Single(await IncarnationsAsync(process));
    }

    [Fact]
    public async Task A_process_opens_an_incarnation_with_its_first_write_and_not_before()
    {
        var first = await ProcessAsync();
        var space = await first.SpaceAsync();
        await first.WriteAsync(space);
        var second = await ProcessAsync();
        await second.StateAsync(space);
        await second.TurnAsync(space, turn => Task.FromResult(turn.Head));
        await second.Incarnation.BeatAsync(CancellationToken.None);
        Assert.Single(await IncarnationsAsync(first));

        await second.WriteAsync(space);
        await second.WriteAsync(space);
        await first.WriteAsync(space);

        var marks = await MarksAsync(first, space);
        Assert.Equal([0, 2], marks.Select(mark => mark.From));
        Assert.Equal(2, (await IncarnationsAsync(first)).Count);
        Assert.NotEqual(marks[0].Incarnation, marks[1].Incarnation);
    }

    [Fact]
    public async Task A_place_belongs_to_the_incarnation_that_began_last_before_it()
    {
        var first = await ProcessAsync();
        var space = await first.SpaceAsync();
        await first.WriteAsync(space);
        await first.WriteAsync(space);
        var second = await ProcessAsync();
        var (_, moment) = await second.MomentAsync(space, turn => Task.FromResult(turn.NextRevision()));
        var marks = await MarksAsync(first, space);

        Assert.Equal(new Moment(space, marks[1].Incarnation, 3), moment);
        await using var snapshot = await first.Database.ReadAsync(CancellationToken.None);
        foreach (var (revision, mark) in new[] { (0, 0), (1, 0), (2, 0), (3, 1), (99, 1) })
            Assert.Equal(
                marks[mark].Incarnation,
                await Incarnation.AtAsync(snapshot, space, revision, CancellationToken.None)
            );
        Assert.Null(await Incarnation.AtAsync(snapshot, new SpaceName("nowhere"), 1, CancellationToken.None));
    }

    [Fact]
    public async Task First_writes_of_many_spaces_at_once_open_one_incarnation()
    {
        var first = await ProcessAsync();
        var spaces = new List<SpaceName>();
        for (var i = 0; i < 12; i++)
            spaces.Add(await first.SpaceAsync());
        var second = await ProcessAsync();

        await Task.WhenAll(spaces.Select(space => Task.Run(() => second.WriteAsync(space))));

        Assert.Equal(2, (await IncarnationsAsync(first)).Count);
        foreach (var space in spaces)
            Assert.Equal([0, 1], (await MarksAsync(first, space)).Select(mark => mark.From));
    }

    [Fact]
    public async Task A_mark_whose_commit_did_not_happen_is_made_by_the_next_write()
    {
        var first = await ProcessAsync();
        var space = await first.SpaceAsync();
        var second = await ProcessAsync();
        await using (var write = await second.Database.WriteAsync(CancellationToken.None))
        {
            var sight = second.Incarnation.Look();
            second.Incarnation.Mark(write, space.Id, 1, sight, null);
        }
        Assert.Single(await MarksAsync(first, space));

        await second.WriteAsync(space);

        Assert.Equal([0, 1], (await MarksAsync(first, space)).Select(mark => mark.From));
    }

    [Fact]
    public async Task A_write_that_finds_an_older_beat_begins_anew()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.Incarnation.BeatAsync(CancellationToken.None);
        var backup = await BeatAsync(process);
        await process.Incarnation.BeatAsync(CancellationToken.None);

        await process.ExecuteAsync("UPDATE incarnations SET beat = @beat", ("@beat", backup));
        await process.WriteAsync(space);
        await process.WriteAsync(space);

        await AssertBeganAtAsync(process, space, 1);
    }

    [Fact]
    public async Task A_write_that_finds_no_beat_begins_anew()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);

        await process.ExecuteAsync("DELETE FROM incarnations");
        await process.WriteAsync(space);
        await process.Incarnation.BeatAsync(CancellationToken.None);
        await process.WriteAsync(space);

        await AssertBeganAtAsync(process, space, 2);
    }

    [Theory]
    [InlineData("UPDATE incarnations SET beat = @beat")]
    [InlineData("DELETE FROM incarnations WHERE beat <> @beat")]
    public async Task The_next_beat_does_not_hide_a_restore(string restore)
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        var backup = await BeatAsync(process);
        await process.Incarnation.BeatAsync(CancellationToken.None);

        await process.ExecuteAsync(restore, ("@beat", backup));
        await process.Incarnation.BeatAsync(CancellationToken.None);
        await process.Incarnation.BeatAsync(CancellationToken.None);
        await process.WriteAsync(space);

        await AssertBeganAtAsync(process, space, 1);
    }

    [Fact]
    public async Task A_process_that_wrote_nothing_since_its_last_beat_leaves_the_disk_alone()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.Incarnation.BeatAfterWritesAsync(CancellationToken.None);
        var first = await BeatAsync(process);

        await process.Incarnation.BeatAfterWritesAsync(CancellationToken.None);
        Assert.Equal(first, await BeatAsync(process));

        await process.WriteAsync(space);
        await process.Incarnation.BeatAfterWritesAsync(CancellationToken.None);
        Assert.NotEqual(first, await BeatAsync(process));
    }

    [Fact]
    public async Task Making_a_space_notices_a_restore_too()
    {
        var process = await ProcessAsync();
        var before = await process.SpaceAsync();
        await process.ExecuteAsync("DELETE FROM incarnations");

        var after = await process.SpaceAsync();

        Assert.NotEqual(
            (await MarksAsync(process, before)).Single().Incarnation,
            (await MarksAsync(process, after)).Single().Incarnation
        );
    }

    [Fact]
    public async Task A_database_that_was_lost_is_met_in_a_new_incarnation()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await process.WriteAsync(space);

        process.Database.RaiseLost();
        await process.WriteAsync(space);
        await process.WriteAsync(space);

        await AssertBeganAtAsync(process, space, 2);
    }

    [Fact]
    public async Task Beats_beside_writes_begin_nothing()
    {
        var first = await ProcessAsync();
        var spaces = new List<SpaceName>();
        for (var i = 0; i < 4; i++)
            spaces.Add(await first.SpaceAsync());
        var process = await ProcessAsync();
        var writing = Task.WhenAll(
            spaces.Select(space =>
                Task.Run(async () =>
                {
                    for (var n = 0; n < 30; n++)
                        await process.WriteAsync(space);
                })
            )
        );

        do await process.Incarnation.BeatAsync(CancellationToken.None);
        while (!writing.IsCompleted);

        await writing;
        Assert.Equal(2, (await IncarnationsAsync(process)).Count);
    }

    protected static Task<List<string>> IncarnationsAsync(StorageProcess process) =>
        process.ListAsync<string>("SELECT id FROM incarnations");

    protected static async Task<List<(long From, string Incarnation)>> MarksAsync(
        StorageProcess process,
        SpaceName space
    )
    {
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
        return await snapshot.ListAsync(
            "SELECT from_revision, incarnation FROM space_incarnations WHERE space = @space ORDER BY from_revision",
            row => (row.GetInt64(0), row.GetString(1)),
            [("@space", space.Id)],
            CancellationToken.None
        );
    }

    private static async Task<string> BeatAsync(StorageProcess process) =>
        (await process.ListAsync<string>("SELECT beat FROM incarnations")).Single();

    private static async Task AssertBeganAtAsync(StorageProcess process, SpaceName space, long revision)
    {
        var marks = await MarksAsync(process, space);
        Assert.Equal([0, revision], marks.Select(mark => mark.From));
        Assert.NotEqual(marks[0].Incarnation, marks[1].Incarnation);
        Assert.Contains(marks[1].Incarnation, await IncarnationsAsync(process));
    }
}

public sealed class SqliteIncarnationTests() : IncarnationSuite(Engine.Sqlite);

public sealed class PostgresIncarnationTests() : IncarnationSuite(Engine.Postgres)
{
    [Fact]
    public async Task A_turn_that_began_before_the_incarnation_was_opened_does_not_doubt_it()
    {
        var first = await ProcessAsync();
        var (slow, quick) = (await first.SpaceAsync(), await first.SpaceAsync());
        var process = await ProcessAsync();

        await process.TurnAsync(
            slow,
            async turn =>
            {
                await process.WriteAsync(quick);
                return turn.NextRevision();
            }
        );

        Assert.Equal(2, (await IncarnationsAsync(process)).Count);
        Assert.Equal(
            (await MarksAsync(process, slow))[^1].Incarnation,
            (await MarksAsync(process, quick))[^1].Incarnation
        );
    }

    [Fact]
    public async Task A_turn_that_takes_many_beats_does_not_doubt_its_incarnation()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        await process.TurnAsync(
            space,
            async turn =>
            {
                for (var n = 0; n < 10; n++)
                    await process.Incarnation.BeatAsync(CancellationToken.None);
                return turn.NextRevision();
            }
        );

        Assert.Single(await IncarnationsAsync(process));
        Assert.Single(await MarksAsync(process, space));
    }
}
