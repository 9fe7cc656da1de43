"""What generated stubs call through: adds the token and, to single calls, the deadline; nothing else."""

from __future__ import annotations

import time
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import grpc

from .._core.access_token import bearer
from .._core.failure import VibeError

if TYPE_CHECKING:
    from .connection import Connection

_Details = namedtuple("_Details", ("method", "timeout", "metadata", "credentials", "wait_for_ready", "compression"))


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
