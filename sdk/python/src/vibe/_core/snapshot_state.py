"""Whole views of a collection, made of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from vibe.sync.v1 import sync_service_pb2 as wire

from . import acl as acls
from .codec import TextCodec
from .documents import Change, CollectionSnapshot, DocumentSnapshot, RemovalCause
from .failure import VibeError
from .subscription_state import FeedPage

T = TypeVar("T")


class SnapshotState:
    """Makes whole views of pages, for all readers of one collection. A view is offered at checkpoints only."""

    def __init__(self) -> None:
        self.offered: dict[str, wire.Put] | None = None
        self.offered_by = 0
        """The number of the stream that brought the view."""

        self.is_live = False
        self.error: VibeError | None = None
        self.ended: BaseException | None = None
        self.readers: list[SnapshotReader[Any]] = []
        self._arriving: dict[str, tuple[wire.Put | None, RemovalCause | None]] = {}
        self._generation: set[str] | None = None

    def put(self, page: FeedPage, stream: int) -> bool:
        if page.is_reset:
            self._generation = set()
        for change in page.changes:
            id = change.document_id
            if change.WhichOneof("kind") == "put":
                self._arriving[id] = (change.put, None)
                if self._generation is not None:
                    self._generation.add(id)
            else:
                self._arriving[id] = (None, cause_of(change))
                if self._generation is not None:
                    self._generation.discard(id)
        if page.is_live:
            self._offer(stream)
        return True

    def has_room(self) -> bool:
        return True

    def is_empty(self) -> bool:
        return True

    def lose_touch(self, cause: VibeError) -> None:
        self.is_live = False
        self.error = cause
        self._wake()

    def end(self, error: BaseException) -> None:
        self.ended = error
        self._wake()

    def _offer(self, stream: int) -> None:
        offered = self.offered if self.offered is not None else {}
        if self._generation is not None:
            arriving = {id for id, (put, _) in self._arriving.items() if put is not None}
            present = arriving | (offered.keys() - self._arriving.keys())
            for id in present - self._generation:
                self._arriving[id] = (None, RemovalCause.NO_LONGER_VISIBLE)
            self._generation = None
        for id, (put, cause) in self._arriving.items():
            if put is None:
                offered.pop(id, None)
            else:
                offered[id] = put
            for reader in self.readers:
                reader.touch(id, cause)
        self._arriving.clear()
        self.offered, self.offered_by = offered, stream
        self.is_live, self.error = True, None
        self._wake()

    def _wake(self) -> None:
        for reader in self.readers:
            reader.wake()


class SnapshotReader(Generic[T]):
    """Gives one reader the latest view, with the difference to the one that it took before."""

    def __init__(self, state: SnapshotState, codec: TextCodec[T], from_stream: int, wake: Callable[[], None]) -> None:
        self.wake = wake
        self._state = state
        self._codec = codec
        self._from_stream = from_stream
        self._touched: dict[str, RemovalCause | None] = {}
        self._taken: Mapping[str, DocumentSnapshot[T]] | None = None
        self._was_live = False

    @property
    def ended(self) -> BaseException | None:
        return self._state.ended

    def touch(self, id: str, cause: RemovalCause | None) -> None:
        self._touched[id] = cause

    def take(self) -> CollectionSnapshot[T] | None:
        """The latest view; None when there is none yet, or nothing to tell since the last one."""
        state = self._state
        if state.offered is None or (self._taken is None and state.offered_by < self._from_stream):
            return None
        before = self._taken if self._taken is not None else {}
        ids = self._touched if self._taken is not None else dict.fromkeys(state.offered)
        changes = self._difference(before, state.offered, ids)
        self._touched = {}
        if self._taken is not None and not changes and state.is_live == self._was_live:
            return None
        if self._taken is None or changes:
            self._taken = MappingProxyType(_apply(before, changes))
        self._was_live = state.is_live
        return CollectionSnapshot(self._taken, changes, state.is_live, state.error)

    def _difference(
        self,
        before: Mapping[str, DocumentSnapshot[T]],
        after: Mapping[str, wire.Put],
        ids: Mapping[str, RemovalCause | None],
    ) -> list[Change[T]]:
        changes: list[Change[T]] = []
        for id in sorted(ids):
            old, present = before.get(id), after.get(id)
            if present is None:
                if old is not None:
                    changes.append(Change(id, None, ids[id] or RemovalCause.NO_LONGER_VISIBLE))
            elif old is None or old.etag != present.etag:
                changes.append(Change(id, snapshot_of_put(id, present, self._codec)))
        return changes


def cause_of(change: wire.Change) -> RemovalCause:
    is_deleted = change.removed.cause == wire.REMOVAL_CAUSE_DELETED
    return RemovalCause.DELETED if is_deleted else RemovalCause.NO_LONGER_VISIBLE


def snapshot_of_put(id: str, put: wire.Put, codec: TextCodec[T]) -> DocumentSnapshot[T]:
    # It is made for each document of a feed: by place and not by name, and without a function for each time.
    created, updated = put.create_time, put.update_time
    return DocumentSnapshot(
        id,
        put.json,
        codec,
        put.etag,
        created.seconds * 1_000_000 + created.nanos // 1000,
        updated.seconds * 1_000_000 + updated.nanos // 1000,
        acls.from_wire(put.acl) if put.HasField("acl") else None,
    )


def _apply(before: Mapping[str, DocumentSnapshot[T]], changes: list[Change[T]]) -> dict[str, DocumentSnapshot[T]]:
    after = dict(before)
    is_grown = False
    for change in changes:
        if change.document is None:
            del after[change.id]
        else:
            is_grown |= change.id not in after
            after[change.id] = change.document
    return dict(sorted(after.items())) if is_grown else after
