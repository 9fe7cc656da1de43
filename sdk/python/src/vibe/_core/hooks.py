"""What the client tells while it works: hooks and logs. They name methods and outcomes, nothing of a person."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import grpc

LOG: Final = logging.getLogger("vibe")


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One attempt of a call, after it ended."""

    service: str
    """The service's full name, such as `vibe.data.v1.DocumentService`."""

    method: str
    """The method's name."""

    attempt: int
    """Which attempt of the call, counted from 1."""

    duration: float
    """How long the attempt took, in seconds."""

    code: grpc.StatusCode
    """How it ended; OK where it succeeded."""

    reason: str | None
    """Why it failed; None where it succeeded or no Vibe server said it."""


def tell(on_call: Callable[[CallEvent], object] | None, event: CallEvent) -> None:
    """Calls a hook; what it raises is logged and goes no further."""
    if on_call is None:
        return
    try:
        on_call(event)
    except Exception:
        LOG.exception("The hook for calls failed.")
