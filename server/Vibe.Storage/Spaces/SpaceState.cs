using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>How far a space has come, in one state of the database.</summary>
/// <param name="Head">The newest revision.</param>
/// <param name="PolicyEpoch">How often its grants moved.</param>
public sealed record SpaceState(long Head, long PolicyEpoch)
{
    /// <summary>Reads the state of a space, or nothing when there is no such space.</summary>
    public static Task<SpaceState?> ReadAsync(Session session, SpaceName space, CancellationToken cancellation) =>
        session.FirstAsync(
            "SELECT head, policy_epoch FROM spaces WHERE id = @space",
            reader => new SpaceState(reader.GetInt64(0), reader.GetInt64(1)),
            [("@space", space.Id)],
            cancellation
        );
}
