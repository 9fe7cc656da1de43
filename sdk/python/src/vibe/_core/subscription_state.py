"""What is known of one scope that is followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from vibe.sync.v1 import sync_service_pb2 as wire

from .consistency import Freshness, SpaceLedgers
from .recovery import Recovery
from .retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .failure import VibeError
    from .shared_stream import Stream

_LONGEST_SILENCE_FOR_READERS: Final = 600.0


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of the feed before its documents have a type."""

    changes: Sequence[wire.Change]
    is_reset: bool
    is_live: bool
    resume_token: str

    @staticmethod
    def of(page: wire.Page) -> FeedPage:
        return FeedPage(page.changes, page.reset, page.HasField("checkpoint"), page.resume_token)


class Sink(Protocol):
    """Where pages go. Nothing here waits, or runs a reader's code."""

    def put(self, page: FeedPage, stream: int) -> bool:
        """Takes a page that the stream of that number brought; False when the reader stalls and it has to wait."""

    def has_room(self) -> bool: ...

    def is_empty(self) -> bool: ...

    def lose_touch(self, cause: VibeError) -> None:
        """An attempt to reconnect failed."""

    def end(self, error: BaseException) -> None:
        """There is no more."""


class SubscriptionState:
    """Where one scope stands: on which stream, how far, and since when. Messages and time are given to it."""

    def __init__(
        self,
        sink: Sink,
        retry: RetryPolicy,
        space: str,
        collection: str,
        resume_token: str | None = None,
        consistency_token: str | None = None,
    ) -> None:
        self.sink = sink
        self.space = space
        self.collection = collection
        self.recovery = Recovery(retry)

        self.resume_token = resume_token
        """Where to go on. Pages that were put into the sink are on their way and do not come again."""

        self.stream: Stream | None = None
        """The stream that it is read from; None while it waits for one, or is away."""

        self.due: float | None = None
        """When it wants to be on a stream that is opened anew; None while it is content."""

        self.is_away = False
        """Whether it left the stream because its reader stalls, and catches up by Pull."""

        self.is_pulling = False
        self.is_caught_up = False

        self.quoted: tuple[str, ...] = ()
        """The tokens of the client's own writes that it quoted when it was opened last, and by which stream."""

        self.quoted_by = 0

        self._consistency_token = consistency_token
        self._is_at_checkpoint = False
        self._last_page: float | None = None

    def freshness(self, ledgers: SpaceLedgers) -> Freshness:
        return Freshness(ledgers, self.space, self._consistency_token)

    def scope(self, freshness: Freshness) -> wire.Scope:
        """What to ask for, from here on."""
        return wire.Scope(
            collection=self.collection, resume_token=self.resume_token or "", consistency_tokens=freshness.tokens
        )

    def opened(self, stream: Stream, now: float) -> None:
        self.stream = stream
        self.recovery.opened()
        if self._last_page is None:
            self._last_page = now

    def take(self, page: FeedPage, stream: int, now: float) -> bool:
        """Hands a page on; False when the reader stalls, and nothing was taken."""
        if not self.sink.put(page, stream):
            return False
        self._progress(page.resume_token)
        self._last_page = now
        self._is_at_checkpoint = page.is_live
        return True

    def beat(self, token: str, stream: int, now: float) -> None:
        """Takes in a heartbeat's token; in a long silence the reader hears of it, so that a stored one does not age."""
        if not token:
            return
        self._progress(token)
        if self._last_page is not None and now - self._last_page >= _LONGEST_SILENCE_FOR_READERS:
            self._last_page = now
            self.sink.put(FeedPage((), False, self._is_at_checkpoint, token), stream)

    def _progress(self, token: str) -> None:
        if token:
            self.resume_token = token
        self.recovery.progressed()
