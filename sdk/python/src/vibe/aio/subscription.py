"""A collection that is followed, for one reader."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from .._core.following import Feed
from .following import AsyncFollowing

T = TypeVar("T")


class Subscription(Generic[T]):
    """What `snapshots` and `subscribe` give: an asynchronous context manager, and an iterator without end.

    It reconnects by itself for ever, and ends only when the `async with` is left, when `close` is called, or by raising
    the reason: a `VibeError`, or `ClosedError` when the client was closed.
    """

    def __init__(self, following: AsyncFollowing, open: Callable[[Callable[[], None], float], Feed[T]]) -> None:
        self._following = following
        self._open = open
        self._news = asyncio.Event()
        self._feed: Feed[T] | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        if self._feed is None and not self._is_closed:
            self._feed = self._following.open(self._open, self._news.set)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            if self._is_closed:
                raise StopAsyncIteration
            if self._feed is None:
                raise RuntimeError("Open a subscription by `async with` before reading from it.")
            self._news.clear()
            item = self._feed.take()
            if item is not None:
                self._feed.took(time.monotonic())
                self._following.changed()
                return item
            if self._feed.ended is not None:
                raise self._feed.ended
            await self._news.wait()

    def close(self) -> None:
        """Ends it; a loop that waits ends too. Twice is fine."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._feed is not None:
            self._feed.leave(time.monotonic())
            self._following.changed()
        self._news.set()
