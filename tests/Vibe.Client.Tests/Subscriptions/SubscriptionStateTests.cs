using Grpc.Core;
using Vibe.Client.Calls;
using Vibe.Client.Subscriptions;
using Vibe.Client.Tests.Scripted;
using Vibe.Sync.V1;
using Xunit;
using static Vibe.Client.Tests.Scripted.Messages;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class SubscriptionStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SubscriptionState _state = new(new RetryPolicy(), "t0");

    [Fact]
    public void The_place_moves_with_pages_and_heartbeats()
    {
        Assert.Equal("t0", _state.ResumeToken);
        Receive(Of(Page("t1")));
        Assert.Equal("t1", _state.ResumeToken);
        Receive(Heartbeat("h1"));
        Assert.Equal("h1", _state.ResumeToken);
    }

    [Fact]
    public void A_heartbeat_without_a_token_leaves_the_place()
    {
        Assert.Null(Receive(Heartbeat("")));
        Assert.Equal("t0", _state.ResumeToken);
    }

    [Fact]
    public void A_resume_token_that_is_none_is_dropped_once()
    {
        var invalid = new VibeException(StatusCode.InvalidArgument, Reason.ResumeTokenInvalid, "No.");

        Assert.Equal(NextStep.Anew, _state.Fail(invalid, draw: 1).Step);
        Assert.Null(_state.ResumeToken);
        Assert.Equal(NextStep.Throw, _state.Fail(invalid, draw: 1).Step);
    }

    [Fact]
    public void A_scope_that_ends_alone_comes_back_ever_more_slowly_until_the_stream_brings_something()
    {
        var busy = new VibeException(StatusCode.Unavailable, Reason.StorageUnavailable, "Busy.");

        Assert.Equal(TimeSpan.FromMilliseconds(250), _state.Fail(busy, draw: 1).Delay);
        _state.Take(Page("t1", live: true), Noon);
        Assert.Equal(TimeSpan.FromMilliseconds(500), _state.Fail(busy, draw: 1).Delay);
        Receive(Of(Page("t2", live: true)));
        Assert.Equal(TimeSpan.FromMilliseconds(250), _state.Fail(busy, draw: 1).Delay);
    }

    [Fact]
    public void A_scope_that_is_denied_ends()
    {
        var denied = new VibeException(StatusCode.PermissionDenied, Reason.NotGranted, "No.");

        Assert.Equal(NextStep.Throw, _state.Fail(denied, draw: 1).Step);
    }

    [Fact]
    public void In_silence_the_reader_gets_a_token_every_ten_minutes()
    {
        _state.Open(Noon, isHandedOver: false);
        Receive(Of(Page("t1", live: true)));

        Assert.Null(Receive(Heartbeat("h1"), Noon.AddMinutes(9)));
        var page = Receive(Heartbeat("h2"), Noon.AddMinutes(10))!;
        Assert.Null(Receive(Heartbeat("h3"), Noon.AddMinutes(11)));

        Assert.Equal("h2", page.ResumeToken);
        Assert.Empty(page.Changes);
        Assert.False(page.IsReset);
        Assert.True(page.IsLive);
    }

    [Fact]
    public void The_first_page_after_a_handover_is_an_echo_where_it_says_nothing_new()
    {
        Receive(Of(Page("t1", reset: true, live: true)));
        _state.Open(Noon, isHandedOver: true);

        Assert.True(Receive(Of(Page("t2", live: true)))!.IsEcho);
        Assert.Equal("t2", _state.ResumeToken);
        Assert.False(Receive(Of(Page("t3", live: true)))!.IsEcho);
    }

    [Fact]
    public void A_page_after_a_cut_is_no_echo()
    {
        Receive(Of(Page("t1", reset: true, live: true)));
        _state.Open(Noon, isHandedOver: false);

        Assert.False(Receive(Of(Page("t2", live: true)))!.IsEcho);
    }

    [Fact]
    public void A_page_with_news_is_no_echo()
    {
        Page[] news =
        [
            Page("t2", live: true, changes: Put("a")),
            Page("t2", reset: true, live: true),
            Page("t2", live: false),
        ];
        foreach (var page in news)
        {
            Receive(Of(Page("t1", reset: true, live: true)));
            _state.Open(Noon, isHandedOver: true);

            Assert.False(Receive(Of(page))!.IsEcho);
        }

        Receive(Of(Page("t1", reset: true, live: false)));
        _state.Open(Noon, isHandedOver: true);
        Assert.False(Receive(Of(Page("t2", live: true)))!.IsEcho);
    }

    [Fact]
    public void After_long_silence_the_reader_gets_the_token_of_an_echo()
    {
        Receive(Of(Page("t1", reset: true, live: true)));
        _state.Open(Noon.AddMinutes(10), isHandedOver: true);

        Assert.False(Receive(Of(Page("t2", live: true)), Noon.AddMinutes(10))!.IsEcho);
    }

    [Fact]
    public void An_unknown_event_is_passed_over()
    {
        Assert.Null(Receive(new SubscribeResponse()));
        Assert.Equal("t0", _state.ResumeToken);
    }

    private FeedPage? Receive(SubscribeResponse message, DateTimeOffset? now = null) =>
        _state.Receive(message, now ?? Noon);
}
