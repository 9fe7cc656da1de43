"""Which collections a client follows, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from .codec import TextCodec
from .consistency import SpaceLedgers
from .documents import ChangePage, CollectionSnapshot
from .names import last_id
from .page_queue import PageQueue
from .retry import RetryPolicy
from .shared_stream import Port, SharedStream
from .snapshot_state import SnapshotReader, SnapshotState
from .subscription_state import SubscriptionState

T = TypeVar("T")
Item = TypeVar("Item", covariant=True)


class Feed(Protocol[Item]):
    """What a subscription reads from."""

    @property
    def ended(self) -> BaseException | None:
        """Why nothing more comes."""

    def take(self) -> Item | None:
        """The next item; None when there is none yet."""

    def leave(self, now: float) -> None:
        """The reader goes."""

    def took(self, now: float) -> None:
        """The reader has room for more."""


class Following:
    """Opens feeds on the stream that they share. Twice the views of one collection are one scope of it."""

    def __init__(self, port: Port, retry: RetryPolicy, ledgers: SpaceLedgers, random: Callable[[], float]) -> None:
        self.stream = SharedStream(port, retry, ledgers, random)
        self._retry = retry
        self._ledgers = ledgers
        self._views: list[tuple[SubscriptionState, SnapshotState]] = []

    def snapshots(
        self, space: str, collection: str, codec: TextCodec[T], wake: Callable[[], None], now: float
    ) -> Feed[CollectionSnapshot[T]]:
        known = self._find(space, last_id(collection))
        if known is not None:
            subscription, state = known
            if set(self._ledgers.of(space).to_quote()) <= set(subscription.quoted):
                from_stream = subscription.quoted_by
            else:
                # A view from before the client's own latest writes would break read-your-writes.
                self.stream.refresh(subscription, now)
                from_stream = self.stream.next_number
        else:
            state = SnapshotState()
            subscription = SubscriptionState(state, self._retry, space, collection)
            self._views.append((subscription, state))
            self.stream.join(subscription, now)
            from_stream = 0
        reader = SnapshotReader(state, codec, from_stream, wake)
        state.readers.append(reader)
        return _View(self, subscription, state, reader)

    def pages(
        self,
        space: str,
        collection: str,
        codec: TextCodec[T],
        resume_token: str | None,
        consistency_token: str | None,
        wake: Callable[[], None],
        now: float,
    ) -> Feed[ChangePage[T]]:
        queue = PageQueue(codec, wake)
        subscription = SubscriptionState(queue, self._retry, space, collection, resume_token, consistency_token)
        self.stream.join(subscription, now)
        return _Pages(self.stream, subscription, queue)

    def forget(self, subscription: SubscriptionState) -> None:
        self._views = [view for view in self._views if view[0] is not subscription]
        self.stream.leave(subscription)

    def _find(self, space: str, collection: str) -> tuple[SubscriptionState, SnapshotState] | None:
        # Not by a key: the id behind `me` may have been learned meanwhile.
        resolve = self._ledgers.resolve
        for subscription, state in self._views:
            is_same = resolve(subscription.space) == resolve(space) and last_id(subscription.collection) == collection
            if is_same and self.stream.has(subscription):
                return subscription, state
        return None


class _View(Feed[CollectionSnapshot[T]]):
    def __init__(
        self,
        following: Following,
        subscription: SubscriptionState,
        state: SnapshotState,
        reader: SnapshotReader[T],
    ) -> None:
        self._following = following
        self._subscription = subscription
        self._state = state
        self._reader = reader

    @property
    def ended(self) -> BaseException | None:
        return self._state.ended

    def take(self) -> CollectionSnapshot[T] | None:
        return self._reader.take()

    def took(self, now: float) -> None:
        """A view takes the place of the one before: there is always room."""

    def leave(self, now: float) -> None:
        if self._reader in self._state.readers:
            self._state.readers.remove(self._reader)
        if not self._state.readers:
            self._following.forget(self._subscription)


class _Pages(Feed[ChangePage[T]]):
    def __init__(self, stream: SharedStream, subscription: SubscriptionState, queue: PageQueue[T]) -> None:
        self._stream = stream
        self._subscription = subscription
        self._queue = queue

    @property
    def ended(self) -> BaseException | None:
        return self._queue.ended

    def take(self) -> ChangePage[T] | None:
        return self._queue.take()

    def took(self, now: float) -> None:
        self._stream.room(self._subscription, now)

    def leave(self, now: float) -> None:
        self._stream.leave(self._subscription)
