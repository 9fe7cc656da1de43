using System.Data.Common;
using System.Diagnostics;
using Vibe.Storage.Sessions;

namespace Vibe.Storage.Spaces;

/// <summary>A space in which a group writes: where it was, how far the group has come in it, and by which works.</summary>
internal sealed class GroupSpace(WriteQueue queue)
{
    private const string Place =
        "home.head, home.policy_epoch, home.clock_at, (SELECT beat FROM incarnations WHERE id = @incarnation)";

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

    /// <summary>Tells both at once, where nobody else writes and there is nothing to lock.</summary>
    public Ask LookUp(Incarnation.Sight sight) =>
        new(
            $"SELECT {Place}, ({SpaceHistory.By} home.head {SpaceHistory.Latest}) FROM spaces home WHERE home.id = @space",
            [("@space", Name.Id), ("@incarnation", sight.Id)],
            row =>
            {
                ReadPlace(row);
                if (row.TextOrNull(4) is { } found)
                    _incarnations = (found, found);
            }
        );

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
        write.Defer(
            "UPDATE spaces SET head = @head, policy_epoch = @epoch, clock_at = @at WHERE id = @space",
            [("@head", Last.Head), ("@epoch", Last.PolicyEpoch), ("@at", Last.At), ("@space", Name.Id)]
        );
    }

    public Moment MomentOf(GroupEntry entry) =>
        new(Name, entry.Revision > _first.Head ? _incarnations.After : _incarnations.Before, entry.Revision);

    internal readonly record struct Position(bool Exists, long Head, long PolicyEpoch, long At);
}
