using Vibe.Client.Subscriptions;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;
using Wire = Vibe.Sync.V1;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class HeldViewTests
{
    private readonly HeldView _held = new();

    [Fact]
    public void Before_the_first_page_there_is_nothing_to_tell() => Assert.Null(_held.ToPage(mayBeLive: true));

    [Fact]
    public void One_page_tells_what_all_came_to()
    {
        _held.Apply(Page(reset: true, live: false, Put("a"), Put("b")));
        _held.Apply(Page(reset: false, live: true, Put("c"), Removed("a")));

        var page = _held.ToPage(mayBeLive: true)!;

        Assert.Equal(["b", "c"], Ids(page));
        Assert.True(page.IsReset);
        Assert.True(page.IsLive);
        Assert.False(_held.ToPage(mayBeLive: false)!.IsLive);
    }

    [Fact]
    public void Between_checkpoints_it_is_not_complete()
    {
        _held.Apply(Page(reset: true, live: true, Put("a")));
        _held.Apply(Page(reset: false, live: false, Put("b")));

        Assert.False(_held.ToPage(mayBeLive: true)!.IsLive);
    }

    [Fact]
    public void Of_a_snapshot_under_way_only_what_it_brought_is_told()
    {
        _held.Apply(Page(reset: true, live: true, Put("a"), Put("b")));
        _held.Apply(Page(reset: true, live: false, Put("b", "e2"), Put("c"), Removed("c")));

        var page = _held.ToPage(mayBeLive: true)!;
        _held.Apply(Page(reset: false, live: true, Put("d")));

        Assert.Equal(["b"], Ids(page));
        Assert.Equal(["b", "d"], Ids(_held.ToPage(mayBeLive: true)!));
    }

    private static IEnumerable<string> Ids(FeedPage page) => page.Changes.Select(change => change.DocumentId).Order();

    private static FeedPage Page(bool reset, bool live, params Wire.Change[] changes) => new(changes, reset, live, "t");
}
