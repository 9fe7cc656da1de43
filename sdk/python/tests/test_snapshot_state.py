"""How whole views are made of pages."""

from __future__ import annotations

import random
from typing import Any

from stream_script import page
from vibe import Change, RemovalCause
from vibe._core.codec import PLAIN
from vibe._core.failure import cut
from vibe._core.snapshot_state import SnapshotReader, SnapshotState
from vibe._core.subscription_state import FeedPage
from vibe.sync.v1 import sync_service_pb2 as wire


def reader_of(state: SnapshotState) -> SnapshotReader[Any]:
    reader: SnapshotReader[Any] = SnapshotReader(state, PLAIN, 0, lambda: None)
    state.readers.append(reader)
    return reader


def put(state: SnapshotState, made: wire.Page, *removed: str, cause: wire.RemovalCause | None = None) -> None:
    for id in removed:
        made.changes.append(wire.Change(document_id=id, removed=wire.Removed(cause=cause)))
    state.put(FeedPage.of(made), 1)


def told(changes: Any) -> list[tuple[str, RemovalCause | None]]:
    return [(change.id, change.cause) for change in changes]


def test_a_view_is_given_at_checkpoints_only() -> None:
    state = SnapshotState()
    reader = reader_of(state)
    put(state, page("t1", "b", live=False, reset=True))
    assert reader.take() is None
    put(state, page("t2", "a"))
    view = reader.take()
    assert view is not None
    assert list(view.documents) == ["a", "b"]
    assert told(view.changes) == [("a", None), ("b", None)]
    put(state, page("t3", "c", live=False))
    assert reader.take() is None


def test_an_empty_collection_gives_an_empty_view() -> None:
    state = SnapshotState()
    reader = reader_of(state)
    put(state, page("t1", reset=True))
    view = reader.take()
    assert view is not None
    assert (dict(view.documents), list(view.changes), view.live) == ({}, [], True)
    assert reader.take() is None


def test_one_that_is_slow_gets_one_bigger_step() -> None:
    state = SnapshotState()
    slow, quick = reader_of(state), reader_of(state)
    put(state, page("t1", "a", "b", "c", reset=True))
    slow.take()
    for step in ("t2", "t3"):
        put(state, page(step, "a"))
        assert quick.take() is not None
    put(state, page("t4"), "b", cause=wire.REMOVAL_CAUSE_DELETED)
    put(state, page("t5"), "c")
    view = slow.take()
    assert view is not None
    expected = [("a", None), ("b", RemovalCause.DELETED), ("c", RemovalCause.NO_LONGER_VISIBLE)]
    assert told(view.changes) == expected


def test_a_reset_drops_what_it_does_not_bring_and_tells_nothing_twice() -> None:
    state = SnapshotState()
    reader = reader_of(state)
    put(state, page("t1", "a", "b", reset=True))
    before = reader.take()
    assert before is not None
    put(state, page("t1", "a", live=False, reset=True))
    put(state, page("t1", "c"))
    after = reader.take()
    assert after is not None
    assert told(after.changes) == [("b", RemovalCause.NO_LONGER_VISIBLE), ("c", None)]
    assert after.documents["a"] is before.documents["a"]
    assert list(before.documents) == ["a", "b"]


def test_what_came_and_went_between_two_views_is_not_told() -> None:
    state = SnapshotState()
    reader = reader_of(state)
    put(state, page("t1", reset=True))
    reader.take()
    put(state, page("t2", "a"))
    put(state, page("t3"), "a", cause=wire.REMOVAL_CAUSE_DELETED)
    assert reader.take() is None


def test_a_view_says_when_nobody_stands_behind_it() -> None:
    state = SnapshotState()
    reader = reader_of(state)
    put(state, page("t1", "a", reset=True))
    reader.take()
    cause = cut("gone")
    state.lose_touch(cause)
    state.lose_touch(cause)
    view = reader.take()
    assert view is not None
    assert (view.live, view.error, list(view.documents)) == (False, cause, ["a"])
    assert reader.take() is None


def test_each_reader_can_rebuild_each_view_from_the_changes_alone() -> None:
    for seed in range(200):
        draw = random.Random(seed)
        state = SnapshotState()
        readers = [reader_of(state) for _ in range(2)]
        held: list[dict[str, str]] = [{}, {}]
        for step in range(40):
            ids = draw.sample("abcdefgh", draw.randrange(4))
            gone = draw.sample("abcdefgh", draw.randrange(3))
            made = page(f"t{step}", *ids, live=draw.random() < 0.5, reset=step == 0 or draw.random() < 0.1)
            put(state, made, *(id for id in gone if id not in ids))
            for reader, copy in zip(readers, held, strict=True):
                if draw.random() < 0.4:
                    continue
                view = reader.take()
                if view is None:
                    continue
                for change in view.changes:
                    apply(copy, change)
                assert copy == {id: document.etag for id, document in view.documents.items()}
                assert list(view.documents) == sorted(view.documents)


def apply(copy: dict[str, str], change: Change[Any]) -> None:
    if change.document is None:
        assert change.cause is not None
        del copy[change.id]
    else:
        assert copy.get(change.id) != change.document.etag
        copy[change.id] = change.document.etag
