using Grpc.Core;
using Vibe.Client.Calls;
using Vibe.Client.Subscriptions;
using Vibe.Client.Tests.Scripted;
using Vibe.Sync.V1;
using Xunit;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class SubscriptionStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly VibeException Cut = new(StatusCode.Unavailable, null, "Gone.");

    private readonly SubscriptionState _state = new(new RetryPolicy(), "t0");

    [Fact]
    public void The_place_moves_with_pages_and_heartbeats()
    {
        Assert.Equal("t0", _state.ResumeToken);
        Receive(Messages.Page("t1"));
        Assert.Equal("t1", _state.ResumeToken);
        Receive(Messages.Heartbeat("h1"));
        Assert.Equal("h1", _state.ResumeToken);
    }

    [Fact]
    public void Silence_is_twice_the_heartbeat_interval()
    {
        Open(heartbeat: TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.FromSeconds(14), _state.Silence);
    }

    [Theory]
    [InlineData(0.0, 15)]
    [InlineData(1.0, 30)]
    public void The_next_stream_is_due_shortly_before_the_lifetime_ends(double draw, int secondsBefore)
    {
        _state.Opening();
        _state.Receive(
            new SubscribeResponse { Opened = Messages.Opened(lifetime: TimeSpan.FromMinutes(15)) },
            Noon,
            draw,
            out _
        );

        Assert.Equal(Noon + TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(secondsBefore), _state.RenewAt);
    }

    [Fact]
    public void A_short_lifetime_leaves_most_of_it()
    {
        Open(lifetime: TimeSpan.FromSeconds(8));

        Assert.InRange(_state.RenewAt!.Value, Noon.AddSeconds(6), Noon.AddSeconds(7));
    }

    [Fact]
    public void A_very_short_lifetime_is_left_to_end_by_itself()
    {
        Open(lifetime: TimeSpan.FromSeconds(4));

        Assert.Null(_state.RenewAt);
    }

    [Fact]
    public void Delays_double_up_to_the_ceiling_and_are_drawn_from_zero()
    {
        var delays = Enumerable.Range(0, 10).Select(_ => _state.Fail(Cut, draw: 1).Delay.TotalMilliseconds).ToArray();

        Assert.Equal([250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000], delays);
        Assert.Equal(TimeSpan.Zero, _state.Fail(Cut, draw: 0).Delay);
    }

    [Fact]
    public void A_delay_that_the_server_names_wins()
    {
        var busy = new VibeException(StatusCode.Unavailable, Reason.ServerStopping, "Bye.")
        {
            RetryDelay = TimeSpan.FromSeconds(3),
        };

        Assert.Equal(TimeSpan.FromSeconds(3), _state.Fail(busy, draw: 0).Delay);
    }

    [Fact]
    public void Opening_alone_does_not_shorten_the_delays()
    {
        for (var i = 0; i < 3; i++)
        {
            Open();
            _state.Fail(Cut, draw: 1);
        }

        Assert.Equal(TimeSpan.FromSeconds(2), _state.Fail(Cut, draw: 1).Delay);
        Open();
        Receive(Messages.Heartbeat("h"));
        Assert.Equal(TimeSpan.FromMilliseconds(250), _state.Fail(Cut, draw: 1).Delay);
    }

    [Fact]
    public void The_reader_is_offline_after_the_first_attempt_to_reconnect_that_fails()
    {
        Open();
        Receive(Messages.Page("t1", live: true));

        Assert.False(_state.Fail(Cut, draw: 1).IsOffline);
        _state.Opening();
        Assert.True(_state.Fail(Cut, draw: 1).IsOffline);
    }

    [Fact]
    public void A_refused_token_is_renewed_once_and_at_once()
    {
        var refused = new VibeException(StatusCode.Unauthenticated, Reason.AccessTokenExpired, "Old.");
        Open();
        Receive(Messages.Page("t1"));

        Assert.Equal(new Recovery(NextStep.WithNewToken, TimeSpan.Zero, false), _state.Fail(refused, draw: 1));
        _state.Opening();
        Assert.Equal(NextStep.Throw, _state.Fail(refused, draw: 1).Step);
    }

    [Fact]
    public void After_progress_a_token_may_be_renewed_again()
    {
        var refused = new VibeException(StatusCode.Unauthenticated, Reason.AccessTokenExpired, "Old.");
        _state.Fail(refused, draw: 1);
        Open();
        Receive(Messages.Page("t1"));

        Assert.Equal(NextStep.WithNewToken, _state.Fail(refused, draw: 1).Step);
    }

    [Fact]
    public void A_token_that_ended_before_the_first_page_is_renewed_again_after_a_pause()
    {
        var refused = new VibeException(StatusCode.Unauthenticated, Reason.AccessTokenExpired, "Old.");
        Open();
        _state.Fail(refused, draw: 1);
        Open();

        var recovery = _state.Fail(refused, draw: 1);

        Assert.Equal(NextStep.WithNewToken, recovery.Step);
        Assert.True(recovery.Delay > TimeSpan.Zero);
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
    public void In_silence_the_reader_gets_a_token_every_ten_minutes()
    {
        Open();
        Receive(Messages.Page("t1", live: true));

        Assert.Null(Receive(Messages.Heartbeat("h1"), Noon.AddMinutes(9)));
        var page = Receive(Messages.Heartbeat("h2"), Noon.AddMinutes(10))!;
        Assert.Null(Receive(Messages.Heartbeat("h3"), Noon.AddMinutes(11)));

        Assert.Equal("h2", page.ResumeToken);
        Assert.Empty(page.Changes);
        Assert.False(page.IsReset);
        Assert.True(page.IsLive);
    }

    [Fact]
    public void An_end_in_band_is_an_error_like_any_other()
    {
        var status = Failures.Status(StatusCode.PermissionDenied, Reason.GrantRevoked);

        _state.Receive(new SubscribeResponse { End = new End { Status = status } }, Noon, 0, out var end);
        Assert.Equal(Reason.GrantRevoked, end!.Reason);
        _state.Receive(new SubscribeResponse { ScopeEnded = new ScopeEnded { Status = status } }, Noon, 0, out end);
        Assert.Equal(Reason.GrantRevoked, end!.Reason);
    }

    [Fact]
    public void An_unknown_event_is_passed_over()
    {
        Assert.Null(_state.Receive(new SubscribeResponse(), Noon, 0, out var end));
        Assert.Null(end);
    }

    private void Open(TimeSpan? heartbeat = null, TimeSpan? lifetime = null)
    {
        _state.Opening();
        Receive(new SubscribeResponse { Opened = Messages.Opened(heartbeat, lifetime) });
    }

    private FeedPage? Receive(SubscribeResponse message, DateTimeOffset? now = null) =>
        _state.Receive(message, now ?? Noon, 0.5, out _);
}
