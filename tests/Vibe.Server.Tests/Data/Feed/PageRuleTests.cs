using Vibe.Data.Feed;
using Xunit;

namespace Vibe.Server.Tests.Data.Feed;

public class PageRuleTests
{
    [Fact]
    public void Changes_come_in_the_order_of_their_places()
    {
        var page = Next([Put(5), Put(2), Gone(9), Put(4)], cursor: 2);

        Assert.Equal([4, 5, 9], Sent(page));
        Assert.True(page.Exhausted);
        Assert.Equal(20, page.Cursor);
    }

    [Fact]
    public void A_full_page_stops_at_its_last_change()
    {
        var page = Next([Put(5), Put(2), Put(9), Put(4)], maxChanges: 2);

        Assert.Equal([2, 4], Sent(page));
        Assert.False(page.Exhausted);
        Assert.Equal(4, page.Cursor);
    }

    [Fact]
    public void A_full_page_with_nothing_behind_it_is_exhausted()
    {
        var page = Next([Put(5), Put(2)], maxChanges: 2);

        Assert.Equal([2, 5], Sent(page));
        Assert.True(page.Exhausted);
        Assert.Equal(20, page.Cursor);
    }

    [Fact]
    public void A_page_with_nothing_to_send_moves_to_the_head()
    {
        var page = Next([null, Put(3)], cursor: 3);

        Assert.Empty(page.Changes);
        Assert.True(page.Exhausted);
        Assert.Equal(20, page.Cursor);
    }

    [Fact]
    public void A_page_stops_before_it_grows_too_large()
    {
        var page = Next([Put(1), Put(2), Put(3)], maxBytes: 29);

        Assert.Equal([1, 2], Sent(page));
        Assert.Equal(2, page.Cursor);
        Assert.Equal([1, 2, 3], Sent(Next([Put(1), Put(2), Put(3)], maxBytes: 30)));
    }

    [Fact]
    public void A_change_larger_than_a_page_is_sent_alone()
    {
        var page = Next([Put(1), Put(2)], maxBytes: 3);

        Assert.Equal([1], Sent(page));
        Assert.False(page.Exhausted);
    }

    [Fact]
    public void Removals_from_before_a_snapshot_began_are_left_out()
    {
        var page = Next([Gone(3), Put(4), Gone(7), Gone(8)], snapshotFrom: 7);

        Assert.Equal([4, 8], Sent(page));
    }

    [Fact]
    public void Removals_left_out_take_no_room_in_a_page()
    {
        var page = Next([Gone(1), Gone(2), Put(4)], snapshotFrom: 7, maxChanges: 1);

        Assert.Equal([4], Sent(page));
        Assert.True(page.Exhausted);
    }

    [Fact]
    public void Sizes_are_asked_in_order_and_no_further_than_the_cut()
    {
        var asked = new List<long>();
        PageRule.Next<ViewPlace?>(
            [Put(5), Put(1), Put(4), Put(3), Put(2)],
            p => p,
            change =>
            {
                asked.Add(change.Place.Revision);
                return 10;
            },
            cursor: 0,
            head: 20,
            snapshotFrom: 0,
            maxChanges: 4,
            maxBytes: 25
        );

        Assert.Equal([1, 2, 3], asked);
    }

    [Fact]
    public void The_nearest_of_many_candidates_are_chosen()
    {
        var places = Enumerable.Range(1, 10_000).Select(n => Put(n * 7_919L % 10_007)).ToArray();

        var page = Next(places, head: 10_007, cursor: 100, maxChanges: 50, maxBytes: int.MaxValue);

        Assert.Equal(places.Select(p => p!.Value.Revision).Where(r => r > 100).Order().Take(50), Sent(page));
        Assert.Equal(Sent(page).Last(), page.Cursor);
    }

    [Fact]
    public void A_place_beyond_the_head_is_refused() => Assert.Throws<ArgumentException>(() => Next([Put(21)]));

    [Fact]
    public void A_cursor_beyond_the_head_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Next([], cursor: 21));

    private static FeedPage<ViewPlace?> Next(
        ViewPlace?[] places,
        long cursor = 0,
        long head = 20,
        long snapshotFrom = 0,
        int maxChanges = 10,
        int maxBytes = 1_000
    ) => PageRule.Next(places, p => p, _ => 10, cursor, head, snapshotFrom, maxChanges, maxBytes);

    private static IEnumerable<long> Sent(FeedPage<ViewPlace?> page) => page.Changes.Select(c => c.Place.Revision);

    private static ViewPlace? Put(long revision) => new(revision, revision, true, new(1, 1), RemovalKind.None);

    private static ViewPlace? Gone(long revision) =>
        new(revision, revision, false, new(1, 1), RemovalKind.NoLongerVisible);
}
