using System.Data.Common;
using Vibe.Hosting;
using Vibe.Hosting.Errors;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>
/// Remembers for a day which groups of writes were committed, so that a writer that lost its connection at the commit can
/// ask what became of it instead of writing again. Only where an answer can be lost on its way.
/// </summary>
internal sealed class GroupLog(Database database)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    /// <summary>How long it is tried to learn what became of a group; meanwhile the space waits.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a group's row is kept, at least.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromHours(24);

    /// <summary>The statement that leaves a group's row, in the transaction of the group.</summary>
    public const string Insert = "INSERT INTO groups (space, id, at) VALUES (@space, @group, @at)";

    /// <summary>Makes a group's id, which no other has.</summary>
    public static string NewId() => Guid.CreateVersion7().ToString("n");

    /// <summary>
    /// Finds out whether a group is on disk whose commit was not answered. It asks under the space's lock, which the lost
    /// transaction holds until it is over, so that the answer is the last word.
    /// </summary>
    /// <exception cref="VibeException">
    /// OUTCOME_UNKNOWN: nobody answered in time, or the space is not there, and so no lock that could be waited for.
    /// </exception>
    public async Task<bool> IsThereAsync(SpaceName space, string group, Exception lost)
    {
        using var patience = new CancellationTokenSource(Patience, database.Clock.Time);
        for (var delay = FirstDelay; ; delay = Min(delay * 2, LongestDelay))
        {
            try
            {
                return await AskAsync(space, group, patience.Token) ?? throw CallErrors.OutcomeUnknown(lost);
            }
            catch (Exception exception)
                when (exception is DbException or StartupException or OperationCanceledException)
            {
                if (patience.IsCancellationRequested)
                    throw CallErrors.OutcomeUnknown(lost);
            }
            await Task.Delay(delay, database.Clock.Time, CancellationToken.None);
        }
    }

    // Nothing where the answer may still change. Two statements: only the second one's view begins after the lock was given up.
    private async Task<bool?> AskAsync(SpaceName space, string group, CancellationToken cancellation)
    {
        await using var write = await database.WriteAsync(cancellation);
        var isLocked = await write.FirstAsync(
            $"SELECT head FROM spaces WHERE id = @space{database.RowLock}",
            _ => true,
            [("@space", space.Id)],
            cancellation
        );
        var isThere = await write.FirstAsync(
            "SELECT 1 FROM groups WHERE space = @space AND id = @group",
            _ => true,
            [("@space", space.Id), ("@group", group)],
            cancellation
        );
        return isThere || isLocked ? isThere : null;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
