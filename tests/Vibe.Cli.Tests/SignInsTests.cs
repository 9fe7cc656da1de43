using Vibe.Cli.Pages;

namespace Vibe.Cli.Tests;

public class SignInsTests
{
    private readonly StoppedClock _clock = new();
    private readonly SignIns<string> _signIns;

    public SignInsTests() => _signIns = new SignIns<string>(_clock);

    [Fact]
    public void A_secret_is_good_once_and_its_session_is_that_of_its_person()
    {
        var (alice, bob) = (_signIns.Invite("alice"), _signIns.Invite("bob"));
        var halves = _signIns.Redeem(bob)!;

        Assert.Null(_signIns.Redeem(bob));
        Assert.Equal("bob", _signIns.Find(halves));
        Assert.Equal("alice", _signIns.Find(_signIns.Redeem(alice)!));
    }

    [Fact]
    public void A_secret_is_good_for_ten_minutes_and_a_session_for_longer()
    {
        var (used, early, late) = (_signIns.Invite("alice"), _signIns.Invite("alice"), _signIns.Invite("alice"));
        var halves = _signIns.Redeem(used)!;
        _clock.Now += TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1);
        var inTime = _signIns.Redeem(early);
        _clock.Now += TimeSpan.FromTicks(1);

        Assert.NotNull(inTime);
        Assert.Null(_signIns.Redeem(late));
        Assert.Equal("alice", _signIns.Find(halves));
    }

    [Fact]
    public void Halves_of_different_sessions_make_none()
    {
        var one = _signIns.Redeem(_signIns.Invite("alice"))!;
        var other = _signIns.Redeem(_signIns.Invite("alice"))!;

        Assert.Null(_signIns.Find(one with { Key = other.Key }));
        Assert.Null(_signIns.Find(one with { Cookie = other.Cookie }));
        Assert.Null(_signIns.Find(new SessionHalves(one.Key, one.Cookie)));
        Assert.Null(_signIns.Find(new SessionHalves("", "")));
    }

    [Fact]
    public void Secrets_have_256_bits_and_are_never_the_same()
    {
        var secrets = Enumerable.Range(0, 100).Select(_ => _signIns.Invite("alice")).ToHashSet();

        Assert.Equal(100, secrets.Count);
        Assert.All(secrets, secret => Assert.Matches("^[A-Za-z0-9_-]{43}$", secret));
    }

    private sealed class StoppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
