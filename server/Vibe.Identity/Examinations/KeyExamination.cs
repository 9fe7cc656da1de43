using System.Data.Common;
using Microsoft.Extensions.Options;
using Vibe.Hosting;
using Vibe.Identity.Keys;
using Vibe.Storage;
using Vibe.Storage.Examinations;

namespace Vibe.Identity.Examinations;

/// <summary>Looks whether the server's keys can be read, and makes none.</summary>
public sealed class KeyExamination(Database database, KeyRing ring, IOptions<StorageOptions> options)
{
    private const string Check = "master key";

    /// <summary>Examines the master key file and the keys that it wraps.</summary>
    public async Task<Finding> RunAsync(CancellationToken cancellation)
    {
        var path = options.Value.MasterKeyPath;
        if (!File.Exists(path))
            return new Finding(
                Check,
                $"The master key file {path} is missing; without it no token can be minted or read.",
                "Put back the file that belongs to this database, or say where it is: Vibe__Storage__MasterKeyFile. "
                    + "Only a new database gets a new one, from 'vibe migrate'."
            );
        try
        {
            await using var snapshot = await database.LookAsync(cancellation);
            await ring.LoadAsync(snapshot, cancellation);
        }
        catch (StartupException exception)
        {
            return new Finding(
                Check,
                exception.Message,
                $"Put the file that belongs to this database at {path}, or say where it is: Vibe__Storage__MasterKeyFile."
            );
        }
        catch (DbException exception)
        {
            return new Finding(
                Check,
                $"The keys in the database cannot be read: {exception.Message}",
                "See to what is wrong with the database first."
            );
        }
        return ring.IsComplete
            ? new Finding(Check, "The master key belongs to the database.")
            : new Finding(Check, "The database holds no keys of a server yet.", "Run 'vibe migrate'.");
    }
}
