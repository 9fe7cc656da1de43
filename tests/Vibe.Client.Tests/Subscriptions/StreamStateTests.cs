using Grpc.Core;
using Vibe.Client.Calls;
using Vibe.Client.Subscriptions;
using Vibe.Client.Tests.Scripted;
using Xunit;

namespace Vibe.Client.Tests.Subscriptions;

public sealed class StreamStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly VibeException Cut = new(StatusCode.Unavailable, null, "Gone.");
    private static readonly VibeException Refused = new(StatusCode.Unauthenticated, Reason.AccessTokenExpired, "Old.");

    private readonly StreamState _state = new(new RetryPolicy());

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
        Open(lifetime: TimeSpan.FromMinutes(15), draw: draw);

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
        Open(lifetime: TimeSpan.FromMinutes(15));
        Open(lifetime: TimeSpan.FromSeconds(4));

        Assert.Null(_state.RenewAt);
    }

    [Fact]
    public void Delays_double_up_to_the_ceiling_and_are_drawn_from_zero()
    {
        var delays = Enumerable.Range(0, 10).Select(_ => Fail(Cut).Delay.TotalMilliseconds).ToArray();

        Assert.Equal([250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000], delays);
        Assert.Equal(TimeSpan.Zero, Fail(Cut, draw: 0).Delay);
    }

    [Fact]
    public void A_delay_that_the_server_names_wins()
    {
        var stopping = new VibeException(StatusCode.Unavailable, Reason.ServerStopping, "Bye.")
        {
            RetryDelay = TimeSpan.FromSeconds(3),
        };

        Assert.Equal(TimeSpan.FromSeconds(3), Fail(stopping, draw: 0).Delay);
    }

    [Fact]
    public void Opening_alone_does_not_shorten_the_delays()
    {
        for (var i = 0; i < 3; i++)
        {
            Open();
            Fail(Cut);
        }

        Assert.Equal(TimeSpan.FromSeconds(2), Fail(Cut).Delay);
        Open();
        _state.Progress();
        Assert.Equal(TimeSpan.FromMilliseconds(250), Fail(Cut).Delay);
    }

    [Fact]
    public void The_readers_are_offline_after_the_first_attempt_to_reconnect_that_fails()
    {
        Open();

        Assert.False(Fail(Cut).IsOffline);
        Assert.True(Fail(Cut).IsOffline);
    }

    [Fact]
    public void Nobody_is_offline_while_a_stream_stands_that_could_not_be_replaced()
    {
        Open();

        Assert.False(Fail(Cut, isStanding: true).IsOffline);
        Assert.False(Fail(Cut, isStanding: true).IsOffline);
        Assert.False(Fail(Cut).IsOffline);
        Assert.True(Fail(Cut).IsOffline);
    }

    [Fact]
    public void A_stream_that_stands_in_the_last_place_makes_room_once()
    {
        var full = new VibeException(StatusCode.ResourceExhausted, Reason.TooManyStreams, "Full.")
        {
            RetryDelay = TimeSpan.FromSeconds(5),
        };
        Open();

        var first = Fail(full, isStanding: true);
        var second = Fail(full);

        Assert.Equal(new Recovery(NextStep.MakeRoom, TimeSpan.FromMilliseconds(250), IsOffline: false), first);
        Assert.Equal(new Recovery(NextStep.Again, TimeSpan.FromSeconds(5), IsOffline: true), second);
        Open();
        Assert.Equal(NextStep.MakeRoom, Fail(full, isStanding: true).Step);
    }

    [Fact]
    public void A_refused_token_is_renewed_once_and_at_once()
    {
        Open();
        _state.Progress();

        Assert.Equal(new Recovery(NextStep.WithNewToken, TimeSpan.Zero, false), Fail(Refused));
        Assert.Equal(NextStep.Throw, Fail(Refused).Step);
    }

    [Fact]
    public void After_a_stream_opened_a_token_may_be_renewed_again()
    {
        Fail(Refused);
        Open();
        _state.Progress();

        Assert.Equal(NextStep.WithNewToken, Fail(Refused).Step);
    }

    [Fact]
    public void A_token_that_ended_before_the_first_page_is_renewed_again_after_a_pause()
    {
        Open();
        Fail(Refused);
        Open();

        var recovery = Fail(Refused);

        Assert.Equal(NextStep.WithNewToken, recovery.Step);
        Assert.True(recovery.Delay > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("scope", "2", 3, 2)]
    [InlineData("scope", "3", 3, null)]
    [InlineData("scope", "-1", 3, null)]
    [InlineData("field", "scopes[1].collection", 3, 1)]
    [InlineData("field", "scope.collection", 3, null)]
    [InlineData("reason", "2", 3, null)]
    public void The_scope_that_spoils_a_request_is_known_where_the_server_names_it(
        string key,
        string value,
        int scopes,
        int? place
    )
    {
        var error = new VibeException(StatusCode.InvalidArgument, Reason.FieldInvalid, "No.")
        {
            Metadata = new Dictionary<string, string> { [key] = value },
        };

        Assert.Equal(place, StreamState.PlaceOf(error, scopes));
    }

    [Fact]
    public void A_resume_token_that_is_none_is_that_of_the_only_scope()
    {
        var error = new VibeException(StatusCode.InvalidArgument, Reason.ResumeTokenInvalid, "No.");

        Assert.Equal(0, StreamState.PlaceOf(error, 1));
        Assert.Null(StreamState.PlaceOf(error, 2));
    }

    private void Open(TimeSpan? heartbeat = null, TimeSpan? lifetime = null, double draw = 0.5) =>
        _state.Open(Messages.Opened(heartbeat, lifetime), Noon, draw);

    private Recovery Fail(VibeException error, double draw = 1, bool isStanding = false) =>
        _state.Fail(error, draw, isStanding);
}
