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
    private const string Signing = "signing";
    private const string Sealing = "sealing";
    private const string Server = "server";

    private volatile Ring? _ring;

    /// <summary>What tokens of this server name as their issuer and audience. It is no address.</summary>
    public string ServerId => Loaded.ServerId;

    /// <summary>Whether what was loaded is all that a server needs.</summary>
    internal bool IsComplete => Loaded is { ServerId.Length: > 0, Signing.Count: > 0, Sealing.Count: > 0 };

    internal SigningCredentials SigningCredentials => Loaded.SigningCredentials;

    internal IEnumerable<SecurityKey> VerificationKeys => Loaded.Signing;

    /// <summary>The key that wraps all others.</summary>
    internal MasterKey Master => Loaded.Master;

    internal (string Id, byte[] Key) NewestSealingKey => Loaded.NewestSealing;

    private Ring Loaded => _ring ?? throw new InvalidOperationException("The key ring was not loaded at start.");

    internal byte[]? SealingKey(string id) => Loaded.Sealing.GetValueOrDefault(id);

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
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await AddAsync(write, master, Signing, key.ExportPkcs8PrivateKey(), cancellation);
        }
        if (!kinds.Contains(Sealing))
            await AddAsync(write, master, Sealing, RandomNumberGenerator.GetBytes(32), cancellation);
        await write.CommitAsync();
    }

    /// <summary>Reads the keys.</summary>
    /// <exception cref="StartupException">The master key is missing or another one.</exception>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await using var snapshot = await database.ReadAsync(cancellation);
        await LoadAsync(snapshot, cancellation);
    }

    /// <summary>Reads the keys as they are in one state of the database.</summary>
    /// <exception cref="StartupException">The master key is missing or another one.</exception>
    internal async Task LoadAsync(Session session, CancellationToken cancellation)
    {
        var master = MasterKey.Read(options.Value.MasterKeyPath);
        var ring = new Ring(master);
        foreach (var (id, kind, wrapped) in await ReadAsync(session, cancellation))
            ring.Add(id, kind, master.Unwrap(wrapped, kind));
        Interlocked.Exchange(ref _ring, ring)?.Dispose();
    }

    /// <inheritdoc />
    public void Dispose() => _ring?.Dispose();

    private static Task<List<(string Id, string Kind, byte[] Wrapped)>> ReadAsync(
        Session session,
        CancellationToken cancellation
    ) =>
        session.ListAsync(
            "SELECT id, kind, wrapped FROM server_keys ORDER BY created_at, id",
            row => (row.GetString(0), row.GetString(1), row.Bytes(2)),
            [],
            cancellation
        );

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

    private sealed class Ring(MasterKey master) : IDisposable
    {
        public MasterKey Master { get; } = master;
        public string ServerId { get; private set; } = "";
        public List<ECDsaSecurityKey> Signing { get; } = [];
        public Dictionary<string, byte[]> Sealing { get; } = [];

        // The cache is one for all rings of the process and would go on using a key that another ring has disposed of.
        private CryptoProviderFactory Factory { get; } = new() { CacheSignatureProviders = false };

        public (string Id, byte[] Key) NewestSealing { get; private set; }
        public SigningCredentials SigningCredentials => new(Signing[^1], SecurityAlgorithms.EcdsaSha256);

        public void Add(string id, string kind, byte[] secret)
        {
            switch (kind)
            {
                case KeyRing.Server:
                    ServerId = $"urn:vibe:server:{id}";
                    break;
                case KeyRing.Signing:
                    var key = ECDsa.Create();
                    key.ImportPkcs8PrivateKey(secret, out _);
                    Signing.Add(new ECDsaSecurityKey(key) { KeyId = id, CryptoProviderFactory = Factory });
                    break;
                case KeyRing.Sealing:
                    Sealing[id] = secret;
                    NewestSealing = (id, secret);
                    break;
            }
        }

        public void Dispose() => Signing.ForEach(key => key.ECDsa.Dispose());
    }
}
