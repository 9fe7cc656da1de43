"""Drives the shared stream by tasks: one that reads each stream, and a timer."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from vibe.sync.v1 import sync_service_pb2 as wire

from .._core.access_token import AccessToken, bearer
from .._core.closed import ClosedError
from .._core.consistency import Freshness
from .._core.failure import VibeError, cut, from_rpc_error
from .._core.following import Feed, Following
from .._core.rpc import PULL, SUBSCRIBE
from .._core.shared_stream import PATIENCE_WITH_THE_ONLY_READER, Stream
from .._core.subscription_state import SubscriptionState

if TYPE_CHECKING:
    from .connection import Connection

T = TypeVar("T")


class AsyncFollowing:
    """All that a client follows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._streams: dict[Stream, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._moved = asyncio.Event()
        self.core = Following(self, connection.retry, connection.ledgers, random.random)

    def open(self, open: Callable[[Callable[[], None], float], Feed[T]], wake: Callable[[], None]) -> Feed[T]:
        """Opens a feed."""
        if self._is_closed:
            raise ClosedError
        feed = open(wake, time.monotonic())
        self.changed()
        return feed

    def changed(self) -> None:
        """Something was done to the shared stream: what is due next may have changed."""
        self._moved.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = None if self._is_closed else self.core.stream.next_time()
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, due - time.monotonic()), self._tick)

    async def close(self) -> None:
        self._is_closed = True
        self.core.stream.close(ClosedError())
        self.changed()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def start(self, stream: Stream) -> None:
        self._streams[stream] = self._run(self._follow(stream))

    def stop(self, stream: Stream) -> None:
        task = self._streams.pop(stream, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def pull(self, subscription: SubscriptionState, request: wire.PullRequest, freshness: Freshness) -> None:
        self._run(self._pull(subscription, request, freshness))

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        mistake = None if task.cancelled() else task.exception()
        if mistake is not None:
            # Readers would wait for ever for a task that is gone.
            self.core.stream.close(mistake)

    def _tick(self) -> None:
        self.core.stream.tick(time.monotonic())
        self.changed()

    async def _follow(self, stream: Stream) -> None:
        try:
            await self._read(stream)
            error = cut("The stream ended without saying why.")
        except VibeError as failure:
            error = failure
        except ClosedError:
            return
        self._streams.pop(stream, None)
        self.core.stream.failed(stream, error, time.monotonic())
        self.changed()

    async def _read(self, stream: Stream) -> None:
        tokens = self._connection.tokens
        if stream.refused is not None and stream.refusal is not None:
            if await self._is_signed_out(stream.refused):
                raise stream.refusal
        elif stream.is_ahead:
            await tokens.renew()
        token = await tokens.get()
        request = self.core.stream.calling(stream, token, time.monotonic())
        self.changed()
        if request is None:
            return
        while True:
            address = self._connection.endpoints.of(SUBSCRIBE.package)
            call = self._connection.stub(SUBSCRIBE, address, "unary_stream")(request, metadata=(bearer(token),))
            self._connection.discovery.ask_beside(time.monotonic())
            try:
                async for message in call:
                    if self.core.stream.has_to_wait(stream, message):
                        await self._wait_for_room(stream, message)
                    self.core.stream.received(stream, message, time.monotonic())
                    self.changed()
                    if stream not in self._streams:
                        return
                return
            except grpc.RpcError as failure:
                error = from_rpc_error(failure, is_read=True)
                if not await self._connection.discovery.has_moved(SUBSCRIBE.package, address, error):
                    raise error from failure
            finally:
                call.cancel()

    async def _wait_for_room(self, stream: Stream, message: wire.SubscribeResponse) -> None:
        """Waits for the only reader, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_WITH_THE_ONLY_READER):
                while self.core.stream.has_to_wait(stream, message):
                    self._moved.clear()
                    await self._moved.wait()

    async def _is_signed_out(self, refused: AccessToken) -> bool:
        try:
            return await self._connection.tokens.after_refusal(refused) is None
        except VibeError:
            # A source that fails is asked again when the stream is opened.
            return False

    async def _pull(self, subscription: SubscriptionState, request: wire.PullRequest, freshness: Freshness) -> None:
        def ask() -> wire.PullRequest:
            request.scope.consistency_tokens[:] = freshness.tokens
            return request

        try:
            response = await self._connection.read(PULL, ask, freshness)
        except ClosedError:
            return
        except VibeError as failure:
            self.core.stream.pull_failed(subscription, failure, time.monotonic())
        else:
            self.core.stream.pulled(subscription, response, time.monotonic())
        self.changed()
