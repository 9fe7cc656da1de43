using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Vibe.Hosting;
using Vibe.Identity.Accounts;
using Vibe.Identity.Keys;
using Vibe.Server;
using Vibe.Testing;

namespace Vibe.Storage.Tests.Keys;

public abstract class KeyRingSuite(Engine engine) : StorageSuite(engine)
{
    [Fact]
    public async Task Processes_share_one_ring()
    {
        var (here, there) = (await ProcessAsync(), await ProcessAsync());

        var ring = here.Get<KeyRing>();
        var other = there.Get<KeyRing>();

        Assert.Equal(ring.ServerId, other.ServerId);
        Assert.Equal(ring.NewestSealingKey.Id, other.NewestSealingKey.Id);
        Assert.Equal(ring.NewestSealingKey.Key, other.NewestSealingKey.Key);
        Assert.Equal(ring.SigningCredentials.Kid, other.SigningCredentials.Kid);
    }

    [Fact]
    public async Task Keys_are_made_once_however_many_migrate_at_once()
    {
        var processes = new List<StorageProcess>();
        for (var n = 0; n < 4; n++)
            processes.Add(await UnreadyProcessAsync());
        await processes[0].Migrations.ApplyAsync(CancellationToken.None);

        await Task.WhenAll(
            processes.Select(process => Task.Run(() => process.Get<KeyRing>().EnsureAsync(CancellationToken.None)))
        );

        Assert.Equal(
            ["sealing", "server", "signing"],
            await processes[0].ListAsync<string>("SELECT kind FROM server_keys ORDER BY kind")
        );
    }

    [Fact]
    public async Task A_missing_master_key_is_asked_for_by_name_and_not_made_anew()
    {
        await ProcessAsync();
        var path = await MasterKeyPathAsync();
        File.Delete(path);

        await AssertRefusedAsync(path, "missing");

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Another_master_key_is_refused_and_adds_nothing()
    {
        var process = await ProcessAsync();
        var path = await MasterKeyPathAsync();
        await File.WriteAllTextAsync(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        await process.ExecuteAsync("DELETE FROM server_keys WHERE kind = 'sealing'");

        await AssertRefusedAsync("does not belong to this database");

        Assert.Equal(2, (await process.ListAsync<string>("SELECT id FROM server_keys")).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AAAA")]
    [InlineData("\0\u0001\u0002ÿ")]
    public async Task A_file_that_holds_no_key_is_refused_by_name(string content)
    {
        await ProcessAsync();
        var path = await MasterKeyPathAsync();
        await File.WriteAllTextAsync(path, content);

        await AssertRefusedAsync(path, "no master key file");
    }

    [Fact]
    public async Task A_key_that_is_cut_short_is_refused()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync("UPDATE server_keys SET wrapped = @short", ("@short", new byte[5]));

        await AssertRefusedAsync("cut short");
    }

    [Fact]
    public async Task A_key_passes_for_no_other_kind()
    {
        var process = await ProcessAsync();
        await process.ExecuteAsync("UPDATE server_keys SET kind = 'signing' WHERE kind = 'sealing'");

        await AssertRefusedAsync("does not belong to this database");
    }

    [Fact]
    public async Task New_keys_are_found_by_servers_that_run_and_used_when_all_had_time_to_find_them()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var (here, there) = (await ProcessAsync(time), await ProcessAsync(time));
        var ring = there.Get<KeyRing>();
        var old = ring.NewestSealingKey.Id;
        await there.StartAsync<KeyWatch>();
        time.Advance(TimeSpan.FromMinutes(5));

        await here.Get<KeyRing>().RotateAsync(revokeOld: false, CancellationToken.None);
        // In small steps: whoever looks may begin to wait a moment later, and must not find a minute gone.
        await EventuallyAsync(() =>
        {
            time.Advance(KeyRing.LookInterval / 100);
            return Task.FromResult(ring.VerificationKeys.Count() == 2);
        });

        Assert.Equal(old, ring.NewestSealingKey.Id);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEqual(old, ring.NewestSealingKey.Id);
        Assert.NotNull(ring.SealingKey(old));
        Assert.Contains(ring.VerificationKeys, key => key.KeyId == ring.SigningCredentials.Kid);
    }

    [Fact]
    public async Task Revoked_keys_are_gone_and_their_successors_used_at_once()
    {
        var process = await ProcessAsync();
        var ring = process.Get<KeyRing>();
        var (sealing, signing) = (ring.NewestSealingKey.Id, ring.SigningCredentials.Kid);

        await ring.RotateAsync(revokeOld: true, CancellationToken.None);
        await ring.RefreshAsync(CancellationToken.None);

        Assert.Null(ring.SealingKey(sealing));
        Assert.NotEqual(sealing, ring.NewestSealingKey.Id);
        Assert.NotEqual(signing, Assert.Single(ring.VerificationKeys).KeyId);
    }

    [Fact]
    public async Task A_ring_of_another_master_key_is_not_rotated()
    {
        var process = await ProcessAsync();
        await File.WriteAllTextAsync(
            await MasterKeyPathAsync(),
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))
        );

        await Assert.ThrowsAsync<StartupException>(() =>
            process.Get<KeyRing>().RotateAsync(revokeOld: true, CancellationToken.None)
        );

        Assert.Equal(3, (await process.ListAsync<string>("SELECT id FROM server_keys")).Count);
    }

    private async Task<string> MasterKeyPathAsync() => Path.Combine((await PlaceAsync()).Folder, "master.key");

    private async Task AssertRefusedAsync(params string[] words)
    {
        var process = await UnreadyProcessAsync();
        foreach (
            var start in new Func<Task>[] { () => process.Host.AssertReadyAsync(), () => process.Host.MigrateAsync() }
        )
        {
            var refusal = await Assert.ThrowsAsync<StartupException>(start);
            Assert.All(words, word => Assert.Contains(word, refusal.Message, StringComparison.Ordinal));
        }
    }
}

public sealed class PostgresKeyRingTests() : KeyRingSuite(Engine.Postgres);

public sealed class SqliteKeyRingTests() : KeyRingSuite(Engine.Sqlite)
{
    [Fact]
    public async Task Only_its_owner_can_read_the_master_key_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await ProcessAsync();
        var path = Path.Combine((await PlaceAsync()).Folder, "master.key");

        var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
    }

    [Fact]
    public async Task No_secret_lies_open_in_the_database()
    {
        var process = await ProcessAsync();
        await process.Get<AccountStore>().CreateAsync("Alice", CancellationToken.None);
        var ring = process.Get<KeyRing>();
        var secrets = new List<byte[]>
        {
            ring.NewestSealingKey.Key,
            Convert.FromBase64String(
                await File.ReadAllTextAsync(Path.Combine((await PlaceAsync()).Folder, "master.key"))
            ),
        };
        foreach (var key in ring.VerificationKeys.Cast<Microsoft.IdentityModel.Tokens.ECDsaSecurityKey>())
            secrets.Add(key.ECDsa.ExportParameters(includePrivateParameters: true).D!);
        foreach (
            var (column, purpose) in new[]
            {
                ("rotation_key", "account rotation key"),
                ("vibe_key", "account vibe key"),
            }
        )
        {
            var wrapped = (await process.ListAsync<byte[]>($"SELECT {column} FROM accounts")).Single();
            using var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(ring.Master.Unwrap(wrapped, purpose), out _);
            secrets.Add(key.ExportParameters(includePrivateParameters: true).D!);
        }
        await process.ExecuteAsync("UPDATE accounts SET display_name = 'Findable Alice'");

        var bytes = Directory.GetFiles((await PlaceAsync()).Folder, "vibe.db*").SelectMany(ReadShared).ToArray();

        Assert.Equal(5, secrets.Count);
        Assert.True(bytes.AsSpan().IndexOf("Findable Alice"u8) >= 0);
        foreach (var secret in secrets)
        {
            Assert.Equal(32, secret.Length);
            Assert.True(bytes.AsSpan().IndexOf(secret) < 0);
            var hex = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret));
            Assert.True(bytes.AsSpan().IndexOf(hex) < 0);
            var base64 = System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(secret).TrimEnd('='));
            Assert.True(bytes.AsSpan().IndexOf(base64) < 0);
        }
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
