"""Asks the server how it is reached, beside the calls of others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc

from .._core.closed import ClosedError
from .._core.endpoints import Endpoints
from .._core.failure import VibeError
from .._core.hooks import LOG
from .._core.reason import Reason


class Discovery:
    """No call waits for it, but those that have nowhere else to go; it belongs to none of them."""

    def __init__(self, endpoints: Endpoints, ask: Callable[[], Any]) -> None:
        self._endpoints = endpoints
        self._ask_server = ask
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._first = self._answered
        self._is_asking = False

    def ask_beside(self, now: float) -> None:
        """Asks where that is due."""
        if not self._endpoints.is_due(now):
            return
        with self._lock:
            is_mine = self._endpoints.is_due(now) and self._begin(now)
        if is_mine:
            self._ask()

    def wait_for_first(self, timeout: float) -> None:
        """Waits until the server has been asked once, for calls that are not tried again."""
        self.ask_beside(time.monotonic())
        self._first.wait(timeout)

    def has_moved(self, package: str, tried: str, error: VibeError, timeout: float) -> bool:
        """Whether a call that failed has another address to go to: nothing was done where its method is not known."""
        if error.code == grpc.StatusCode.UNAVAILABLE:
            self._endpoints.doubt(tried)
        if error.reason != Reason.METHOD_UNKNOWN:
            return False
        if self._endpoints.of(package) == tried:
            now = time.monotonic()
            with self._lock:
                is_mine = not self._endpoints.is_fresh(now) and self._begin(now)
                answered = self._answered
            if is_mine:
                self._ask()
            answered.wait(timeout)
        return self._endpoints.of(package) != tried

    def _begin(self, now: float) -> bool:
        """Notes that the server is asked; False where it is already. The lock is held."""
        if self._is_asking:
            return False
        self._is_asking = True
        self._endpoints.ask(now)
        if self._answered.is_set():
            self._answered = threading.Event()
        return True

    def _ask(self) -> None:
        try:
            self._ask_server().add_done_callback(self._end)
        except (ClosedError, ValueError):
            # The client, or its channel, was closed: the call beside it finds out by itself.
            self._ended()

    def _end(self, call: Any) -> None:
        try:
            self._endpoints.answer(call.result(), time.monotonic())
        except (grpc.RpcError, grpc.FutureCancelledError):
            LOG.debug("The server did not say where it is reached: %s. The given address stays.", call.code())
        finally:
            self._ended()

    def _ended(self) -> None:
        with self._lock:
            self._is_asking = False
            self._answered.set()
