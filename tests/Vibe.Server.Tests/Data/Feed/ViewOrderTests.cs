using Vibe.Data.Feed;
using Xunit;

namespace Vibe.Server.Tests.Data.Feed;

public class ViewOrderTests
{
    private const bool In = true;
    private const bool Out = false;

    [Fact]
    public void A_new_document_stands_at_its_creation() =>
        Assert.Equal(Put(1, cameIn: 1), Place(Lists((1, In)), Members(("title", 1))));

    [Fact]
    public void A_document_without_a_single_visible_member_is_in_the_view() =>
        Assert.Equal(Put(1, cameIn: 1), Place(Lists((1, In)), Members(("hidden", 1))));

    [Fact]
    public void A_visible_member_moves_the_document() =>
        Assert.Equal(Put(5, cameIn: 1), Place(Lists((1, In)), Members(("title", 5), ("text", 3))));

    [Fact]
    public void A_hidden_member_does_not_move_the_document() =>
        Assert.Equal(Put(3, cameIn: 1), Place(Lists((1, In)), Members(("title", 3), ("hidden", 5))));

    [Fact]
    public void A_member_set_before_the_way_in_does_not_move_the_document_back() =>
        Assert.Equal(Put(4, cameIn: 4), Place(Lists((1, Out), (4, In)), Members(("title", 3))));

    [Fact]
    public void A_member_set_out_of_sight_is_older_than_the_next_way_in() =>
        Assert.Equal(Put(6, cameIn: 6), Place(Lists((1, In), (3, Out), (6, In)), Members(("title", 5))));

    [Fact]
    public void A_member_set_after_the_way_in_moves_the_document_and_not_its_way_in() =>
        Assert.Equal(Put(7, cameIn: 4), Place(Lists((1, Out), (4, In)), Members(("title", 7))));

    [Fact]
    public void A_list_change_that_leaves_the_reader_in_does_not_move_the_document() =>
        Assert.Equal(Put(1, cameIn: 1), Place(Lists((1, In), (2, In), (3, In))));

    [Fact]
    public void A_list_change_that_leaves_the_reader_out_does_not_move_the_document() =>
        Assert.Equal(Gone(2, cameIn: 1), Place(Lists((1, In), (2, Out), (3, Out))));

    [Fact]
    public void A_document_that_never_came_in_has_no_place() =>
        Assert.Null(Place(Lists((1, Out), (2, Out)), Members(("title", 3))));

    [Fact]
    public void A_document_deleted_before_it_ever_came_in_has_no_place() =>
        Assert.Null(Place(Lists((1, Out)), deleted: 2));

    [Fact]
    public void A_document_without_a_list_at_its_creation_is_in_nobodys_view() =>
        Assert.Null(Place([], Members(("title", 3))));

    [Fact]
    public void A_deletion_in_sight_is_a_deletion() =>
        Assert.Equal(
            new ViewPlace(4, 4_000, false, At(1), RemovalKind.Deleted),
            Place(Lists((1, In)), Members(("title", 3)), deleted: 4)
        );

    [Fact]
    public void A_deletion_out_of_sight_looks_like_nothing() =>
        Assert.Equal(Gone(2, cameIn: 1), Place(Lists((1, In), (2, Out)), deleted: 4));

    [Fact]
    public void What_happens_out_of_sight_does_not_move_a_removal() =>
        Assert.Equal(Gone(2, cameIn: 1), Place(Lists((1, In), (2, Out)), Members(("title", 3))));

    [Fact]
    public void The_last_time_out_counts() =>
        Assert.Equal(Gone(5, cameIn: 4), Place(Lists((1, In), (2, Out), (4, In), (5, Out), (6, Out))));

    [Fact]
    public void A_list_change_moves_the_document_for_a_reader_who_holds_share() =>
        Assert.Equal(Put(3, cameIn: 1), Place([Step(1, In, shares: true), Step(3, In, shares: true)]));

    [Fact]
    public void Getting_share_shows_the_list_and_moves_the_document() =>
        Assert.Equal(Put(3, cameIn: 1), Place([Step(1, In), Step(3, In, shares: true)]));

    [Fact]
    public void Losing_share_hides_the_list_and_moves_the_document() =>
        Assert.Equal(Put(3, cameIn: 1), Place([Step(1, In, shares: true), Step(3, In), Step(4, In)]));

    [Fact]
    public void Share_without_a_way_in_shows_nothing() =>
        Assert.Equal(
            Gone(2, cameIn: 1),
            Place([Step(1, In), Step(2, Out, shares: true), Step(3, Out, shares: true), Step(4, Out)])
        );

    [Fact]
    public void A_list_changed_with_the_way_in_keeps_no_memory_of_share_before_it() =>
        Assert.Equal(Put(3, cameIn: 3), Place([Step(1, Out, shares: true), Step(3, In), Step(4, In)]));

    [Fact]
    public void The_newer_of_list_and_member_counts()
    {
        ListStep[] lists = [Step(1, In, shares: true), Step(4, In, shares: true)];

        Assert.Equal(Put(4, cameIn: 1), Place(lists, Members(("title", 3))));
        Assert.Equal(Put(5, cameIn: 1), Place(lists, Members(("title", 5))));
    }

    private static ViewPlace? Place(ListStep[] lists, StampTable? members = null, long? deleted = null) =>
        ViewOrder.Place(
            new StoredStamps
            {
                Id = "d",
                Changed = At(9),
                Created = At(1),
                Deleted = deleted is { } revision ? At(revision) : null,
                Members = members ?? StampTable.Empty,
                ListChanged = lists.LastOrDefault().Stamp,
            },
            lists,
            member => member != "hidden"
        );

    private static ListStep[] Lists(params (long Revision, bool Admits)[] steps) =>
        [.. steps.Select(s => Step(s.Revision, s.Admits))];

    private static ListStep Step(long revision, bool admits, bool shares = false) => new(At(revision), admits, shares);

    private static StampTable Members(params (string Name, long Revision)[] members) =>
        StampTable.Encode(members.ToDictionary(m => m.Name, m => At(m.Revision)));

    private static ViewPlace Put(long revision, long cameIn) =>
        new(revision, At(revision).At, true, At(cameIn), RemovalKind.None);

    private static ViewPlace Gone(long revision, long cameIn) =>
        new(revision, At(revision).At, false, At(cameIn), RemovalKind.NoLongerVisible);

    private static Stamp At(long revision) => new(revision, revision * 1_000);
}
