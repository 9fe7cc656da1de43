"""Everything that the addresses of one client share: channels, token, ledgers, and the loop around calls."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from vibe.data.v1 import document_service_pb2 as wire
from vibe.identity.v1 import server_service_pb2 as wire_of_server

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
from .following import AsyncFollowing
from .token_cache import Source, TokenCache
from .under_way import CallsUnderWay

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
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._stubs: dict[tuple[str, str], Callable[..., Any]] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._under_way = CallsUnderWay()
        self._header: tuple[AccessToken, grpc.aio.Metadata] | None = None
        self._is_closed = False
        self._is_over = False
        self.timeout = check_timeout(timeout)
        self.retry = retry if retry is not None else ONCE
        self.tokens = TokenCache(token)
        self.ledgers = SpaceLedgers()
        self.endpoints = Endpoints(address)
        self.discovery = Discovery(self.endpoints, self._ask_server)
        self.following = AsyncFollowing(self)

    def refuse_when_closed(self) -> None:
        if self._is_closed:
            raise ClosedError

    def channel(self, address: str) -> grpc.aio.Channel:
        """The channel to an address; the first one that needs it opens it."""
        self.refuse_when_closed()
        channel = self._channels.get(address)
        if channel is None:
            target, is_secure = target_of(address)
            if is_secure:
                credentials = self._credentials or grpc.ssl_channel_credentials()
                channel = grpc.aio.secure_channel(target, credentials, self._options)
            else:
                channel = grpc.aio.insecure_channel(target, self._options)
            self._channels[address] = channel
        return channel

    def stub(self, rpc: Rpc[Any, Any], address: str, kind: str = "unary_unary") -> Callable[..., Any]:
        stub = self._stubs.get((address, rpc.path))
        if stub is None:
            stub = getattr(self.channel(address), kind)(rpc.path, rpc.serializer, rpc.deserializer)
            self._stubs[(address, rpc.path)] = stub
        return stub

    def read(
        self, rpc: Rpc[Q, R], request: Callable[[], Q], freshness: Freshness, timeout: float | None = None
    ) -> Coroutine[Any, Any, R]:
        """Makes a call that changes nothing; the request is made anew for each attempt."""
        return self._call(rpc, request, timeout, forget=freshness.forget)

    async def write(
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

        response = await self._call(BATCH_WRITE, begin, timeout, places=self._places_of(space))
        if response.results:
            self.ledgers.learn(space, response.results[0].document)
        self.ledgers.of(space).acknowledge(response.consistency_token, sent[0], self.ledgers.next())
        return list(results_of(response))

    async def close(self) -> None:
        self._is_closed = True
        await self.following.close()
        await self._under_way.drain(_CLOSING_PATIENCE)
        self._is_over = True
        self._under_way.stop()
        await self.tokens.close()
        await self.discovery.close()
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            await channel.close()

    async def _ask_server(self) -> wire_of_server.GetServerResponse:
        stub = self.stub(GET_SERVER, self.endpoints.given)
        response: wire_of_server.GetServerResponse = await stub(GET_SERVER.request(), timeout=PATIENCE)
        return response

    def _places_of(self, space: str) -> asyncio.Semaphore:
        id = self.ledgers.resolve(space)
        places = self._places.get(id)
        if places is None:
            places = self._places[id] = asyncio.Semaphore(LIMIT)
        return places

    async def _call(
        self,
        rpc: Rpc[Q, R],
        request: Callable[[], Q],
        timeout: float | None,
        *,
        places: asyncio.Semaphore | None = None,
        forget: Callable[[], bool] | None = None,
    ) -> R:
        patience = self.timeout if timeout is None else check_timeout(timeout)
        self.refuse_when_closed()
        with traced(rpc) as trace:
            progress = CallProgress(rpc, patience, self.retry, time.monotonic())
            call = self._under_way.begin(patience)
            try:
                with call:
                    if places is None:
                        return await self._attempts(rpc, request, progress, forget, trace)
                    async with places:
                        return await self._attempts(rpc, request, progress, forget, trace)
            except TimeoutError:
                if not call.is_ended:
                    raise
                raise (ClosedError() if self._is_over else progress.late()) from None
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if self._is_over and current is not None and not current.cancelling():
                    raise ClosedError from None
                raise

    async def _attempts(
        self,
        rpc: Rpc[Q, R],
        request: Callable[[], Q],
        progress: CallProgress,
        forget: Callable[[], bool] | None,
        trace: Sequence[tuple[str, str]],
    ) -> R:
        while True:
            progress.attempts += 1
            token: AccessToken | None = None
            address = self.endpoints.of(rpc.package)
            try:
                token = self.tokens.present() or await self.tokens.get()
                return await self._attempt(rpc, address, request, progress, self._metadata(token, trace))
            except VibeError as failure:
                error = failure
            if await self.discovery.has_moved(rpc.package, address, error):
                continue
            step, delay = progress.after(error, random.random(), time.monotonic())
            match step:
                case NextStep.WITH_NEW_TOKEN:
                    if token is None or await self.tokens.after_refusal(token) is None:
                        raise progress.final(error)
                case NextStep.WITHOUT_TOKENS:
                    if forget is None or not forget():
                        raise progress.final(error)
                    warn_of_lost_history(rpc.method)
                case _:
                    await asyncio.sleep(delay)

    async def _attempt(
        self,
        rpc: Rpc[Q, R],
        address: str,
        request: Callable[[], Q],
        progress: CallProgress,
        metadata: grpc.aio.Metadata,
    ) -> R:
        began = time.monotonic()
        code, reason = grpc.StatusCode.OK, None
        try:
            call = self.stub(rpc, address)(request(), timeout=progress.remaining(began), metadata=metadata)
            self.discovery.ask_beside(began)
            response: R = await call
            return response
        except grpc.RpcError as failure:
            error = from_rpc_error(failure, is_read=rpc.is_read)
            code, reason = error.code, error.reason
            raise error from failure
        except asyncio.CancelledError:
            code = grpc.StatusCode.CANCELLED
            raise
        finally:
            if self._on_call is not None:
                took = time.monotonic() - began
                tell(self._on_call, CallEvent(rpc.service, rpc.method, progress.attempts, took, code, reason))

    def _metadata(self, token: AccessToken, trace: Sequence[tuple[str, str]]) -> grpc.aio.Metadata:
        if trace:
            return grpc.aio.Metadata(bearer(token), *trace)
        # Made once for each token: gRPC only reads it.
        if self._header is None or self._header[0] is not token:
            self._header = token, grpc.aio.Metadata(bearer(token))
        return self._header[1]
