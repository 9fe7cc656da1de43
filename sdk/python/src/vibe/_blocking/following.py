"""Drives the shared stream by threads: one that reads each stream, and one that keeps the time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from vibe.sync.v1 import sync_service_pb2 as wire

from .._core.access_token import PATIENCE, AccessToken, bearer
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


class BlockingFollowing:
    """All that a client follows. One lock guards the pure parts; no user's code runs under it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.lock = threading.Lock()
        self._changed = threading.Condition(self.lock)
        self._calls: dict[Stream, Any] = {}
        self._keeper: threading.Thread | None = None
        self._is_closed = False
        self.core = Following(self, connection.retry, connection.ledgers, random.random)

    def open(self, open: Callable[[Callable[[], None], float], Feed[T]], wake: Callable[[], None]) -> Feed[T]:
        """Opens a feed."""
        with self.lock:
            if self._is_closed:
                raise ClosedError
            feed = open(wake, time.monotonic())
            if self._keeper is None:
                self._keeper = self._run("vibe-following", self._keep_time)
            self._changed.notify_all()
            return feed

    def changed(self) -> None:
        """Something was done to the shared stream; the lock is held."""
        self._changed.notify_all()

    def close(self) -> None:
        with self.lock:
            self._is_closed = True
            self.core.stream.close(ClosedError())
            self._changed.notify_all()

    def start(self, stream: Stream) -> None:
        self._run("vibe-stream", self._follow, stream)

    def stop(self, stream: Stream) -> None:
        call = self._calls.pop(stream, None)
        if call is not None:
            call.cancel()

    def pull(self, subscription: SubscriptionState, request: wire.PullRequest, freshness: Freshness) -> None:
        self._run("vibe-pull", self._pull, subscription, request, freshness)

    def _run(self, name: str, work: Callable[..., None], *arguments: Any) -> threading.Thread:
        def run() -> None:
            try:
                work(*arguments)
            except Exception as mistake:
                # Readers would wait for ever for a thread that is gone.
                with self.lock:
                    self.core.stream.close(mistake)
                raise

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def _keep_time(self) -> None:
        with self.lock:
            while not self._is_closed:
                self.core.stream.tick(time.monotonic())
                due = self.core.stream.next_time()
                self._changed.wait(None if due is None else max(0.0, due - time.monotonic()))

    def _follow(self, stream: Stream) -> None:
        try:
            self._read(stream)
            error = cut("The stream ended without saying why.")
        except VibeError as failure:
            error = failure
        except ClosedError:
            return
        except TimeoutError:
            error = cut("There was no access token in time.")
        with self.lock:
            self._calls.pop(stream, None)
            self.core.stream.failed(stream, error, time.monotonic())
            self._changed.notify_all()

    def _read(self, stream: Stream) -> None:
        tokens = self._connection.tokens
        if stream.refused is not None and stream.refusal is not None:
            if self._is_signed_out(stream.refused):
                raise stream.refusal
        elif stream.is_ahead:
            tokens.renew(2 * PATIENCE)
        token = tokens.get(2 * PATIENCE)
        with self.lock:
            request = self.core.stream.calling(stream, token, time.monotonic())
            if request is None:
                return
            address, call = self._call(stream, request, token)
            self._changed.notify_all()
        while True:
            try:
                for message in call:
                    with self.lock:
                        self._wait_for_room(stream, message)
                        self.core.stream.received(stream, message, time.monotonic())
                        self._changed.notify_all()
                return
            except grpc.RpcError as failure:
                error = from_rpc_error(failure, is_read=True)
                if not self._connection.discovery.has_moved(SUBSCRIBE.package, address, error, PATIENCE):
                    raise error from failure
            with self.lock:
                if stream not in self._calls:
                    raise error
                address, call = self._call(stream, request, token)

    def _call(self, stream: Stream, request: wire.SubscribeRequest, token: AccessToken) -> tuple[str, Any]:
        """Opens a stream on the wire, at the address where streams are; the lock is held."""
        address = self._connection.endpoints.of(SUBSCRIBE.package)
        call = self._connection.stub(SUBSCRIBE, address, "unary_stream")(request, metadata=[bearer(token)])
        self._connection.discovery.ask_beside(time.monotonic())
        self._calls[stream] = call
        return address, call

    def _wait_for_room(self, stream: Stream, message: wire.SubscribeResponse) -> None:
        """Waits for the only reader, for a while; the lock is held."""
        self._changed.wait_for(lambda: not self.core.stream.has_to_wait(stream, message), PATIENCE_WITH_THE_ONLY_READER)

    def _is_signed_out(self, refused: AccessToken) -> bool:
        try:
            return self._connection.tokens.after_refusal(refused, 2 * PATIENCE) is None
        except VibeError:
            # A source that fails is asked again when the stream is opened.
            return False

    def _pull(self, subscription: SubscriptionState, request: wire.PullRequest, freshness: Freshness) -> None:
        def ask() -> wire.PullRequest:
            request.scope.consistency_tokens[:] = freshness.tokens
            return request

        try:
            response = self._connection.read(PULL, ask, freshness)
        except ClosedError:
            return
        except VibeError as failure:
            with self.lock:
                self.core.stream.pull_failed(subscription, failure, time.monotonic())
                self._changed.notify_all()
        else:
            with self.lock:
                self.core.stream.pulled(subscription, response, time.monotonic())
                self._changed.notify_all()
