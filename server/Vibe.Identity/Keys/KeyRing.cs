using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Vibe.Storage;
using Vibe.Storage.Sessions;

namespace Vibe.Identity.Keys;

/// <summary>
/// The server's own keys: those that sign access tokens and those that seal the tokens which only the server reads. They
/// lie in the database, wrapped by the master key, so that replicas share them.
/// </summary>
public sealed class KeyRing(Database database, IOptions<StorageOptions> options) : IDisposable
{
    /// <summary>How often servers look for keys that another process made.</summary>
    internal static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(15);

    // A new key is used once every server has had time to find it, so that what one signs or seals all others accept.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    private const string Signing = "signing";
    private const string Sealing = "sealing";
    private const string Server = "server";

    private volatile Ring? _ring;

    /// <summary>What tokens of this server name as their issuer and audience. It is no address.</summary>
    public string ServerId => Loaded.ServerId;

    internal SigningCredentials SigningCredentials => new(Newest(Loaded.Signing).Key, SecurityAlgorithms.EcdsaSha256);

    internal IEnumerable<SecurityKey> VerificationKeys => Loaded.Signing.Select(key => key.Key);

    /// <summary>The key that wraps all others.</summary>
    internal MasterKey Master => Loaded.Master;

    internal (string Id, byte[] Key) NewestSealingKey
    {
        get
        {
            var newest = Newest(Loaded.Sealing);
            return (newest.Id, newest.Key);
        }
    }

    private Ring Loaded => _ring ?? throw new InvalidOperationException("The key ring was not loaded at start.");

    internal byte[]? SealingKey(string id) => Loaded.Sealing.Find(key => key.Id == id)?.Key;

    /// <summary>Makes what keys are missing; a step of the migration, so that replicas start with the same ring.</summary>
    /// <exception cref="StartupException">There are keys, and the master key is missing or another one.</exception>
    public async Task EnsureAsync(CancellationToken cancellation)
    {
        await using var write = await database.WriteAsync(cancellation);
        // Two migrations at once would make two of each.
        await database.LockTableAsync(write, "server_keys", cancellation);
        var rows = await ReadAsync(write, cancellation);
        var path = options.Value.MasterKeyPath;
        var master = rows.Count == 0 ? MasterKey.ReadOrCreate(path) : MasterKey.Read(path);
        foreach (var row in rows)
            master.Unwrap(row.Wrapped, row.Kind);
        var kinds = rows.Select(row => row.Kind).ToHashSet();
        if (!kinds.Contains(Server))
            await AddAsync(write, master, Server, [], cancellation);
        if (!kinds.Contains(Signing))
            await AddSigningAsync(write, master, cancellation);
        if (!kinds.Contains(Sealing))
            await AddSealingAsync(write, master, cancellation);
        await write.CommitAsync();
    }

    /// <summary>
    /// Makes a new key of each kind. Servers that run find them by themselves and use them after a minute; what the old ones
    /// signed and sealed stays good, unless they are revoked.
    /// </summary>
    /// <param name="revokeOld">
    /// Whether the old keys end, and every token with them: access tokens are refused, resume tokens begin a snapshot.
    /// </param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="StartupException">The master key is missing or another one.</exception>
    public async Task RotateAsync(bool revokeOld, CancellationToken cancellation)
    {
        var master = MasterKey.Read(options.Value.MasterKeyPath);
        await using var write = await database.WriteAsync(cancellation);
        await database.LockTableAsync(write, "server_keys", cancellation);
        // A ring that this master key cannot read would be left with keys that no server can load.
        foreach (var row in await ReadAsync(write, cancellation))
            master.Unwrap(row.Wrapped, row.Kind);
        if (revokeOld)
            await write.ExecuteAsync(
                "DELETE FROM server_keys WHERE kind IN (@signing, @sealing)",
                [("@signing", Signing), ("@sealing", Sealing)],
                cancellation
            );
        await AddSigningAsync(write, master, cancellation);
        await AddSealingAsync(write, master, cancellation);
        await write.CommitAsync();
    }

    /// <summary>Reads the keys.</summary>
    /// <exception cref="StartupException">The master key is missing or another one.</exception>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        var master = MasterKey.Read(options.Value.MasterKeyPath);
        await using var snapshot = await database.ReadAsync(cancellation);
        var ring = new Ring(master);
        foreach (var row in await ReadAsync(snapshot, cancellation))
            ring.Add(row, master.Unwrap(row.Wrapped, row.Kind));
        // The old ring is not disposed of: calls that run may hold its keys.
        _ring = ring;
    }

    /// <summary>Reads the keys again if they are others than before.</summary>
    /// <exception cref="StartupException">The master key is missing or another one.</exception>
    internal async Task RefreshAsync(CancellationToken cancellation)
    {
        List<StoredKey> rows;
        await using (var snapshot = await database.ReadAsync(cancellation))
            rows = await ReadAsync(snapshot, cancellation);
        if (!rows.Select(row => row.Id).ToHashSet().SetEquals(Loaded.Ids))
            await LoadAsync(cancellation);
    }

    /// <inheritdoc />
    public void Dispose() => _ring?.Dispose();

    // Those that settled; the oldest where none has, which is the one that every server has had longest.
    private RingKey<T> Newest<T>(List<RingKey<T>> keys)
    {
        var settled = database.Clock.Microseconds - (long)Settling.TotalMicroseconds;
        return keys.FindLast(key => key.CreatedAt <= settled) ?? keys[0];
    }

    private static Task<List<StoredKey>> ReadAsync(Session session, CancellationToken cancellation) =>
        session.ListAsync(
            "SELECT id, kind, wrapped, created_at FROM server_keys ORDER BY created_at, id",
            row => new StoredKey(row.GetString(0), row.GetString(1), row.Bytes(2), row.GetInt64(3)),
            [],
            cancellation
        );

    private async Task AddSigningAsync(Write write, MasterKey master, CancellationToken cancellation)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await AddAsync(write, master, Signing, key.ExportPkcs8PrivateKey(), cancellation);
    }

    private Task AddSealingAsync(Write write, MasterKey master, CancellationToken cancellation) =>
        AddAsync(write, master, Sealing, RandomNumberGenerator.GetBytes(32), cancellation);

    private async Task AddAsync(
        Write write,
        MasterKey master,
        string kind,
        byte[] secret,
        CancellationToken cancellation
    ) =>
        await write.ExecuteAsync(
            "INSERT INTO server_keys (id, kind, wrapped, created_at) VALUES (@id, @kind, @wrapped, @at)",
            [
                ("@id", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))),
                ("@kind", kind),
                ("@wrapped", master.Wrap(secret, kind)),
                ("@at", database.Clock.Microseconds),
            ],
            cancellation
        );

    private sealed record StoredKey(string Id, string Kind, byte[] Wrapped, long CreatedAt);

    private sealed record RingKey<T>(string Id, T Key, long CreatedAt);

    private sealed class Ring(MasterKey master) : IDisposable
    {
        public MasterKey Master { get; } = master;
        public string ServerId { get; private set; } = "";
        public HashSet<string> Ids { get; } = [];

        // Each of them from the oldest to the newest.
        public List<RingKey<ECDsaSecurityKey>> Signing { get; } = [];
        public List<RingKey<byte[]>> Sealing { get; } = [];

        // The cache is one for all rings of the process and would go on using a key that another ring has disposed of.
        private CryptoProviderFactory Factory { get; } = new() { CacheSignatureProviders = false };

        public void Add(StoredKey stored, byte[] secret)
        {
            Ids.Add(stored.Id);
            switch (stored.Kind)
            {
                case KeyRing.Server:
                    ServerId = $"urn:vibe:server:{stored.Id}";
                    break;
                case KeyRing.Signing:
                    var key = ECDsa.Create();
                    key.ImportPkcs8PrivateKey(secret, out _);
                    var signing = new ECDsaSecurityKey(key) { KeyId = stored.Id, CryptoProviderFactory = Factory };
                    Signing.Add(new RingKey<ECDsaSecurityKey>(stored.Id, signing, stored.CreatedAt));
                    break;
                case KeyRing.Sealing:
                    Sealing.Add(new RingKey<byte[]>(stored.Id, secret, stored.CreatedAt));
                    break;
            }
        }

        public void Dispose() => Signing.ForEach(key => key.Key.ECDsa.Dispose());
    }
}
