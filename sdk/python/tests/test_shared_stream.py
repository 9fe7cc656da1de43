"""How one stream serves all subscriptions, without a network and without waiting."""

import grpc
import pytest

from stream_script import Script, page, status, taken
from vibe import Reason, VibeError
from vibe._core.access_token import AccessToken
from vibe._core.failure import cut
from vibe.sync.v1 import sync_service_pb2 as wire

UNAVAILABLE = cut("gone")
REVOKED = VibeError(grpc.StatusCode.PERMISSION_DENIED, Reason.GRANT_REVOKED, "revoked")
EXPIRED = VibeError(grpc.StatusCode.UNAUTHENTICATED, Reason.ACCESS_TOKEN_EXPIRED, "expired")


def ended(index: int, code: grpc.StatusCode, reason: str) -> wire.SubscribeResponse:
    return wire.SubscribeResponse(scope_index=index, scope_ended=wire.ScopeEnded(status=status(code, reason)))


def beat(index: int, token: str) -> wire.SubscribeResponse:
    return wire.SubscribeResponse(scope_index=index, heartbeat=wire.Heartbeat(resume_token=token))


def test_what_joins_within_a_moment_joins_together() -> None:
    script = Script()
    script.pages("a")
    script.wait(0.01)
    script.pages("b")
    script.wait()
    assert script.opened() == 1
    assert [scope.collection for scope in script.open()] == ["spaces/me/collections/a", "spaces/me/collections/b"]


def test_one_that_joins_opens_the_stream_anew_from_where_all_stand() -> None:
    script = Script()
    first = script.pages("a", resume_token="stored")
    script.wait()
    assert [scope.resume_token for scope in script.open()] == ["stored"]
    script.page(0, "t1", "d1")
    script.pages("b")
    script.wait()
    assert [scope.resume_token for scope in script.call()] == ["t1", ""]
    assert script.stopped == []
    assert [one.resume_token for one in taken(first)] == ["t1"]


def test_the_new_stream_stands_before_the_old_one_goes_and_nothing_comes_twice_or_is_lost() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.open()
    script.pages("b")
    script.wait()
    script.call()
    script.page(0, "t1", "d1", stream=0)
    assert taken(first) == []
    script.receive(wire.SubscribeResponse(opened=wire.Opened()))
    assert script.stopped == [1]
    script.page(0, "t1", "d1")
    script.page(0, "t2", "d2", stream=0)
    assert [one.resume_token for one in taken(first)] == ["t1"]


def test_one_that_may_not_join_ends_alone_and_the_others_go_on_from_the_old_stream() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.open()
    second = script.pages("b")
    script.wait()
    script.call()
    script.page(0, "t1", "d1", stream=0)
    script.fail(VibeError(grpc.StatusCode.INVALID_ARGUMENT, Reason.NAME_INVALID, "no name"))
    assert isinstance(second.ended, VibeError)
    assert first.ended is None
    assert [one.resume_token for one in taken(first)] == ["t1"]
    script.wait(1)
    assert script.opened() == 2


def test_of_several_that_join_the_one_that_the_error_names_ends() -> None:
    script = Script()
    first, second = script.pages("a"), script.pages("b!")
    script.wait()
    script.call()
    metadata = {"field": "scopes[1].collection"}
    script.fail(VibeError(grpc.StatusCode.INVALID_ARGUMENT, Reason.NAME_INVALID, "no name", metadata=metadata))
    assert second.ended is not None
    assert first.ended is None
    script.wait()
    assert [scope.collection for scope in script.open()] == ["spaces/me/collections/a"]


def test_a_joining_that_fails_for_now_leaves_the_old_stream_and_is_tried_again() -> None:
    script = Script()
    first, _ = script.snapshots("a"), None
    script.wait()
    script.open()
    script.page(0, "t1", "d1")
    script.pages("b")
    script.wait()
    script.call()
    script.fail(UNAVAILABLE)
    assert script.stopped == []
    assert [view.live for view in taken(first)] == [True]
    script.wait(0.25)
    assert script.opened() == 3
    assert len(script.open()) == 2


def test_too_many_streams_gives_the_old_one_up() -> None:
    script = Script()
    script.pages("a")
    script.wait()
    script.open()
    script.pages("b")
    script.wait()
    script.call()
    script.fail(VibeError(grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.TOO_MANY_STREAMS, "too many"))
    assert script.stopped == [1]
    script.wait(0.25)
    assert len(script.open()) == 2


def test_a_cut_stream_is_opened_again_with_delays_that_double_and_views_go_offline_at_the_first_failed_attempt() -> (
    None
):
    script = Script()
    views = script.snapshots("a")
    script.wait()
    script.open()
    script.page(0, "t1", "d1")
    assert [view.live for view in taken(views)] == [True]
    script.fail(UNAVAILABLE)
    assert taken(views) == []
    for delay in (0.25, 0.5, 1.0):
        before = script.opened()
        script.wait(delay - 0.001)
        assert script.opened() == before
        script.wait(0.002)
        assert script.opened() == before + 1
        script.call()
        script.fail(UNAVAILABLE)
    assert [(view.live, view.error) for view in taken(views)] == [(False, UNAVAILABLE)]
    script.wait(2)
    script.open()
    script.page(0, "t1")
    assert [(view.live, view.error, list(view.changes)) for view in taken(views)] == [(True, None, [])]


def test_a_delay_that_the_server_names_wins() -> None:
    script = Script()
    script.pages("a")
    script.wait()
    script.open()
    script.fail(VibeError(grpc.StatusCode.UNAVAILABLE, Reason.SERVER_STOPPING, "stops", retry_delay=7))
    script.wait(6.9)
    assert script.opened() == 1
    script.wait(0.2)
    assert script.opened() == 2


def test_twice_the_interval_of_heartbeats_in_silence_counts_as_cut() -> None:
    script = Script()
    script.pages("a")
    script.wait()
    script.open(heartbeat=5)
    script.wait(9)
    script.receive(beat(0, "h1"))
    script.wait(9)
    assert script.stopped == []
    script.wait(1.5)
    assert script.stopped == [1]
    assert [scope.resume_token for scope in script.open()] == ["h1"]


def test_a_stream_that_does_not_open_in_time_is_given_up() -> None:
    script = Script()
    script.pages("a")
    script.wait()
    script.call()
    script.wait(30)
    assert script.stopped == [1]


def test_the_next_stream_is_opened_before_the_announced_end() -> None:
    script = Script()
    views = script.snapshots("a")
    script.wait()
    script.open(heartbeat=3600, lifetime=100)
    script.page(0, "t1", "d1")
    script.wait(74)
    assert script.opened() == 1
    script.wait(2)
    assert script.opened() == 2
    assert script.started[-1].is_ahead
    assert [scope.resume_token for scope in script.open(heartbeat=3600)] == ["t1"]
    assert script.stopped == [1]
    assert len(taken(views)) == 1


def test_a_scope_that_ends_ends_alone() -> None:
    script = Script()
    first, second = script.pages("a"), script.pages("b")
    script.wait()
    script.open()
    script.receive(ended(0, grpc.StatusCode.PERMISSION_DENIED, Reason.NOT_GRANTED))
    assert isinstance(first.ended, VibeError)
    assert first.ended.reason == Reason.NOT_GRANTED
    script.page(1, "t1", "d1")
    assert len(taken(second)) == 1
    script.wait(1)
    assert script.opened() == 1


def test_a_scope_that_ends_for_now_comes_back() -> None:
    script = Script()
    first, second = script.pages("a"), script.pages("b")
    script.wait()
    script.open()
    script.receive(ended(0, grpc.StatusCode.UNAVAILABLE, Reason.REPLICA_BEHIND))
    script.wait(0.25)
    assert len(script.open()) == 2
    assert first.ended is None
    assert second.ended is None


def test_an_end_that_denies_ends_all_that_were_on_the_stream() -> None:
    script = Script()
    first, second = script.pages("a"), script.pages("b")
    script.wait()
    script.open()
    end = wire.End(status=status(grpc.StatusCode.PERMISSION_DENIED, Reason.GRANT_REVOKED))
    script.receive(wire.SubscribeResponse(end=end))
    assert first.ended is not None
    assert second.ended is not None
    assert script.stream.next_time() is None


def test_a_token_that_ran_out_is_followed_by_another_without_going_offline() -> None:
    script = Script()
    views = script.snapshots("a")
    script.wait()
    script.open()
    script.page(0, "t1", "d1")
    taken(views)
    script.fail(EXPIRED)
    script.wait(0)
    assert script.started[-1].refused is not None
    assert script.started[-1].refusal is EXPIRED
    script.open()
    assert taken(views) == []


def test_a_source_that_gives_no_token_ends_everything() -> None:
    script = Script()
    first, second = script.pages("a"), script.snapshots("b")
    script.wait()
    script.fail(EXPIRED)
    assert first.ended is EXPIRED
    assert second.ended is EXPIRED


def test_a_source_that_fails_is_asked_again() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.fail(UNAVAILABLE)
    script.wait(0.25)
    assert script.opened() == 2
    assert first.ended is None


def test_a_resume_token_that_cannot_be_read_begins_anew_for_its_scope_alone() -> None:
    script = Script()
    script.pages("a", resume_token="good")
    script.pages("b", resume_token="bad")
    script.wait()
    script.call()
    script.fail(VibeError(grpc.StatusCode.INVALID_ARGUMENT, Reason.RESUME_TOKEN_INVALID, "?", metadata={"scope": "1"}))
    script.wait()
    assert [scope.resume_token for scope in script.open()] == ["good", ""]


def test_lost_history_drops_the_tokens_of_own_writes_once() -> None:
    script = Script()
    script.ledgers.of("me").acknowledge("w1", 1, 2)
    first = script.pages("a")
    script.wait()
    assert list(script.call()[0].consistency_tokens) == ["w1"]
    lost = VibeError(grpc.StatusCode.FAILED_PRECONDITION, Reason.HISTORY_LOST, "lost")
    script.fail(lost)
    script.wait()
    assert list(script.call()[0].consistency_tokens) == []
    script.fail(lost)
    assert first.ended is lost


def test_a_reader_that_stalls_leaves_pulls_what_it_missed_and_joins_again() -> None:
    script = Script()
    slow, quick = script.pages("a"), script.pages("b")
    script.wait()
    script.open()
    for number in range(6):
        script.page(0, f"a{number}", f"d{number}")
        script.page(1, f"b{number}", f"d{number}")
        assert len(taken(quick)) == 1
    assert script.opened() == 1
    assert slow.take() is not None
    slow.took(script.now)
    subscription, request = script.pulls[-1]
    assert request.scope.resume_token == "a3"
    script.stream.pulled(subscription, wire.PullResponse(page=page("a5", "d4", "d5")), script.now)
    assert [one.resume_token for one in taken(slow)] == ["a1", "a2", "a3", "a5"]
    slow.took(script.now)
    script.wait()
    assert [scope.resume_token for scope in script.open()] == ["a5", "b5"]
    script.page(0, "a6", "d6")
    assert [one.resume_token for one in taken(slow)] == ["a6"]


def test_a_pull_that_is_denied_ends_the_reader() -> None:
    script = Script()
    slow = script.pages("a")
    script.wait()
    script.open()
    for number in range(5):
        script.page(0, f"a{number}")
    assert script.stopped == [1]
    slow.take()
    slow.took(script.now)
    script.stream.pull_failed(script.pulls[-1][0], REVOKED, script.now)
    assert len(taken(slow)) == 3
    assert slow.ended is REVOKED


def test_twice_the_views_of_one_collection_are_one_scope() -> None:
    script = Script()
    first = script.snapshots("a")
    script.wait()
    assert len(script.open()) == 1
    script.page(0, "t1", "d1", "d2")
    second = script.snapshots("a")
    script.wait(1)
    assert script.opened() == 1
    assert [list(view.documents) for view in taken(first)] == [["d1", "d2"]]
    assert [[change.id for change in view.changes] for view in taken(second)] == [["d1", "d2"]]
    first.leave(script.now)
    assert script.stopped == []
    second.leave(script.now)
    assert script.stopped == [1]


def test_a_view_that_is_asked_for_after_a_write_waits_for_the_write() -> None:
    script = Script()
    script.snapshots("a")
    script.wait()
    script.open()
    script.page(0, "t1", "d1")
    script.ledgers.of("me").acknowledge("w1", 1, 2)
    second = script.snapshots("a")
    assert taken(second) == []
    script.wait()
    assert list(script.open()[0].consistency_tokens) == ["w1"]
    script.page(0, "t2", "d2")
    assert [list(view.documents) for view in taken(second)] == [["d1", "d2"]]


def test_in_a_long_silence_the_reader_hears_a_newer_token() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.open(heartbeat=400)
    script.page(0, "t1", "d1")
    taken(first)
    script.wait(599)
    script.receive(beat(0, "h1"))
    assert taken(first) == []
    script.wait(2)
    script.receive(beat(0, "h2"))
    assert [(one.resume_token, one.live, list(one.changes)) for one in taken(first)] == [("h2", True, [])]


def test_events_that_are_not_known_are_passed_over() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.open()
    script.receive(wire.SubscribeResponse(scope_index=0))
    script.receive(wire.SubscribeResponse(scope_index=9, page=page("t", "d")))
    script.page(0, "t1", "d1")
    assert len(taken(first)) == 1


def test_a_stream_that_opens_and_ends_at_once_is_not_opened_without_pause() -> None:
    script = Script()
    script.pages("a")
    script.wait()
    delays = []
    for _ in range(4):
        script.open()
        script.fail(UNAVAILABLE)
        delays.append(script.stream.next_time() - script.now)
        script.wait(delays[-1])
    assert delays == pytest.approx([0.25, 0.5, 1.0, 2.0])


def test_a_second_refusal_of_tokens_ends_with_the_words_of_the_server() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.call()
    script.fail(EXPIRED)
    script.wait(0)
    script.call(AccessToken("another"))
    script.fail(EXPIRED)
    assert first.ended is EXPIRED


def test_closing_ends_all_and_stops_the_stream() -> None:
    script = Script()
    first = script.pages("a")
    script.wait()
    script.open()
    script.stream.close(RuntimeError("closed"))
    assert isinstance(first.ended, RuntimeError)
    assert script.stopped == [1]
    assert script.stream.next_time() is None
