using Microsoft.Extensions.Time.Testing;
using Vibe.Errors.V1;
using Vibe.Hosting.Access;
using Vibe.Hosting.Errors;
using Vibe.Storage.Spaces;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Spaces;

public abstract class IdempotencySuite(Engine engine) : StorageSuite(engine)
{
    private static readonly Caller Alice = new("did:vibe:alice", "notes", "g1", DateTimeOffset.MaxValue);
    private static readonly byte[] Request = IdempotencyLog.Digest("Create", [1, 2], [3]);

    [Fact]
    public async Task A_request_that_succeeded_is_found_with_its_ids()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        Assert.Null(await FindAsync(process, space, Alice));

        await RememberAsync(process, space, Alice);

        Assert.Equal("a b", await FindAsync(process, space, Alice));
        Assert.Equal("a b", await FindAsync(process, space, Alice with { Grant = "g2" }));
    }

    [Fact]
    public async Task A_request_that_failed_is_not_remembered()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() =>
            process.TurnAsync<long>(
                space,
                async turn =>
                {
                    IdempotencyLog.Remember(turn, Alice, "k", Request, "a b");
                    throw new TimeZoneNotFoundException();
                }
            )
        );

        Assert.Null(await FindAsync(process, space, Alice));
    }

    [Fact]
    public async Task A_request_without_a_key_is_neither_remembered_nor_found()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();

        await RememberAsync(process, space, Alice, key: null);

        Assert.Null(await FindAsync(process, space, Alice, key: null));
        Assert.Empty(await process.ListAsync<string>("SELECT key FROM idempotency_keys"));
    }

    [Fact]
    public async Task A_key_of_another_request_is_refused()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        await RememberAsync(process, space, Alice);

        var refusal = await Assert.ThrowsAsync<VibeException>(() =>
            FindAsync(process, space, Alice, digest: IdempotencyLog.Digest("Create", [1], [2, 3]))
        );

        Assert.Equal(ErrorReason.IdempotencyKeyReused, refusal.Reason);
    }

    [Fact]
    public async Task A_key_belongs_to_a_person_a_program_and_a_space()
    {
        var process = await ProcessAsync();
        var space = await process.SpaceAsync();
        var other = await process.SpaceAsync();
        await RememberAsync(process, space, Alice);

        Assert.Null(await FindAsync(process, space, Alice with { Person = "did:vibe:bob" }));
        Assert.Null(await FindAsync(process, space, Alice with { Client = "mail" }));
        Assert.Null(await FindAsync(process, space, Alice, key: "K"));
        Assert.Null(await FindAsync(process, other, Alice));
    }

    [Fact]
    public async Task A_key_is_free_again_after_a_day()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var process = await ProcessAsync(time);
        var space = await process.SpaceAsync();
        await RememberAsync(process, space, Alice);

        time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal("a b", await FindAsync(process, space, Alice));
        time.Advance(TimeSpan.FromSeconds(1));
        var other = IdempotencyLog.Digest("Delete");
        Assert.Null(await FindAsync(process, space, Alice, digest: other));

        await RememberAsync(process, space, Alice, digest: other);
        Assert.Equal("a b", await FindAsync(process, space, Alice, digest: other));
    }

    [Fact]
    public async Task Upkeep_forgets_what_is_older_than_a_day_and_nothing_else()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var process = await ProcessAsync(time);
        var space = await process.SpaceAsync();
        await RememberAsync(process, space, Alice, key: "old");
        time.Advance(TimeSpan.FromHours(23));
        await RememberAsync(process, space, Alice, key: "young");
        await process.StartAsync<SpaceUpkeep>();

        await EventuallyAsync(async () =>
        {
            time.Advance(TimeSpan.FromMinutes(5));
            return !(await process.ListAsync<string>("SELECT key FROM idempotency_keys")).Contains("old");
        });

        Assert.Equal(["young"], await process.ListAsync<string>("SELECT key FROM idempotency_keys"));
    }

    [Fact]
    public void A_key_has_the_form_of_an_id()
    {
        Assert.Null(IdempotencyLog.CheckKey(""));
        Assert.Equal("a-Z_0.~", IdempotencyLog.CheckKey("a-Z_0.~"));
        foreach (var key in new[] { " ", "a b", "..", "ä", new string('a', 65) })
            Assert.Equal(
                ErrorReason.FieldInvalid,
                Assert.Throws<VibeException>(() => IdempotencyLog.CheckKey(key)).Reason
            );
    }

    private static Task<string?> FindAsync(
        StorageProcess process,
        SpaceName space,
        Caller caller,
        string? key = "k",
        byte[]? digest = null
    ) => process.TurnAsync(space, turn => IdempotencyLog.FindAsync(turn, caller, key, digest ?? Request));

    private static Task RememberAsync(
        StorageProcess process,
        SpaceName space,
        Caller caller,
        string? key = "k",
        byte[]? digest = null
    ) =>
        process.TurnAsync(
            space,
            turn =>
            {
                IdempotencyLog.Remember(turn, caller, key, digest ?? Request, "a b");
                return Task.FromResult(turn.NextRevision());
            }
        );
}

public sealed class SqliteIdempotencyTests() : IdempotencySuite(Engine.Sqlite);

public sealed class PostgresIdempotencyTests() : IdempotencySuite(Engine.Postgres);
