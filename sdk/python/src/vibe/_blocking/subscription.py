"""A collection that is followed, for one reader."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from .._core.following import Feed
from .following import BlockingFollowing

T = TypeVar("T")


class Subscription(Generic[T]):
    """What `snapshots` and `subscribe` give: a context manager, and an iterator without end.

    It reconnects by itself for ever, and ends only when the `with` is left, when `close` is called, also from another
    thread, or by raising the reason: a `VibeError`, or `ClosedError` when the client was closed. Ctrl-C ends it at
    once.
    """

    def __init__(self, following: BlockingFollowing, open: Callable[[Callable[[], None], float], Feed[T]]) -> None:
        self._following = following
        self._open = open
        self._news = threading.Condition(following.lock)
        self._feed: Feed[T] | None = None
        self._is_closed = False

    def __enter__(self) -> Self:
        if self._feed is None and not self._is_closed:
            self._feed = self._following.open(self._open, self._news.notify_all)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        with self._following.lock:
            while True:
                if self._is_closed:
                    raise StopIteration
                if self._feed is None:
                    raise RuntimeError("Open a subscription by `with` before reading from it.")
                item = self._feed.take()
                if item is not None:
                    self._feed.took(time.monotonic())
                    self._following.changed()
                    return item
                if self._feed.ended is not None:
                    raise self._feed.ended
                self._news.wait()

    def close(self) -> None:
        """Ends it; a loop that waits in another thread ends too. Twice is fine."""
        with self._following.lock:
            if self._is_closed:
                return
            self._is_closed = True
            if self._feed is not None:
                self._feed.leave(time.monotonic())
            self._following.changed()
            self._news.notify_all()
