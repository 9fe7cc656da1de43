using Vibe.Access.V1;
using Vibe.Proof.NewEnemy;
using static Vibe.Proof.Tests.NewEnemy.HandMade;

namespace Vibe.Proof.Tests.NewEnemy;

/// <summary>The judge accepts what can have happened and nothing else.</summary>
public sealed class JudgeTests
{
    private const string First = """{"a":"w1"}""";
    private const string Second = """{"a":"w2"}""";

    private readonly HandMade _history = new();

    [Fact]
    public void What_was_there_and_allowed_is_accepted() =>
        Accepts(
            _history
                .Read(Pen, 4, 5, First)
                .Read(Alice, 4, 5, """{"a":"w1","b":"w1"}""")
                .Read(Bob, 4, 5, """{"a":"w1","b":"w1"}""")
                .Read(Eye, 4, 5, """{"a":"w1","b":"w1"}""")
        );

    [Fact]
    public void A_member_outside_the_grant_is_found() =>
        Rejects(_history.Read(Pen, 4, 5, """{"a":"w1","b":"w1"}"""), "never so, or never allowed");

    [Fact]
    public void What_was_written_after_a_revocation_had_returned_is_found_however_long_the_read_took() =>
        Rejects(_history.Revoked(5, 6).Written(7, 8, "w2", ("a", "w2")).Read(Pen, 4, 20, Second), "Told");

    [Fact]
    public void A_read_beside_a_revocation_may_be_answered_or_refused()
    {
        Accepts(new HandMade().Revoked(5, 8).Read(Pen, 6, 7, First));
        Accepts(new HandMade().Revoked(5, 8).Read(Pen, 6, 7, null, "GRANT_REVOKED"));
    }

    [Fact]
    public void A_read_begun_after_a_revocation_had_returned_must_be_refused()
    {
        Rejects(new HandMade().Revoked(5, 6).Read(Pen, 7, 8, First), "too late");
        Accepts(new HandMade().Revoked(5, 6).Read(Pen, 7, 8, null, "GRANT_REVOKED"));
    }

    [Fact]
    public void A_refusal_without_cause_is_found() =>
        Rejects(_history.Read(Pen, 4, 5, null, "GRANT_REVOKED"), "never so");

    [Fact]
    public void A_refusal_before_its_cause_is_found() =>
        Rejects(_history.Revoked(7, 8).Read(Pen, 4, 5, null, "GRANT_REVOKED"), "too early");

    [Fact]
    public void What_one_read_showed_a_later_one_must_not_miss()
    {
        // The write is on its way during both reads, so each alone could be.
        var history = _history.Written(4, 20, "w2", ("a", "w2")).Read(Pen, 5, 6, Second);
        Accepts(history);
        Rejects(history.Read(Pen, 7, 8, First), "");
    }

    [Fact]
    public void One_who_was_refused_for_a_revocation_is_behind_it_and_so_is_whoever_comes_later() =>
        Rejects(_history.Revoked(4, 20).Read(Pen, 5, 6, null, "GRANT_REVOKED").Read(Pen, 7, 8, First), "");

    [Fact]
    public void A_write_must_be_allowed_at_its_own_place_even_where_everything_overlaps()
    {
        Accepts(new HandMade().Written(Pen, 4, 20, "w2", ("b", "w2")).Revoked(4, 20));
        Rejects(new HandMade().Revoked(4, 20).Written(Pen, 4, 20, "w2", ("b", "w2")), "never allowed");
    }

    [Fact]
    public void A_write_whose_answer_was_lost_must_have_been_allowed_too() =>
        Rejects(_history.Revoked(4, 20).Written(Pen, 4, null, "w2", ("b", "w2")), "never allowed");

    [Fact]
    public void An_acknowledged_write_that_is_not_in_the_order_is_found() =>
        Rejects(
            _history.Add(new Call(new Asked(Alice, Method.Update, "d", "a"), At(4), At(5), Told.LetIn) { Mark = "w9" }),
            "acknowledged and is not in the order"
        );

    [Fact]
    public void A_refused_write_that_took_effect_is_found()
    {
        var call = new Call(new Asked(Pen, Method.Update, "d", "a"), At(4), At(5), Told.Refused("GRANT_REVOKED"));
        Rejects(_history.TookEffect("w2").Add(call with { Mark = "w2" }), "was refused");
    }

    [Fact]
    public void A_change_that_lies_before_one_that_had_returned_when_it_began_is_found() =>
        Rejects(_history.Written(8, 9, "w2", ("a", "w2")).Written(5, 6, "w3", ("a", "w3")), "lies behind");

    [Fact]
    public void Another_persons_revocation_holds_in_this_space()
    {
        Rejects(
            new HandMade()
                .BobRevoked(5, 6)
                .Written(7, 8, "w2", ("a", "w2"))
                .Read(Eye, 4, 20, """{"a":"w2","b":"w1"}"""),
            "never so"
        );
        Accepts(
            new HandMade().BobRevoked(5, 9).Written(7, 8, "w2", ("a", "w2")).Read(Eye, 4, 20, """{"a":"w2","b":"w1"}""")
        );
    }

    [Fact]
    public void A_write_decided_before_another_persons_revocation_may_be_seen_after_it_and_its_group_with_it()
    {
        HandMade Shared() =>
            new HandMade().Listed(3.1, 3.2, Operation.Read, Operation.Update).Written(4, 20, "w2", ("a", "w2"));
        Accepts(
            Shared().Written(Eye, 4, 20, "w3", ("b", "w3")).BobRevoked(5, 6).Read(Bob, 7, 8, """{"a":"w1","b":"w1"}""")
        );
        Rejects(Shared().Written(Eye, 7, 20, "w3", ("b", "w3")).BobRevoked(5, 6), "too late");
    }

    [Fact]
    public void A_write_refused_by_what_its_group_did_before_it_may_be_told_so_before_others_see_that()
    {
        var write = new Call(
            new Asked(Eye, Method.Update, "d", "b"),
            At(4),
            At(20),
            Told.Refused("RESOURCE_NOT_FOUND")
        );
        Accepts(
            new HandMade()
                .Listed(4, 20)
                .Add(write with { Mark = "w3" })
                .BobRevoked(5, 6)
                .Read(Bob, 7, 8, """{"a":"w1","b":"w1"}""")
        );
        Rejects(
            new HandMade()
                .Listed(4, 20)
                .Add(write with { Mark = "w3", End = At(6.5) })
                .BobRevoked(5, 6)
                .Read(Bob, 7, 8, """{"a":"w1","b":"w1"}"""),
            ""
        );
    }

    [Fact]
    public void A_list_that_shuts_somebody_out_holds()
    {
        var history = _history.Listed(5, 6).Read(Bob, 7, 8, null);
        Accepts(history);
        Rejects(history.Read(Bob, 9, 10, """{"a":"w1","b":"w1"}"""), "too late");
    }

    [Fact]
    public void A_grant_ends_at_its_time()
    {
        HandMade Short() => new HandMade().Granted(4, 5, "*", ends: 10);
        const string whole = """{"a":"w1","b":"w1"}""";
        Accepts(Short().Read(Pen, 6, 7, whole).Read(Pen, 11, 12, null, "GRANT_EXPIRED"));
        Rejects(Short().Read(Pen, 11, 12, whole), "too late");
        Rejects(Short().Read(Pen, 6, 7, null, "GRANT_EXPIRED"), "too early");
    }

    [Fact]
    public void A_token_ends_half_a_minute_after_its_time_at_the_latest()
    {
        var pen = Pen with { TokenEnds = At(10) };
        Accepts(new HandMade().Read(pen, 35, 36, First));
        Rejects(new HandMade().Read(pen, 42, 43, First), "The token had ended");
        Accepts(new HandMade().Read(pen, 42, 43, null, "ACCESS_TOKEN_EXPIRED"));
        Rejects(new HandMade().Read(pen, 15, 16, null, "ACCESS_TOKEN_EXPIRED"), "still good");
    }

    [Fact]
    public void A_stream_never_goes_back() =>
        Rejects(
            _history
                .Written(4, 20, "w2", ("a", "w2"))
                .Frame(Pen, 1, 3, 6, First)
                .Frame(Pen, 2, 3, 7, Second)
                .Frame(Pen, 3, 3, 8, First),
            ""
        );

    [Fact]
    public void One_frame_may_come_after_a_revocation_and_no_second()
    {
        HandMade Revoked() => new HandMade().Frame(Pen, 1, 3, 9, First).Revoked(5, 6);
        // The first was about to be handed over at 7, when the revocation had returned; the next read is behind that.
        Accepts(Revoked().Frame(Pen, 2, 7, 9, null, "GRANT_REVOKED"));
        Rejects(Revoked().Frame(Pen, 2, 7, 9, First), "too late");
    }

    private static void Accepts(HandMade history) => Assert.Null(history.Found);

    private static void Rejects(HandMade history, string saying)
    {
        Assert.NotNull(history.Found);
        Assert.Contains(saying, history.Found, StringComparison.Ordinal);
    }
}
