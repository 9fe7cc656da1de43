using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Sqlite;
using Vibe.Testing;

namespace Vibe.Durability;

/// <summary>
/// What a loss of power leaves of a SQLite database (R26): a server is recorded while it takes writes, and the recording is
/// cut at many places. <c>VIBE_CUTS</c> and <c>VIBE_SEED</c> make it a longer run, or another one.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output) : IDisposable
{
    private const int Writers = 4;
    private const int Padding = 6000;

    private readonly int _seed = Setting.Number("VIBE_SEED", 20261124);
    private readonly int _cuts = Setting.Number("VIBE_CUTS", 120);
    private readonly string _folder = Directory.CreateTempSubdirectory("vibe-power-").FullName;

    [Fact]
    public async Task Whatever_was_acknowledged_survives_a_loss_of_power_and_nothing_is_half_there()
    {
        var findings = await CutAsync(ServerProcess.Real, _cuts);

        Assert.Empty(findings);
    }

    [Fact]
    public async Task A_server_that_does_not_sync_its_commits_is_found_out()
    {
        var findings = await CutAsync(ServerProcess.Weak, 20);

        Assert.Contains(findings, finding => finding.Contains("acknowledged", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<List<string>> CutAsync(string program, int cuts)
    {
        using var data = await Data.MakeAsync();
        var before = data.Files();
        var recorded = await RecordedLoad.RunAsync(
            program,
            data,
            Padding,
            load => load.RunAsync(Writers, Math.Max(30, cuts / 8))
        );
        var watch = Stopwatch.StartNew();
        var random = new Random(_seed);
        var (load, acknowledgements) = (recorded.Load, recorded.Acknowledgements);
        var first = acknowledgements[0].At;
        var busy = recorded.Events.Where(each => each.Began >= first).ToArray();
        var checkpoints = busy.OfType<Synced>().Count(sync => sync.Path.EndsWith(".db", StringComparison.Ordinal));
        Assert.True(checkpoints > 0, "No checkpoint was recorded.");
        // Half of the cuts are where they hurt most: when an acknowledgement has just begun to leave.
        var places = Enumerable
            .Range(0, cuts)
            .Select(n => n % 2 == 0 ? random.GetItems(acknowledgements, 1)[0].At : random.GetItems(busy, 1)[0].Ended)
            .Order()
            .ToArray();
        var disk = new Disk(data.Folder, before, recorded.Events);
        var losses = Enum.GetValues<Loss>();
        var findings = new List<string>();
        var (lost, opened) = (0, 0);
        foreach (var (n, place) in places.Index())
        {
            disk.PlayTo(place);
            lost += disk.Unsafe;
            // The strictest half of the time, the others in turn.
            var loss = random.Next(2) == 0 ? Loss.Everything : losses[random.Next(losses.Length)];
            var target = Directory.CreateDirectory(Path.Combine(_folder, "cut")).FullName;
            disk.LoseInto(target, loss, random);
            var kept = acknowledgements.TakeWhile(each => each.At <= place).Select(each => each.Written);
            var found = await StoredAsync(target);
            var wrong = found.Problem ?? Compare(load, kept, found);
            if (wrong is null && n % 20 == 0)
            {
                await AssertServesAsync(target, data, load, found);
                opened++;
            }
            if (wrong is not null)
                findings.Add(string.Create(CultureInfo.InvariantCulture, $"at {place}, lost {loss}: {wrong}"));
            Directory.Delete(target, recursive: true);
        }
        output.WriteLine(
            $"seed {_seed}: {load.Groups} calls acknowledged by {Writers} writers, {busy.Length} events recorded, "
                + $"{checkpoints} syncs of the database; {cuts} cuts in {watch.Elapsed.TotalSeconds:f1} s, "
                + $"{lost} unsynced calls lost or torn, {opened} served again, {findings.Count} broke a promise"
        );
        findings.Take(5).ToList().ForEach(output.WriteLine);
        return findings;
    }

    private static async Task<Stored> StoredAsync(string folder)
    {
        await using var database = new SqliteDatabase(
            Path.Combine(folder, "vibe.db"),
            [],
            new Clock(TimeProvider.System)
        );
        try
        {
            await database.AssertReadyAsync(default);
            await using var snapshot = await database.ReadAsync(default);
            var integrity = await snapshot.ListAsync("PRAGMA integrity_check", row => row.GetString(0), [], default);
            var head = await snapshot.FirstAsync("SELECT MAX(head) FROM spaces", row => row.GetInt64(0), [], default);
            var documents = await snapshot.ListAsync(
                "SELECT id, revision, body FROM documents",
                row => (row.GetString(0), row.GetInt64(1), Encoding.UTF8.GetString(row.Bytes(2))),
                [],
                default
            );
            var broken = integrity is ["ok"] ? null : $"integrity_check: {string.Join(' ', integrity)}";
            return new Stored(head, documents, broken);
        }
        catch (Exception exception) when (exception is StartupException or Microsoft.Data.Sqlite.SqliteException)
        {
            return new Stored(0, [], exception.Message);
        }
    }

    /// <summary>What is wrong with what is stored, or nothing.</summary>
    private static string? Compare(Load load, IEnumerable<Written> acknowledged, Stored stored)
    {
        var versions = new Dictionary<string, int>();
        foreach (var (id, _, body) in stored.Documents)
        {
            var version = Enumerable
                .Range(0, load.Tried.GetValueOrDefault(id, -1) + 1)
                .FirstOrDefault(each => load.Body(new Written(id, each)) == body, -1);
            if (version < 0)
                return $"{id} holds what nobody wrote";
            versions[id] = version;
        }
        foreach (var (id, version) in acknowledged)
            if (versions.GetValueOrDefault(id, -1) < version)
                return $"version {version} of {id} was acknowledged and is not there";
        if (load.Batches.FirstOrDefault(ids => ids.Select(versions.ContainsKey).Distinct().Count() > 1) is { } batch)
            return $"{batch[0]} and what was created with it are half there";
        // Each version of each document took one revision, and nothing else did.
        var revisions = stored.Documents.Select(document => document.Revision).ToArray();
        var written = versions.Values.Sum(version => version + 1);
        if (stored.Head != written || revisions.Distinct().Count() != revisions.Length)
            return $"the head is {stored.Head} after {written} writes";
        return revisions.Length > 0 && revisions.Max() != stored.Head ? "the newest revision is not there" : null;
    }

    private static async Task AssertServesAsync(string folder, Data data, Load load, Stored stored)
    {
        await using var server = await VibeServer.StartAsync(new ServerSetup { Folder = folder });
        var again = new Load(server.With(data.Token).Invoker, data.Space, Padding);

        Assert.Equal(
            stored.Documents.ToDictionary(document => document.Id, document => document.Body),
            await again.ListAsync()
        );
        await again.PutAsync("after");
        Assert.Equal(again.Body(new Written("after", 0)), (await again.ListAsync())["after"]);
    }

    private sealed record Stored(long Head, List<(string Id, long Revision, string Body)> Documents, string? Problem);
}
