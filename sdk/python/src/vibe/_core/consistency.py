"""Read-your-writes: which tokens of its own writes a client quotes when it reads."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from typing import Final

from .names import space_id

LIMIT: Final = 32
"""The most tokens that the server takes, and the most writes of a space in flight."""

ME: Final = "me"


class ConsistencyTokens:
    """The tokens of one space's writes that a read must quote to see them all.

    Tokens are opaque, so of two writes in flight nobody knows which is the later; a token is dropped only when a write
    that was sent after it arrived is acknowledged. What is kept was therefore all in flight at once, and is never more
    than the writes allowed there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[tuple[int, str]] = []

    def acknowledge(self, token: str, sent: int, arrived: int) -> None:
        """Takes in a write's acknowledgement, with the counts when it was first sent and when the answer arrived."""
        with self._lock:
            self._kept = [*(kept for kept in self._kept if kept[0] >= sent), (arrived, token)]

    def to_quote(self) -> tuple[str, ...]:
        # The list is replaced and never changed: readers need no lock.
        return tuple(token for _, token in self._kept[-LIMIT:])

    def forget(self, tokens: Sequence[str]) -> None:
        """Drops tokens that the server does not know any more."""
        with self._lock:
            self._kept = [kept for kept in self._kept if kept[1] not in tokens]

    def take_over(self, other: ConsistencyTokens) -> None:
        """Takes over what was kept for the same space under another name."""
        with other._lock:
            taken, other._kept = other._kept, []
        with self._lock:
            self._kept = sorted(self._kept + taken)


class SpaceLedgers:
    """The consistency tokens by space.

    Spaces are told apart by their ids; the one behind `me` is learned from the first answer that names it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = itertools.count(1)
        self._ledgers: dict[str, ConsistencyTokens] = {}
        self._me: str | None = None

    def next(self) -> int:
        """Counts on; the order of sending and arriving over all spaces."""
        return next(self._count)

    def resolve(self, space: str) -> str:
        """The id of a space, where `me` is known; else the id as it is."""
        return self._me or ME if space == ME else space

    def of(self, space: str) -> ConsistencyTokens:
        ledger = self._ledgers.get(self.resolve(space))
        if ledger is not None:
            return ledger
        with self._lock:
            return self._ledgers.setdefault(self.resolve(space), ConsistencyTokens())

    def learn(self, asked_for: str, answered_name: str) -> None:
        """Notes which space stood behind the one that was asked for."""
        id = space_id(answered_name)
        if asked_for != ME or id is None or id in (ME, self._me):
            return
        with self._lock:
            if self._me is None and (nameless := self._ledgers.get(ME)) is not None:
                known = self._ledgers.setdefault(id, nameless)
                if known is not nameless:
                    known.take_over(nameless)
            self._me = id


class Freshness:
    """The consistency tokens that one read quotes: the caller's, and those of the client's own writes."""

    def __init__(self, ledgers: SpaceLedgers, space: str, given: str | None) -> None:
        self._ledger = ledgers.of(space)
        self._given = given
        self._automatic = self._ledger.to_quote()

    @property
    def tokens(self) -> list[str]:
        if self._given is None:
            return list(self._automatic)
        return [self._given, *self._automatic[-(LIMIT - 1) :]]

    @property
    def automatic(self) -> tuple[str, ...]:
        return self._automatic

    def forget(self) -> bool:
        """Drops the client's own, here and for later reads; False when there are none."""
        if not self._automatic:
            return False
        self._ledger.forget(self._automatic)
        self._automatic = ()
        return True
