"""What generated stubs call through: adds the token and, to single calls, the deadline; nothing else."""

from __future__ import annotations

import time
from collections import namedtuple
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import grpc

from .._core.access_token import bearer
from .._core.failure import VibeError
from .._core.rpc import package_of

if TYPE_CHECKING:
    from .connection import Connection

_Details = namedtuple("_Details", ("method", "timeout", "metadata", "credentials", "wait_for_ready", "compression"))


class RawChannel:
    """Stands where a stub takes its channel."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._calls = RawCalls(connection)

    def unary_unary(self, path: str, *method: Any, **options: Any) -> RawMethod:
        return self._method("unary_unary", path, *method, **options)

    def unary_stream(self, path: str, *method: Any, **options: Any) -> RawMethod:
        return self._method("unary_stream", path, *method, **options)

    def stream_unary(self, path: str, *method: Any, **options: Any) -> RawMethod:
        return self._method("stream_unary", path, *method, **options)

    def stream_stream(self, path: str, *method: Any, **options: Any) -> RawMethod:
        return self._method("stream_stream", path, *method, **options)

    def _method(self, kind: str, path: str, *method: Any, **options: Any) -> RawMethod:
        connection, made = self._connection, dict[str, Any]()

        def present(timeout: float | None) -> Any:
            # Nothing is tried again here, so the address must be right.
            connection.discovery.wait_for_first(connection.timeout if timeout is None else timeout)
            address = connection.endpoints.of(package_of(path))
            if address not in made:
                channel = grpc.intercept_channel(connection.channel(address), self._calls)
                made[address] = getattr(channel, kind)(path, *method, **options)
            return made[address]

        return RawMethod(present)


class RawMethod:
    """A method at the address of its package, which may change."""

    def __init__(self, present: Callable[[float | None], Any]) -> None:
        self._present = present

    def __call__(self, request: Any, timeout: float | None = None, *arguments: Any, **options: Any) -> Any:
        return self._present(timeout)(request, timeout, *arguments, **options)

    def with_call(self, request: Any, timeout: float | None = None, *arguments: Any, **options: Any) -> Any:
        return self._present(timeout).with_call(request, timeout, *arguments, **options)

    def future(self, request: Any, timeout: float | None = None, *arguments: Any, **options: Any) -> Any:
        return self._present(timeout).future(request, timeout, *arguments, **options)


class RawCalls(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    """A deadline or credentials of the call's own win."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def intercept_unary_unary(self, go_on: Any, details: Any, request: Any) -> Any:
        return go_on(self._complete(details, has_deadline=True), request)

    def intercept_unary_stream(self, go_on: Any, details: Any, request: Any) -> Any:
        return go_on(self._complete(details, has_deadline=False), request)

    def intercept_stream_unary(self, go_on: Any, details: Any, requests: Any) -> Any:
        return go_on(self._complete(details, has_deadline=False), requests)

    def intercept_stream_stream(self, go_on: Any, details: Any, requests: Any) -> Any:
        return go_on(self._complete(details, has_deadline=False), requests)

    def _complete(self, details: Any, *, has_deadline: bool) -> Any:
        began = time.monotonic()
        timeout = details.timeout
        if timeout is None and has_deadline:
            timeout = self._connection.timeout
        metadata = list(details.metadata or ())
        if details.credentials is None and all(key != "authorization" for key, _ in metadata):
            try:
                token = self._connection.tokens.get(timeout if timeout is not None else self._connection.timeout)
                metadata.append(bearer(token))
            except VibeError as failure:
                # Without a token the server says whether the method needs one.
                if failure.code != grpc.StatusCode.UNAUTHENTICATED:
                    raise
        if timeout is not None:
            timeout = max(0.0, timeout - (time.monotonic() - began))
        return _Details(
            details.method,
            timeout,
            metadata,
            details.credentials,
            details.wait_for_ready,
            getattr(details, "compression", None),
        )
