"""One call from its first attempt to its outcome: what is decided, without what waits."""

from __future__ import annotations

from typing import Any, Final

import grpc

from .failure import VibeError, deadline_exceeded, with_unknown_outcome
from .hooks import LOG
from .retry import NextStep, RetryPolicy, for_call, leaves_outcome_open
from .rpc import Rpc

_LONGEST_TIMEOUT: Final = 86_400.0


def check_timeout(timeout: float) -> float:
    """A timeout in seconds, within what a server takes."""
    if not timeout > 0:
        raise ValueError("A timeout is more than 0 seconds.")
    return min(float(timeout), _LONGEST_TIMEOUT)


class CallProgress:
    """What a call knows of itself. All of its attempts, delays and token renewals lie within one deadline."""

    def __init__(self, rpc: Rpc[Any, Any], timeout: float, retry: RetryPolicy, now: float) -> None:
        self.attempts = 0
        self._rpc = rpc
        self._timeout = timeout
        self._retry = retry
        self._end = now + timeout
        self._is_renewed = False
        self._may_be_done = False
        self._last: VibeError | None = None

    def remaining(self, now: float) -> float:
        return max(0.0, self._end - now)

    def after(self, error: VibeError, draw: float, now: float) -> tuple[NextStep, float]:
        """Says what follows a failed attempt, and after how many seconds; raises where nothing does."""
        if error.code == grpc.StatusCode.DEADLINE_EXCEEDED and (error.reason is None or now >= self._end):
            raise self.late()
        step = for_call(error, self.attempts, self._retry, self._is_renewed)
        self._last = error
        delay = 0.0
        match step:
            case NextStep.WITH_NEW_TOKEN:
                self._is_renewed = True
            case NextStep.AGAIN:
                self._may_be_done |= not self._rpc.is_read and leaves_outcome_open(error)
                drawn = self._retry.delay_after(self.attempts, draw)
                delay = drawn if error.retry_delay is None else error.retry_delay
                if now + delay >= self._end:
                    raise self.final(error)
                LOG.debug(
                    "%s failed at attempt %d with %s %s and is tried again.",
                    self._rpc.method,
                    self.attempts,
                    error.code.name,
                    error.reason,
                )
            case NextStep.WITHOUT_TOKENS:
                pass
            case _:
                raise self.final(error)
        return step, delay

    def final(self, error: VibeError) -> VibeError:
        return with_unknown_outcome(error) if self._may_be_done else error

    def late(self) -> VibeError:
        """The deadline was reached."""
        error = deadline_exceeded(self._timeout, is_read=self._rpc.is_read)
        error.__cause__ = self._last
        return error


def warn_of_lost_history(method: str) -> None:
    LOG.warning(
        "%s: the server does not know the client's latest writes any more. The read does not wait for them.", method
    )
