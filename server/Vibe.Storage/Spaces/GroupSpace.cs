using System.Data.Common;
using System.Diagnostics;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>A space in which a group writes: where it was, how far the group has come in it, and by which works.</summary>
internal sealed class GroupSpace(WriteQueue queue)
{
    private const string Place =
        "home.head, home.policy_epoch, home.clock_at, (SELECT beat FROM incarnations WHERE id = @incarnation)";

    private static readonly RowPut Spaces = new(
        "spaces",
        [new("id", RowPut.ColumnType.Text)],
        [
            new("head", RowPut.ColumnType.Number),
            new("policy_epoch", RowPut.ColumnType.Number),
            new("clock_at", RowPut.ColumnType.Number),
        ]
    );

    private Position _first;
    private string? _beat;
    private (string Before, string After) _incarnations = ("", "");

    public WriteQueue Queue { get; } = queue;

    public List<GroupEntry> Entries { get; } = [];

    public Position Last { get; private set; }

    public SpaceName Name => Queue.Space;

    public bool HasMoved => Last.Head != _first.Head;

    /// <summary>The recorded span of the last work that moved it.</summary>
    public ActivityContext Cause =>
        Entries.LastOrDefault(entry => entry.HasMoved && entry.Work.Span != default)?.Work.Span ?? default;

    /// <summary>Locks the space and tells where it is. Without an answer there is no such space.</summary>
    public Ask Lock(Database database, Incarnation.Sight sight) =>
        new(
            $"SELECT {Place} FROM spaces home WHERE home.id = @space{database.RowLock}",
            [("@space", Name.Id), ("@incarnation", sight.Id)],
            ReadPlace
        );

    /// <summary>Tells who wrote the space's newest state, once it is locked.</summary>
    public Ask AskIncarnation() => Incarnation.AtHead(Name, found => _incarnations = (found, found));

    /// <summary>Locks those spaces that nobody else has locked, and tells where they are.</summary>
    public static Ask LockFree(IReadOnlyCollection<GroupSpace> spaces, Incarnation.Sight sight) =>
        new(
            $"""
            SELECT {Place}, home.id FROM unnest(@spaces) asked (value) CROSS JOIN LATERAL
                (SELECT * FROM spaces WHERE id = asked.value LIMIT 1 FOR UPDATE SKIP LOCKED) home
            """,
            [("@spaces", IdsOf(spaces)), ("@incarnation", sight.Id)],
            Each(spaces, 4, (space, row) => space.ReadPlace(row))
        );

    /// <summary>Tells who wrote their newest states, once they are locked.</summary>
    public static Ask AskIncarnations(IReadOnlyCollection<GroupSpace> spaces) =>
        new(
            $"""
            SELECT newest.incarnation, asked.value FROM unnest(@spaces) asked (value) CROSS JOIN LATERAL
                (SELECT mark.incarnation FROM space_incarnations mark WHERE mark.space = asked.value
                    AND mark.from_revision <= (SELECT head FROM spaces WHERE id = asked.value)
                    {SpaceHistory.Latest}) newest
            """,
            [("@spaces", IdsOf(spaces))],
            Each(spaces, 1, (space, row) => space._incarnations = (row.GetString(0), row.GetString(0)))
        );

    /// <summary>Tells both at once, where nobody else writes and there is nothing to lock.</summary>
    public static Ask LookUp(IReadOnlyCollection<GroupSpace> spaces, Incarnation.Sight sight) =>
        new(
            $"""
            SELECT {Place}, home.id, {SpaceHistory.NewestByColumn}
            FROM spaces home WHERE home.id IN (SELECT value FROM json_each(@spaces))
            """,
            [("@spaces", IdsOf(spaces)), ("@incarnation", sight.Id)],
            Each(
                spaces,
                4,
                (space, row) =>
                {
                    space.ReadPlace(row);
                    if (row.TextOrNull(5) is { } found)
                        space._incarnations = (found, found);
                }
            )
        );

    private static string[] IdsOf(IReadOnlyCollection<GroupSpace> spaces) =>
        [.. spaces.Select(space => space.Name.Id).Order(StringComparer.Ordinal)];

    private static Action<DbDataReader> Each(
        IReadOnlyCollection<GroupSpace> spaces,
        int idColumn,
        Action<GroupSpace, DbDataReader> read
    )
    {
        var byId = spaces.ToDictionary(space => space.Name.Id);
        return row => read(byId[row.GetString(idColumn)], row);
    }

    private void ReadPlace(DbDataReader row)
    {
        _first = Last = new Position(true, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
        _beat = row.TextOrNull(3);
    }

    /// <summary>Makes the next turn.</summary>
    public Turn Turn(Write write, long at, Foresight foresight, long remembersSince) =>
        new(write, Name, Last.Head, Last.PolicyEpoch, at, Last.Exists, foresight) { RemembersSince = remembersSince };

    /// <summary>Goes where a turn has come to.</summary>
    public void Follow(Turn turn)
    {
        if (turn.Moved)
            Last = Last with { Head = turn.Head, PolicyEpoch = turn.PolicyEpoch, At = turn.At };
    }

    /// <summary>Writes where the space is now.</summary>
    public void Close(Write write, Incarnation incarnation, Incarnation.Sight sight)
    {
        if (incarnation.Mark(write, Name.Id, _first.Head + 1, sight, _beat) is { } marked)
            _incarnations.After = marked;
        write.Defer(Spaces, Name.Id, Last.Head, Last.PolicyEpoch, Last.At);
    }

    public Moment MomentOf(GroupEntry entry) =>
        new(Name, entry.Revision > _first.Head ? _incarnations.After : _incarnations.Before, entry.Revision);

    internal readonly record struct Position(bool Exists, long Head, long PolicyEpoch, long At);
}
