using Vibe.Access.V1;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.DocumentCalls;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>What streams that have caught up are told, beside what a pull from the same place tells.</summary>
public abstract class NewsSuite(SharedServer shared) : SyncSuite(shared)
{
    private const int Many = 40;

    private static readonly string Long = $$"""{"Text":"{{new string('x', 3000)}}","Title":"Long"}""";

    [Fact]
    public async Task Whoever_rests_is_told_what_a_pull_tells_be_it_little_long_or_much()
    {
        var bob = await Server.PersonAsync("bob");
        var whole = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "*"));
        var masked = await Alice.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title"));
        var guests = await bob.NewAppAsync(new Allow(Movies, [Operation.Read], "/Title") { IncludeShared = true });
        var collection = Alice.Collection(Movies);
        await using var readers = new Readers();
        foreach (var actor in new[] { Alice.Own, whole.Actor, masked.Actor, bob.Own, guests.Actor })
            await readers.AddAsync(actor, collection);

        await readers.ToldAsync([5, 5, 5, 0, 0], () => BatchAsync(5, "few", "{}"));
        await readers.ToldAsync([1, 1, 1, 1, 1], () => Alice.Own.CreateAsync(Movie("short"), "{}", Readers(bob)));
        await readers.ToldAsync([1, 1, 1, 1, 1], () => Alice.Own.CreateAsync(Movie("long"), Long, Readers(bob)));
        await readers.ToldAsync([1, 1, 0, 1, 0], () => Alice.Own.SetAsync(Movie("short"), """{"Year":1979}"""));
        await readers.ToldAsync([1, 1, 1, 1, 1], () => Alice.Own.SetAsync(Movie("long"), """{"Title":"Longer"}"""));
        await readers.ToldAsync(
            [Many, Many, Many, 0, 0],
            () => BatchAsync(Many, "many", """{"Title":"One of many"}""")
        );
        await readers.ToldAsync([1, 0, 0, 1, 1], () => Alice.Own.SetAclAsync(Movie("long"), new Acl()));
        await readers.ToldAsync([1, 1, 1, 1, 1], () => Alice.Own.DeleteAsync(Movie("short")));
        await readers.ToldAsync([1, 1, 1, 0, 0], () => Alice.Own.DeleteAsync(Movie("long")));
    }

    private Task BatchAsync(int count, string name, string json) =>
        Alice.Own.BatchAsync(
            Alice.Space,
            Enumerable.Range(0, count).Select(number => Creation(Movie($"{name}-{number}"), json))
        );

    private sealed class Readers : IAsyncDisposable
    {
        private readonly List<(Actor Actor, string Collection, Follower Follower)> _all = [];
        private readonly List<string> _tokens = [];

        public async Task AddAsync(Actor actor, string collection)
        {
            var token = (await Calls.PullAsync(actor, collection)).ResumeToken;
            _tokens.Add(token);
            _all.Add((actor, collection, await Follower.CaughtUpAsync(actor, collection, token)));
        }

        /// <summary>Expects so many changes for each reader, on its stream as by a pull from where the stream was.</summary>
        public async Task ToldAsync(int[] expected, Func<Task> deed)
        {
            await deed();
            for (var reader = 0; reader < _all.Count; reader++)
            {
                var (actor, collection, follower) = _all[reader];
                var pulled = await Calls.PullAsync(actor, collection, _tokens[reader]);
                Assert.Equal(expected[reader], pulled.Changes.Count);
                _tokens[reader] = pulled.ResumeToken;
                var told = new List<Change>();
                while (told.Count < pulled.Changes.Count)
                    told.AddRange((await follower.PageAsync()).Changes);
                Assert.Equal(pulled.Changes, told);
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, _, follower) in _all)
                await follower.DisposeAsync();
        }
    }
}

public sealed class NewsOnSqliteTests(SqliteServer server) : NewsSuite(server), IClassFixture<SqliteServer>;

public sealed class NewsOnPostgresTests(PostgresServer server) : NewsSuite(server), IClassFixture<PostgresServer>;
