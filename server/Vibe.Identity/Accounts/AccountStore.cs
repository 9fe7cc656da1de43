using System.Data.Common;
using System.Security.Cryptography;
using Vibe.Hosting.Access;
using Vibe.Identity.Keys;
using Vibe.Storage;
using Vibe.Storage.Sessions;
using Vibe.Storage.Spaces;

namespace Vibe.Identity.Accounts;

/// <summary>Makes and finds accounts. Only who has the database and the master key can make one.</summary>
public sealed class AccountStore(Database database, SpaceLog spaces, KeyRing ring)
{
    /// <summary>The longest display name, in characters.</summary>
    public const int MaxDisplayName = 100;

    private const string RotationPurpose = "account rotation key";
    private const string VibePurpose = "account vibe key";
    private const string Select = "SELECT id, display_name, created_at FROM accounts";

    /// <summary>
    /// Makes an account: a rotation key and a signing key of its own, the genesis operation that they sign, and the space
    /// that the operation's hash names.
    /// </summary>
    public async Task<Account> CreateAsync(string displayName, CancellationToken cancellation)
    {
        if (displayName.Length is 0 or > MaxDisplayName)
            throw new ArgumentException($"A display name has 1 to {MaxDisplayName} characters.", nameof(displayName));
        using var rotationKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var vibeKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var genesis = Genesis.Create(rotationKey, vibeKey);
        var account = new Account(genesis.Suffix, displayName, database.Clock.Microseconds);
        await using var write = await database.WriteAsync(cancellation);
        await write.ExecuteAsync(
            """
            INSERT INTO accounts (id, display_name, rotation_key, vibe_key, created_at)
            VALUES (@id, @name, @rotation, @vibe, @at)
            """,
            [
                ("@id", account.Id),
                ("@name", displayName),
                ("@rotation", ring.Master.Wrap(rotationKey.ExportPkcs8PrivateKey(), RotationPurpose)),
                ("@vibe", ring.Master.Wrap(vibeKey.ExportPkcs8PrivateKey(), VibePurpose)),
                ("@at", account.CreatedAt),
            ],
            cancellation
        );
        await write.ExecuteAsync(
            """
            INSERT INTO did_operations (account, ordinal, operation, received_at)
            VALUES (@account, 0, @operation, @at)
            """,
            [("@account", account.Id), ("@operation", genesis.Operation.Cbor.ToArray()), ("@at", account.CreatedAt)],
            cancellation
        );
        await spaces.CreateAsync(write, account.Space, cancellation);
        await write.CommitAsync();
        return account;
    }

    /// <summary>Finds an account by its id.</summary>
    public Task<Account?> GetAsync(Session session, string id, CancellationToken cancellation) =>
        session.FirstAsync($"{Select} WHERE id = @id", Read, [("@id", id)], cancellation);

    /// <summary>Lists all accounts, the oldest first.</summary>
    public Task<List<Account>> ListAsync(Session session, CancellationToken cancellation) =>
        session.ListAsync($"{Select} ORDER BY created_at, id", Read, [], cancellation);

    /// <summary>Finds the accounts that a person at the command line may mean: by DID, id, or display name.</summary>
    public Task<List<Account>> FindAsync(Session session, string person, CancellationToken cancellation)
    {
        var id = person.StartsWith(Caller.DidPrefix, StringComparison.Ordinal)
            ? person[Caller.DidPrefix.Length..]
            : person;
        return session.ListAsync(
            $"{Select} WHERE id = @id OR display_name = @name ORDER BY created_at, id",
            Read,
            [("@id", id), ("@name", person)],
            cancellation
        );
    }

    private static Account Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2));
}
