using Vibe.Storage.Sessions;
using Vibe.Testing;
using Type = Vibe.Storage.Sessions.RowPut.ColumnType;

namespace Vibe.Storage.Tests.Sessions;

/// <summary>Rows that are put and found many at a time.</summary>
public abstract class ManyRowsSuite(Engine engine) : StorageSuite(engine)
{
    private static readonly Sql Find = Sql.ForEach(
        "kept.key, kept.ids, kept.at, kept.digest",
        ("idempotency_keys", "kept"),
        "kept.space = @space AND kept.person = @person AND kept.client = @client",
        "kept.key",
        "@keys"
    );

    private static readonly Sql FindByWholeKey = Sql.ForEach(
        "kept.person, kept.key",
        ("idempotency_keys", "kept"),
        ["space", "person", "client", "key"],
        "@keys"
    );

    private static readonly RowPut Put = new(
        "idempotency_keys",
        [new("space", Type.Text), new("person", Type.Text), new("client", Type.Text), new("key", Type.Text)],
        [new("ids", Type.Text), new("at", Type.Number)],
        new RowPut.Column("digest", Type.Bytes)
    );

    [Fact]
    public async Task Rows_that_wait_are_put_together_and_found_together()
    {
        var process = await ProcessAsync();
        var keys = Enumerable.Range(0, 300).Select(n => $"key'\"{{}},\\{n}").ToArray();

        await PutAsync(process, [.. keys.Select((key, n) => (key, $"ids {n}", (long)n))]);

        var found = await FindAsync(process, [.. keys, "not there"]);
        Assert.Equal(keys.Select((key, n) => (key, $"ids {n}", (long)n)), found.OrderBy(row => row.At));
    }

    [Fact]
    public async Task A_row_of_the_same_key_takes_over_what_is_updated_and_keeps_the_rest()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync(
            "INSERT INTO idempotency_keys VALUES ('space', 'person', 'client', 'one', @first, 'before', 1)",
            ("@first", new byte[] { 1 })
        );

        await PutAsync(process, ("one", "after", 2), ("two", "new", 3));

        Assert.Equal(
            [("one", "after", 2), ("two", "new", 3)],
            (await FindAsync(process, ["one", "two"])).OrderBy(row => row.At)
        );
        Assert.Equal(
            [new byte[] { 1 }, [9]],
            await process.ListAsync<byte[]>("SELECT digest FROM idempotency_keys ORDER BY at")
        );
    }

    [Fact]
    public async Task Rows_of_one_key_are_put_in_their_order()
    {
        var process = await ProcessAsync();

        await PutAsync(
            process,
            ("same", "first", 1),
            ("other", "alone", 2),
            ("same", "second", 3),
            ("same", "last", 4)
        );

        Assert.Equal(
            [("other", "alone", 2), ("same", "last", 4)],
            (await FindAsync(process, ["same", "other"])).OrderBy(row => row.At)
        );
    }

    [Fact]
    public async Task Nothing_is_found_by_no_keys()
    {
        var process = await ProcessAsync();
        await PutAsync(process, ("one", "ids", 1));

        Assert.Empty(await FindAsync(process, []));
    }

    [Fact]
    public async Task Keys_of_several_columns_are_found_together()
    {
        var process = await ProcessAsync();
        const string odd = "o'd\"d{},\\";
        await process.ExecuteAsync(
            """
            INSERT INTO idempotency_keys
            VALUES ('one', @odd, 'c', '1', '', '', 1), ('two', @odd, 'c', '1', '', '', 2), ('two', 'p', 'c', @odd, '', '', 3)
            """,
            ("@odd", odd)
        );
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);

        var found = await snapshot.ListAsync(
            FindByWholeKey,
            row => (row.GetString(0), row.GetString(1)),
            WholeKeys([
                ["two", "p", "c", odd],
                ["one", odd, "c", "1"],
                ["one", "p", "c", "1"],
                ["two", odd, "c", odd],
            ]),
            CancellationToken.None
        );

        Assert.Equal([("p", odd), (odd, "1")], found.OrderByDescending(row => row.Item1));
    }

    [Fact]
    public async Task A_row_of_too_few_contents_is_refused_before_it_waits()
    {
        var process = await ProcessAsync();
        await using var write = await process.Database.WriteAsync(CancellationToken.None);

        Assert.Throws<ArgumentException>(() => write.Defer(Put, "space", "person"));

        Assert.False(write.HasWritten);
    }

    private static async Task PutAsync(StorageProcess process, params (string Key, string Ids, long At)[] rows)
    {
        await using var write = await process.Database.WriteAsync(CancellationToken.None);
        foreach (var (key, ids, at) in rows)
            write.Defer(Put, "space", "person", "client", key, ids, at, new byte[] { 9 });
        await write.CommitAsync();
    }

    private static async Task<List<(string Key, string Ids, long At)>> FindAsync(StorageProcess process, string[] keys)
    {
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);
        return await snapshot.ListAsync(
            Find,
            row => (row.GetString(0), row.GetString(1), row.GetInt64(2)),
            Values(keys),
            CancellationToken.None
        );
    }

    private protected static Value[] Values(string[] keys) =>
        [("@space", "space"), ("@person", "person"), ("@client", "client"), ("@keys", keys)];

    private protected static Value[] WholeKeys(string[][] keys) => [("@keys", keys)];

    private protected static string FindOnPostgres => Find.Postgres;

    private protected static string FindByWholeKeyOnPostgres => FindByWholeKey.Postgres;
}

public sealed class SqliteManyRowsTests() : ManyRowsSuite(Engine.Sqlite);

public sealed class PostgresManyRowsTests() : ManyRowsSuite(Engine.Postgres)
{
    [Fact]
    public async Task Each_key_is_looked_up_in_the_index_though_nobody_knows_how_much_there_is()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync("ALTER TABLE idempotency_keys SET (autovacuum_enabled = false)");
        await process.ExecuteAsync(
            """
            INSERT INTO idempotency_keys
            SELECT 'space', 'person', 'client', 'key' || n, '', '', n FROM generate_series(1, 20000) n
            """
        );
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);

        await AssertLooksUpAsync(
            snapshot,
            FindOnPostgres,
            Values([.. Enumerable.Range(0, 100).Select(n => $"key{n}")]),
            "asked.value"
        );
        await AssertLooksUpAsync(
            snapshot,
            FindByWholeKeyOnPostgres,
            WholeKeys([.. Enumerable.Range(0, 100).Select(n => new[] { "space", "person", "client", $"key{n}" })]),
            "asked.key"
        );
    }

    [Fact]
    public async Task Each_key_is_looked_up_in_the_index_though_the_plan_was_made_while_there_was_little()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync(
            """
            INSERT INTO idempotency_keys
            SELECT 'space', 'person', 'client', 'key' || n, '', '', n FROM generate_series(1, 50) n
            """
        );
        await process.ExecuteAsync("ANALYZE idempotency_keys");
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);

        await AssertLooksUpAsync(snapshot, FindOnPostgres, Values(["key1"]), "asked.value");
        await AssertLooksUpAsync(
            snapshot,
            FindByWholeKeyOnPostgres,
            WholeKeys([
                ["space", "person", "client", "key1"],
            ]),
            "asked.key"
        );
    }

    [Fact]
    public async Task Plans_are_made_once_but_for_what_depends_on_the_values()
    {
        var process = await ProcessAsync();
        const string mode = "SELECT current_setting('plan_cache_mode')";
        await using var snapshot = await process.Database.ReadAsync(CancellationToken.None);

        foreach (var byValues in new[] { false, true, false })
            Assert.Equal(
                byValues ? "auto" : "force_generic_plan",
                await snapshot.FirstAsync(
                    new Sql(mode, mode) { DependsOnValues = byValues },
                    row => row.GetString(0),
                    [],
                    CancellationToken.None
                )
            );
    }

    private static async Task AssertLooksUpAsync(Session session, string find, Value[] keys, string by)
    {
        var plan = await session.ListAsync($"EXPLAIN {find}", row => row.GetString(0), keys, CancellationToken.None);
        Assert.Contains(
            plan,
            line => line.Contains("Index Cond", StringComparison.Ordinal) && line.Contains(by, StringComparison.Ordinal)
        );
    }
}
