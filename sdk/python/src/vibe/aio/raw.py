"""What generated stubs call through: adds the token and, to single calls, the deadline; nothing else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import grpc

from .._core.access_token import bearer
from .._core.failure import VibeError
from .._core.rpc import package_of

if TYPE_CHECKING:
    from .connection import Connection


class RawChannel:
    """Stands where a stub takes its channel. A deadline or credentials of the call's own win."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def unary_unary(self, *method: Any, **options: Any) -> Callable[..., Any]:
        return self._single(self._method("unary_unary", *method, **options), has_deadline=True)

    def stream_unary(self, *method: Any, **options: Any) -> Callable[..., Any]:
        return self._single(self._method("stream_unary", *method, **options), has_deadline=False)

    def unary_stream(self, *method: Any, **options: Any) -> Callable[..., Any]:
        return self._many(self._method("unary_stream", *method, **options))

    def stream_stream(self, *method: Any, **options: Any) -> Callable[..., Any]:
        return self._many(self._method("stream_stream", *method, **options))

    def _method(self, kind: str, path: str, *method: Any, **options: Any) -> Callable[[], Any]:
        """Gives the method at the address of its package, which may change."""
        connection, made = self._connection, dict[str, Any]()

        def present() -> Any:
            address = connection.endpoints.of(package_of(path))
            if address not in made:
                made[address] = getattr(connection.channel(address), kind)(path, *method, **options)
            return made[address]

        return present

    def _single(self, method: Callable[[], Any], *, has_deadline: bool) -> Callable[..., Any]:
        async def call(request: Any, **options: Any) -> Any:
            await self._complete(options, has_deadline=has_deadline)
            return await method()(request, **options)

        return call

    def _many(self, method: Callable[[], Any]) -> Callable[..., Any]:
        async def call(request: Any, **options: Any) -> AsyncIterator[Any]:
            await self._complete(options, has_deadline=False)
            stream = method()(request, **options)
            try:
                async for message in stream:
                    yield message
            finally:
                stream.cancel()

        return call

    async def _complete(self, options: dict[str, Any], *, has_deadline: bool) -> None:
        began = time.monotonic()
        if options.get("timeout") is None and has_deadline:
            options["timeout"] = self._connection.timeout
        timeout = options.get("timeout")
        # Nothing is tried again here, so the address must be right.
        await self._connection.discovery.wait_for_first(self._connection.timeout if timeout is None else timeout)
        metadata = tuple(options.get("metadata") or ())
        if options.get("credentials") is None and all(key != "authorization" for key, _ in metadata):
            try:
                metadata = (*metadata, bearer(await self._connection.tokens.get()))
            except VibeError as failure:
                # Without a token the server says whether the method needs one.
                if failure.code != grpc.StatusCode.UNAUTHENTICATED:
                    raise
        options["metadata"] = metadata
        if options.get("timeout") is not None:
            options["timeout"] = max(0.0, options["timeout"] - (time.monotonic() - began))
