"""Everything that the addresses of one client share: channels, token, ledgers, and the loop around calls."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message

from vibe.data.v1 import document_service_pb2 as wire

from .._core.access_token import AccessToken, bearer
from .._core.call_progress import CallProgress, check_timeout, warn_of_lost_history
from .._core.closed import ClosedError
from .._core.consistency import LIMIT, Freshness, SpaceLedgers
from .._core.documents import WriteResult
from .._core.endpoint import channel_options, target_of
from .._core.endpoints import PATIENCE, Endpoints
from .._core.failure import VibeError, from_rpc_error
from .._core.hooks import CallEvent, tell
from .._core.names import fresh_key
from .._core.retry import ONCE, NextStep, RetryPolicy
from .._core.rpc import BATCH_WRITE, GET_SERVER, Rpc
from .._core.telemetry import traced
from .._core.writes import results_of
from .discovery import Discovery
from .following import BlockingFollowing
from .token_cache import Source, TokenCache

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)

_CLOSING_PATIENCE: Final = 5.0


class Connection:
    def __init__(
        self,
        address: str,
        token: Source,
        timeout: float,
        retry: RetryPolicy | None,
        application: str | None,
        on_call: Callable[[CallEvent], object] | None,
        credentials: grpc.ChannelCredentials | None,
    ) -> None:
        _, is_secure = target_of(address)
        if credentials is not None and not is_secure:
            raise ValueError("Credentials need an address with https.")
        self._credentials = credentials
        self._options = channel_options(application)
        self._on_call = on_call
        self._lock = threading.Lock()
        self._channels: dict[str, grpc.Channel] = {}
        self._stubs: dict[tuple[str, str], Callable[..., Any]] = {}
        self._places: dict[str, threading.BoundedSemaphore] = {}
        # Threads that take one lock with each call wait for each other: to enter and to leave is one step without.
        self._under_way: set[object] = set()
        self._is_closed = False
        self._drained = threading.Condition(self._lock)
        self._closed = threading.Event()
        self.timeout = check_timeout(timeout)
        self.retry = retry if retry is not None else ONCE
        self.tokens = TokenCache(token)
        self.ledgers = SpaceLedgers()
        self.endpoints = Endpoints(address)
        self.discovery = Discovery(self.endpoints, self._ask_server)
        self.following = BlockingFollowing(self)

    def refuse_when_closed(self) -> None:
        if self._is_closed:
            raise ClosedError

    def channel(self, address: str) -> grpc.Channel:
        """The channel to an address; the first one that needs it opens it."""
        with self._lock:
            self.refuse_when_closed()
            channel = self._channels.get(address)
            if channel is None:
                target, is_secure = target_of(address)
                if is_secure:
                    credentials = self._credentials or grpc.ssl_channel_credentials()
                    channel = grpc.secure_channel(target, credentials, self._options)
                else:
                    channel = grpc.insecure_channel(target, self._options)
                self._channels[address] = channel
            return channel

    def stub(self, rpc: Rpc[Any, Any], address: str, kind: str = "unary_unary") -> Callable[..., Any]:
        stub = self._stubs.get((address, rpc.path))
        if stub is None:
            made: Callable[..., Any] = getattr(self.channel(address), kind)(rpc.path, rpc.serializer, rpc.deserializer)
            stub = self._stubs.setdefault((address, rpc.path), made)
        return stub

    def read(self, rpc: Rpc[Q, R], request: Callable[[], Q], freshness: Freshness, timeout: float | None = None) -> R:
        """Makes a call that changes nothing; the request is made anew for each attempt."""
        return self._call(rpc, request, timeout, forget=freshness.forget)

    def write(
        self, space: str, writes: list[wire.Write], idempotency_key: str | None, timeout: float | None
    ) -> list[WriteResult]:
        """Carries writes out, all or none."""
        request = wire.BatchWriteRequest(
            parent=f"spaces/{space}", writes=writes, idempotency_key=idempotency_key or fresh_key()
        )
        sent: list[int] = []

        def begin() -> wire.BatchWriteRequest:
            # The first attempt counts: it may be the one that is carried out.
            if not sent:
                sent.append(self.ledgers.next())
            return request

        response = self._call(BATCH_WRITE, begin, timeout, places=self._places_of(space))
        if response.results:
            self.ledgers.learn(space, response.results[0].document)
        self.ledgers.of(space).acknowledge(response.consistency_token, sent[0], self.ledgers.next())
        return list(results_of(response))

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        self.following.close()
        with self._lock:
            self._drained.wait_for(lambda: not self._under_way, _CLOSING_PATIENCE)
            self._closed.set()
            channels, self._channels = self._channels, {}
        for channel in channels.values():
            channel.close()

    def _ask_server(self) -> Any:
        stub: Any = self.stub(GET_SERVER, self.endpoints.given)
        return stub.future(GET_SERVER.request(), timeout=PATIENCE)

    def _places_of(self, space: str) -> threading.BoundedSemaphore:
        id = self.ledgers.resolve(space)
        places = self._places.get(id)
        return places if places is not None else self._places.setdefault(id, threading.BoundedSemaphore(LIMIT))

    def _call(
        self,
        rpc: Rpc[Q, R],
        request: Callable[[], Q],
        timeout: float | None,
        *,
        places: threading.BoundedSemaphore | None = None,
        forget: Callable[[], bool] | None = None,
    ) -> R:
        patience = self.timeout if timeout is None else check_timeout(timeout)
        place = object()
        self._under_way.add(place)
        try:
            # In this order: whoever closes waits for those that are in, or they find it closed.
            self.refuse_when_closed()
            with traced(rpc) as trace:
                progress = CallProgress(rpc, patience, self.retry, time.monotonic())
                if places is None:
                    return self._attempts(rpc, request, progress, forget, trace)
                if not places.acquire(timeout=patience):
                    raise progress.late()
                try:
                    return self._attempts(rpc, request, progress, forget, trace)
                finally:
                    places.release()
        finally:
            self._under_way.discard(place)
            if self._is_closed:
                with self._lock:
                    self._drained.notify_all()

    def _attempts(
        self,
        rpc: Rpc[Q, R],
        request: Callable[[], Q],
        progress: CallProgress,
        forget: Callable[[], bool] | None,
        trace: list[tuple[str, str]],
    ) -> R:
        while True:
            progress.attempts += 1
            token: AccessToken | None = None
            address = self.endpoints.of(rpc.package)
            try:
                token = self.tokens.get(progress.remaining(time.monotonic()))
                return self._attempt(rpc, address, request, progress, [bearer(token), *trace])
            except VibeError as failure:
                error = failure
            except TimeoutError:
                raise progress.late() from None
            if self._closed.is_set():
                raise ClosedError from error
            if self.discovery.has_moved(rpc.package, address, error, progress.remaining(time.monotonic())):
                continue
            step, delay = progress.after(error, random.random(), time.monotonic())
            match step:
                case NextStep.WITH_NEW_TOKEN:
                    try:
                        left = progress.remaining(time.monotonic())
                        if token is None or self.tokens.after_refusal(token, left) is None:
                            raise progress.final(error)
                    except TimeoutError:
                        raise progress.late() from None
                case NextStep.WITHOUT_TOKENS:
                    if forget is None or not forget():
                        raise progress.final(error)
                    warn_of_lost_history(rpc.method)
                case _:
                    if self._closed.wait(delay):
                        raise ClosedError from error

    def _attempt(
        self,
        rpc: Rpc[Q, R],
        address: str,
        request: Callable[[], Q],
        progress: CallProgress,
        metadata: list[tuple[str, str]],
    ) -> R:
        began = time.monotonic()
        error: VibeError | None = None
        try:
            stub = self.stub(rpc, address)
            self.discovery.ask_beside(began)
            response: R = stub(request(), timeout=progress.remaining(began), metadata=metadata)
            return response
        except grpc.RpcError as failure:
            error = from_rpc_error(failure, is_read=rpc.is_read)
            raise error from failure
        except ValueError as failure:
            # The channel was closed under the call.
            if self._closed.is_set():
                raise ClosedError from failure
            raise
        finally:
            if self._on_call is not None:
                code = grpc.StatusCode.OK if error is None else error.code
                reason = None if error is None else error.reason
                took = time.monotonic() - began
                tell(self._on_call, CallEvent(rpc.service, rpc.method, progress.attempts, took, code, reason))
