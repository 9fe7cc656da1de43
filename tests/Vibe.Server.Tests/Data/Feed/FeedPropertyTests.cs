using CsCheck;
using Xunit;

namespace Vibe.Server.Tests.Data.Feed;

public class FeedPropertyTests
{
    [Fact]
    public void A_place_is_the_last_change_in_the_view() =>
        History.Random.Sample(h => Assert.Null(FeedChecks.Places(h, PlaceRules.Product)), iter: 3_000);

    [Fact]
    public void Every_checkpoint_shows_exactly_the_view_at_its_head() =>
        History.Random.Sample(h => Assert.Null(FeedChecks.Pages(h, PlaceRules.Product)), iter: 5_000);

    [Fact]
    public void Worlds_that_differ_in_hidden_work_alone_send_the_same_pages() =>
        VisibleScript.Pairs.Sample(p => Assert.Null(FeedChecks.Twins(p, PlaceRules.Product)), iter: 3_000);
}
