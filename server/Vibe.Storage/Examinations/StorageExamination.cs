using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Examinations;

/// <summary>Looks whether a server could run on a database, and makes and changes nothing there.</summary>
public sealed class StorageExamination(Database database)
{
    // What tokens forgive too: servers whose clocks differ by more refuse each other's.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    /// <summary>Examines the database. Where it cannot be read at all, the later findings are missing.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var findings = new List<Finding>(await database.ExamineAsync(cancellation));
        if (findings.Any(finding => finding is { Check: Checks.Database, IsWell: false }))
            return findings;
        try
        {
            await using var snapshot = await database.LookAsync(cancellation);
            findings.Add(await MigrationsAsync(snapshot, cancellation));
            findings.Add(await ClockAsync(snapshot, cancellation));
        }
        catch (DbException exception)
        {
            findings.Add(
                new Finding(
                    Checks.Migrations,
                    $"The database holds no data of Vibe, or not all of it: {exception.Message}",
                    "Run 'vibe migrate'."
                )
            );
        }
        return findings;
    }

    private async Task<Finding> MigrationsAsync(Session session, CancellationToken cancellation)
    {
        var applied = await session.ListAsync(
            "SELECT migration_id FROM \"__EFMigrationsHistory\" ORDER BY migration_id",
            reader => reader.GetString(0),
            [],
            cancellation
        );
        await using var db = database.OpenContext();
        var known = db.Database.GetMigrations().ToList();
        if (applied.Except(known).FirstOrDefault() is { } newer)
            return new Finding(
                Checks.Migrations,
                $"The database was made by a newer version of Vibe: it has the migration {newer}, which this version does "
                    + "not know.",
                "Start that version, or put back a backup from before it."
            );
        var pending = known.Except(applied).Count();
        return pending == 0
            ? new Finding(Checks.Migrations, "The database has the form of this version.")
            : new Finding(Checks.Migrations, $"The database lacks {pending} migration(s).", "Run 'vibe migrate'.");
    }

    private async Task<Finding> ClockAsync(Session session, CancellationToken cancellation)
    {
        var here = database.Clock.Time.GetUtcNow();
        if (await database.TimeAsync(session, cancellation) is { } there && (there - here).Duration() > Tolerance)
            return new Finding(
                Checks.Clock,
                $"The clock of this machine and that of the database differ by {Text(there - here)}.",
                "Let both machines keep their clocks by NTP."
            );
        var last = await session.FirstAsync(
            "SELECT MAX(clock_at) FROM spaces",
            reader => reader.LongOrNull(0),
            [],
            cancellation
        );
        if (last is { } microseconds && Clock.FromMicroseconds(microseconds) - here is var ahead && ahead > Tolerance)
            return new Finding(
                Checks.Clock,
                $"The last write lies {Text(ahead)} in the future: this machine's clock is behind, or was ahead then.",
                "Let this machine keep its clock by NTP. If the clock is right, times of new writes stand still until then."
            );
        return new Finding(Checks.Clock, "The clock agrees with the database.");
    }

    private static string Text(TimeSpan span) =>
        span.Duration() switch
        {
            { TotalDays: >= 2 } days => $"{days.TotalDays:f0} days",
            { TotalHours: >= 2 } hours => $"{hours.TotalHours:f0} hours",
            { TotalMinutes: >= 2 } minutes => $"{minutes.TotalMinutes:f0} minutes",
            var seconds => $"{seconds.TotalSeconds:f0} seconds",
        };
}
