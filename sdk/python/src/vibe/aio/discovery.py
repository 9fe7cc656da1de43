"""Asks the server how it is reached, beside the calls of others."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable

import grpc

from vibe.identity.v1 import server_service_pb2 as wire

from .._core.endpoints import Endpoints
from .._core.failure import VibeError
from .._core.hooks import LOG
from .._core.reason import Reason


class Discovery:
    """No call waits for it, but those that have nowhere else to go; it belongs to none of them."""

    def __init__(self, endpoints: Endpoints, ask: Callable[[], Awaitable[wire.GetServerResponse]]) -> None:
        self._endpoints = endpoints
        self._ask_server = ask
        self._question: asyncio.Task[None] | None = None
        self._is_asked = False

    def ask_beside(self, now: float) -> None:
        """Asks where that is due."""
        if self._question is None and self._endpoints.is_due(now):
            self._ask(now)

    async def wait_for_first(self, timeout: float) -> None:
        """Waits until the server has been asked once, for calls that are not tried again."""
        self.ask_beside(time.monotonic())
        if not self._is_asked:
            await self._answered(timeout)

    async def has_moved(self, package: str, tried: str, error: VibeError, timeout: float | None = None) -> bool:
        """Whether a call that failed has another address to go to: nothing was done where its method is not known."""
        if error.code == grpc.StatusCode.UNAVAILABLE:
            self._endpoints.doubt(tried)
        if error.reason != Reason.METHOD_UNKNOWN:
            return False
        if self._endpoints.of(package) == tried:
            now = time.monotonic()
            if self._question is None and not self._endpoints.is_fresh(now):
                self._ask(now)
            await self._answered(timeout)
        return self._endpoints.of(package) != tried

    async def close(self) -> None:
        """Gives up a question that nobody waits for any more."""
        if self._question is not None:
            self._question.cancel()
            await self._answered(None)

    async def _answered(self, timeout: float | None) -> None:
        if self._question is not None:
            await asyncio.wait([self._question], timeout=timeout)

    def _ask(self, now: float) -> None:
        self._endpoints.ask(now)
        # In no call's context, and so in no call's trace.
        self._question = asyncio.create_task(self._fetch(), context=contextvars.Context())

    async def _fetch(self) -> None:
        try:
            self._endpoints.answer(await self._ask_server(), time.monotonic())
        except grpc.RpcError as failure:
            LOG.debug("The server did not say where it is reached: %s. The given address stays.", failure.code())
        finally:
            self._question = None
            self._is_asked = True
