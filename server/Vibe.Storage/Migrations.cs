using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Vibe.Hosting;

namespace Vibe.Storage;

/// <summary>Brings a database to the model of this version, as a step of its own.</summary>
public sealed class Migrations(Database database)
{
    /// <summary>What a migration did.</summary>
    /// <param name="Applied">The migrations that were applied, in order; empty when there was nothing to do.</param>
    /// <param name="Backup">The copy that was made before, where one was.</param>
    public sealed record Outcome(IReadOnlyList<string> Applied, string? Backup);

    /// <summary>Applies what is pending, after a backup where the engine is a file.</summary>
    /// <exception cref="StartupException">The database was made by a newer version, or cannot be used.</exception>
    public Task<Outcome> ApplyAsync(CancellationToken cancellation) =>
        InContextAsync(async db =>
        {
            var applied = await AppliedAsync(db, cancellation);
            RefuseNewer(db, applied);
            var pending = db.Database.GetMigrations().Except(applied).ToList();
            if (pending.Count == 0)
                return new Outcome([], null);
            var backup = applied.Count > 0 ? await database.BackupAsync(cancellation) : null;
            await db.Database.MigrateAsync(cancellation);
            return new Outcome(pending, backup);
        });

    /// <summary>Makes sure that nothing is pending and nothing is newer than this version.</summary>
    /// <exception cref="StartupException">The database is older or newer than this version, or cannot be used.</exception>
    public Task AssertCurrentAsync(CancellationToken cancellation) =>
        InContextAsync(async db =>
        {
            var applied = await AppliedAsync(db, cancellation);
            RefuseNewer(db, applied);
            var pending = db.Database.GetMigrations().Except(applied).Count();
            return pending == 0
                ? pending
                : throw new StartupException($"The database lacks {pending} migration(s). Run 'vibe migrate' first.");
        });

    private async Task<T> InContextAsync<T>(Func<VibeDb, Task<T>> work)
    {
        await using var db = database.OpenContext();
        try
        {
            return await work(db);
        }
        // What looks transient comes wrapped.
        catch (Exception exception) when (exception.GetBaseException() is var cause && IsOfTheDatabase(exception))
        {
            throw new StartupException($"The database cannot be used: {cause.Message}", exception);
        }
    }

    private static bool IsOfTheDatabase(Exception? exception) =>
        exception is DbException || (exception is not null && IsOfTheDatabase(exception.InnerException));

    private static async Task<List<string>> AppliedAsync(VibeDb db, CancellationToken cancellation) =>
        await db.GetService<IRelationalDatabaseCreator>().ExistsAsync(cancellation)
            ? [.. await db.Database.GetAppliedMigrationsAsync(cancellation)]
            : [];

    private static void RefuseNewer(VibeDb db, IReadOnlyCollection<string> applied)
    {
        var newer = applied.Except(db.Database.GetMigrations()).FirstOrDefault();
        if (newer is not null)
            throw new StartupException(
                $"The database was made by a newer version of Vibe (it has the migration {newer}, which this version "
                    + "does not know). Start that version, or put back a backup from before it."
            );
    }
}
