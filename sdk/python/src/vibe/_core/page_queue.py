"""Pages on their way to a reader that holds the documents itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from .codec import TextCodec
from .documents import Change, ChangePage
from .failure import VibeError
from .snapshot_state import cause_of, snapshot_of_put
from .subscription_state import FeedPage

T = TypeVar("T")

_HELD_READY: Final = 4


class PageQueue(Generic[T]):
    """Gives one reader its pages, none left out, with a few held ready."""

    def __init__(self, codec: TextCodec[T], wake: Callable[[], None]) -> None:
        self.ended: BaseException | None = None
        self._codec = codec
        self._wake = wake
        self._pages: deque[FeedPage] = deque()

    def put(self, page: FeedPage, stream: int) -> bool:
        if not self.has_room():
            return False
        self._pages.append(page)
        self._wake()
        return True

    def has_room(self) -> bool:
        return len(self._pages) < _HELD_READY

    def is_empty(self) -> bool:
        return not self._pages

    def lose_touch(self, cause: VibeError) -> None:
        """Whoever holds the documents goes on with them."""

    def end(self, error: BaseException) -> None:
        self.ended = error
        self._wake()

    def take(self) -> ChangePage[T] | None:
        if not self._pages:
            return None
        page = self._pages.popleft()
        changes: list[Change[T]] = []
        for each in page.changes:
            id = each.document_id
            if each.HasField("put"):
                changes.append(Change(id, snapshot_of_put(id, each.put, self._codec)))
            else:
                changes.append(Change(id, None, cause_of(each)))
        return ChangePage(changes, page.is_reset, page.is_live, page.resume_token)
