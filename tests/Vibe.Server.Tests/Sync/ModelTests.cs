using System.Globalization;
using Grpc.Core;
using Vibe.Access.V1;
using Vibe.Sync.V1;
using Vibe.Testing;
using static Vibe.Server.Tests.Sync.Calls;

namespace Vibe.Server.Tests.Sync;

/// <summary>
/// Random histories, and readers that keep a copy by the rules of the contract: whenever a page says that a copy is
/// complete, it is what a fresh listing shows. <c>VIBE_SEED</c> and <c>VIBE_HISTORIES</c> make it another run, or a longer
/// one.
/// </summary>
public abstract class ModelSuite(SharedServer shared, ITestOutputHelper output) : SyncSuite(shared)
{
    private const int Steps = 50;

    [Fact]
    public async Task Every_checkpoint_is_a_fresh_listing()
    {
        var seed = Setting("VIBE_SEED", 20261124);
        var histories = Setting("VIBE_HISTORIES", 5);
        output.WriteLine($"seed {seed}, histories {histories}");
        int pages = 0,
            checkpoints = 0,
            resets = 0;
        for (var history = 0; history < histories; history++)
        {
            var world = await ModelWorld.MakeAsync(Server, new Random(seed + history));
            try
            {
                for (var step = 0; step < Steps; step++)
                {
                    await world.ActAsync();
                    await world.PullSomewhereAsync();
                }
                await world.CatchUpAsync();
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"VIBE_SEED={seed + history} VIBE_HISTORIES=1 fails after:\n{string.Join('\n', world.Story)}",
                    exception
                );
            }
            pages += world.Pages;
            checkpoints += world.Checkpoints;
            resets += world.Resets;
        }
        output.WriteLine($"pages {pages}, checkpoints {checkpoints}, resets {resets}");
        Assert.True(checkpoints > histories * 4 && resets > histories * 4);
    }

    private static int Setting(string name, int value) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : value;
}

public sealed class ModelOnSqliteTests(SqliteServer server, ITestOutputHelper output)
    : ModelSuite(server, output),
        IClassFixture<SqliteServer>;

public sealed class ModelOnPostgresTests(PostgresServer server, ITestOutputHelper output)
    : ModelSuite(server, output),
        IClassFixture<PostgresServer>;

/// <summary>One space, those who write into it and those who follow it.</summary>
internal sealed class ModelWorld
{
    private const string Movies = "movies";

    private readonly Random _random;
    private readonly Person _alice;
    private readonly Person _bob;
    private readonly List<ModelReader> _readers;
    private readonly HashSet<string> _bobCouldRead = new(StringComparer.Ordinal);
    private AllowedApp _masked;
    private readonly AllowedApp _writer;
    private readonly AllowedApp _sharer;
    private int _made;
    private int _values;

    private ModelWorld(Random random, Person alice, Person bob, AllowedApp[] apps, AllowedApp bobs)
    {
        (_random, _alice, _bob) = (random, alice, bob);
        (_masked, _writer, _sharer) = (apps[0], apps[1], apps[2]);
        _readers =
        [
            new("owner", () => alice.Own),
            new("masked app", () => _masked.Actor),
            new("whole app", () => _writer.Actor),
            new("sharing app", () => _sharer.Actor),
            new("bob", () => bob.Own) { MaySee = _bobCouldRead },
            new("bob's masked app", () => bobs.Actor) { MaySee = _bobCouldRead },
        ];
    }

    public List<string> Story { get; } = [];
    public int Pages => _readers.Sum(reader => reader.Pages);
    public int Checkpoints => _readers.Sum(reader => reader.Checkpoints);
    public int Resets => _readers.Sum(reader => reader.Copy.Resets);

    private string Collection => _alice.Collection(Movies);

    public static async Task<ModelWorld> MakeAsync(VibeServer server, Random random)
    {
        var alice = await server.PersonAsync("alice");
        var bob = await server.PersonAsync("bob");
        var whole = new Allow(Movies, ReadWrite, "*");
        AllowedApp[] apps =
        [
            await alice.NewAppAsync(new Allow(Movies, ReadWrite, "*")),
            await alice.NewAppAsync(whole),
            await alice.NewAppAsync(whole, new Allow(Movies, [Operation.Share])),
        ];
        await apps[0].ChangeAsync(Mask(random));
        var bobs = await bob.NewAppAsync(new Allow(Movies, [Operation.Read], "/a", "/b") { IncludeShared = true });
        return new ModelWorld(random, alice, bob, apps, bobs);
    }

    public async Task ActAsync()
    {
        try
        {
            await OperateAsync();
        }
        catch (RpcException refused)
            when (refused.Reason() is "RESOURCE_NOT_FOUND" or "FIELD_NOT_GRANTED" or "NOT_GRANTED" or "ACL_DENIED")
        {
            Story[^1] += $" -> {refused.Reason()}";
        }
        _bobCouldRead.UnionWith((await _bob.Own.ListAsync(Collection)).Keys);
    }

    public async Task PullSomewhereAsync()
    {
        foreach (var reader in _readers.Where(_ => _random.Next(3) == 0))
            await reader.PullAsync(Collection, _random.Next(1, 6));
    }

    public async Task CatchUpAsync()
    {
        foreach (var reader in _readers)
        {
            do await reader.PullAsync(Collection, _random.Next(1, 6));
            while (!reader.Copy.IsComplete);
            // A stream from wherever the copy is shows nothing else.
            await using var follower = await Follower.OpenAsync(reader.Actor, Scope(Collection, reader.Copy.Token));
            var page = await follower.PageAsync();
            Assert.False(page.Reset);
            Assert.Empty(page.Changes);
        }
    }

    private async Task OperateAsync()
    {
        var writer = Pick(_alice.Own, _alice.Own, _masked.Actor, _writer.Actor, _sharer.Actor);
        var member = Pick("a", "b", "c");
        var document = _alice.Document(Movies, $"d{_random.Next(Math.Max(1, _made))}");
        switch (_random.Next(14))
        {
            case 0 or 1 or 2:
                document = _alice.Document(Movies, $"d{_made++}");
                var acl = writer == _alice.Own && _random.Next(2) == 0 ? [List()] : Array.Empty<Acl>();
                Story.Add($"{Who(writer)} creates {document} {acl.Length}");
                await writer.CreateAsync(document, $$"""{"a":{{_values++}},"b":{{_values++}}}""", acl);
                break;
            case 3 or 4 or 5:
                Story.Add($"{Who(writer)} sets {member} of {document}");
                await writer.SetAsync(document, $$"""{"{{member}}":{{_values++}}}""");
                break;
            case 6:
                Story.Add($"{Who(writer)} removes {member} of {document}");
                await writer.SetAsync(document, "{}", $"/{member}");
                break;
            case 7:
                Story.Add($"{Who(writer)} replaces {document}");
                await writer.SetAsync(document, $$"""{"a":{{_values++}}}""", "*");
                break;
            case 8:
                Story.Add($"{Who(writer)} deletes {document}");
                await writer.DeleteAsync(document);
                break;
            case 9 or 10 or 11:
                Story.Add($"the list of {document} changes");
                await _alice.Own.SetAclAsync(document, List());
                break;
            case 12:
                Story.Add("the masked app is allowed something else");
                await _masked.ChangeAsync(Mask(_random));
                break;
            default:
                Story.Add("the masked app's grant ends and another begins");
                await _masked.RevokeAsync();
                _masked = await _alice.AllowAsync(_masked.App, Mask(_random));
                break;
        }
    }

    private Acl List() =>
        Pick(
            () => Readers(),
            () => Readers(_bob),
            () => Allowing([_bob], Operation.Read, Operation.Update),
            () => Allowing([_bob], Operation.Read, Operation.Share)
        )();

    private static Allow Mask(Random random) =>
        random.Next(4) switch
        {
            0 => new Allow(Movies, ReadWrite, "/a"),
            1 => new Allow(Movies, ReadWrite, "/a", "/c"),
            2 => new Allow(Movies, [Operation.Read], "/b"),
            _ => new Allow(Movies, ReadWrite, "*"),
        };

    private string Who(Actor actor) =>
        actor == _alice.Own ? "alice"
        : actor == _masked.Actor ? "the masked app"
        : actor == _writer.Actor ? "the writing app"
        : "the sharing app";

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];
}

/// <summary>A reader of the model, with its copy.</summary>
internal sealed class ModelReader(string name, Func<Actor> actor)
{
    public Copy Copy { get; } = new();
    public Actor Actor => actor();
    public int Pages { get; private set; }
    public int Checkpoints { get; private set; }

    /// <summary>The documents that it may ever hear of, where lists bind it.</summary>
    public HashSet<string>? MaySee { get; init; }

    public async Task PullAsync(string collection, int size)
    {
        var page = await Actor.PullAsync(collection, Copy.Token, size);
        Pages++;
        if (MaySee is not null)
            Assert.All(page.Ids(), id => Assert.Contains(id, MaySee));
        Copy.Apply(page, size);
        if (!Copy.IsComplete)
        {
            Assert.NotEmpty(page.Changes);
            return;
        }
        Checkpoints++;
        Assert.True(
            Same(await Actor.ListAsync(collection), Copy.Documents, out var difference),
            $"{name}: {difference}"
        );
    }

    private static bool Same(
        SortedDictionary<string, string> listed,
        SortedDictionary<string, string> kept,
        out string difference
    )
    {
        difference = string.Join(
            "; ",
            listed
                .Keys.Union(kept.Keys)
                .Where(id => listed.GetValueOrDefault(id) != kept.GetValueOrDefault(id))
                .Select(id => $"{id}: listed {listed.GetValueOrDefault(id)}, kept {kept.GetValueOrDefault(id)}")
        );
        return difference.Length == 0;
    }
}
