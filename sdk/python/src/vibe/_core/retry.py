"""How and when to try again; the one table of failures and what follows, for calls and for following."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from grpc import StatusCode

from .failure import VibeError
from .reason import Reason


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how fast the client tries again after a failure that may pass.

    A delay that the server names always wins over the ones given here.
    """

    max_attempts: int = 5
    """How often a call is tried in all, the first time included, at least 1. Subscriptions try for ever."""

    base_delay: float = 0.25
    """The longest first delay, in seconds. It doubles with each attempt, and is drawn between zero and that."""

    max_delay: float = 30.0
    """Where doubling stops, in seconds."""

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ValueError("max_attempts is at least 1.")
        if self.base_delay < 0 or self.max_delay < 0:
            raise ValueError("A delay is not negative.")

    def delay_after(self, failures: int, draw: float) -> float:
        """Draws the delay after a number of failures in a row; `draw` is a number from 0 up to 1."""
        return min(self.max_delay, self.base_delay * 2.0 ** min(failures - 1, 40)) * draw


ONCE: Final = RetryPolicy(max_attempts=1)


class NextStep(Enum):
    """What to do after a failure."""

    THROW = auto()
    AGAIN = auto()
    WITH_NEW_TOKEN = auto()
    WITHOUT_TOKENS = auto()
    """Again without the consistency tokens that the client quoted by itself."""
    ANEW = auto()
    """Begin a subscription without its resume token."""


def for_call(error: VibeError, attempts: int, retry: RetryPolicy, is_renewed: bool) -> NextStep:
    if error.code == StatusCode.UNAUTHENTICATED:
        return NextStep.THROW if is_renewed else NextStep.WITH_NEW_TOKEN
    if _is_lost_token(error):
        return NextStep.WITHOUT_TOKENS
    if attempts >= retry.max_attempts or error.reason == Reason.TOO_MANY_STREAMS:
        return NextStep.THROW
    if _may_pass(error) or error.reason == Reason.OUTCOME_UNKNOWN:
        return NextStep.AGAIN
    return NextStep.THROW


def for_following(error: VibeError, is_renewed: bool) -> NextStep:
    if error.code == StatusCode.UNAUTHENTICATED:
        return NextStep.THROW if is_renewed else NextStep.WITH_NEW_TOKEN
    if error.reason == Reason.RESUME_TOKEN_INVALID:
        return NextStep.ANEW
    if _is_lost_token(error):
        return NextStep.WITHOUT_TOKENS
    if _may_pass(error) or error.reason == Reason.TOO_MANY_STREAMS:
        return NextStep.AGAIN
    if error.code in (StatusCode.INTERNAL, StatusCode.UNKNOWN):
        return NextStep.AGAIN
    if error.reason is None and error.code in (StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED):
        # Nobody set a deadline and nobody cancelled: something between here and the server cut the stream.
        return NextStep.AGAIN
    return NextStep.THROW


def leaves_outcome_open(error: VibeError) -> bool:
    """True when a write that ended so may have been carried out."""
    return error.reason == Reason.OUTCOME_UNKNOWN or (
        error.reason is None and error.code == StatusCode.UNAVAILABLE and not error.retryable
    )


def _may_pass(error: VibeError) -> bool:
    return error.code == StatusCode.UNAVAILABLE or (
        error.code == StatusCode.RESOURCE_EXHAUSTED and error.retry_delay is not None
    )


def _is_lost_token(error: VibeError) -> bool:
    # A token that cannot be read any more would fail every read until the next write: it is dropped like a lost one.
    return error.reason in (Reason.HISTORY_LOST, Reason.CONSISTENCY_TOKEN_INVALID)
