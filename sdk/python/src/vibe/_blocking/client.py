"""A connection to a Vibe server."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from .._core.access_token import AccessToken
from .._core.consistency import ME
from .._core.hooks import CallEvent
from .._core.names import check_id
from .._core.retry import RetryPolicy
from .connection import Connection
from .raw import RawChannel
from .space import Space

S = TypeVar("S")

_RETRY = RetryPolicy()


class VibeClient:
    """A connection to a Vibe server, as the person and app that its token stands for.

    Making one does no I/O; the first call opens the connection. It is safe to share between threads; make one per
    process.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | AccessToken | Callable[[], str | AccessToken | None],
        timeout: float = 30.0,
        retry: RetryPolicy | None = _RETRY,
        application: str | None = None,
        on_call: Callable[[CallEvent], object] | None = None,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """Makes a client.

        `address` is `http://HOST:PORT` (HTTP/2 without TLS) or `https://HOST:PORT`, where `credentials` may bring
        other roots than the system's. `token` is a text, or a function: it is asked at first, one minute before
        `AccessToken.expires_at`, and once after a refusal, never twice at the same time, and has 30 seconds. None, or
        the very token that was refused, means signed out; what it raises counts as a failure that may pass.

        `timeout` is how many seconds a call may take as a whole, attempts, delays and token renewal together; the
        server is told it too. `retry` says how calls and subscriptions try again; None tries calls once.
        `application` is the name and version of the app, such as `notes/2.1`, for the user-agent. `on_call` is told
        of each attempt. Logs go to `logging.getLogger("vibe")`, and name no id, token or body.

        Beside its first call, and every five minutes while there are calls, the client asks the server without the
        token how it is reached (`GetServer`). What the given address does not serve is then asked for, with the token,
        at the address that the server names for it, by the same scheme; where the server does not name the given
        address, all stays there.
        """
        self._connection = Connection(address, token, timeout, retry, application, on_call, credentials)
        self.me = Space(self._connection, ME)
        """The space of the person that the token stands for."""

    def space(self, id: str) -> Space:
        """Names a person's space. Nothing is asked."""
        return Space(self._connection, check_id(id))

    def raw(self, stub: Callable[[Any], S]) -> S:
        """Opens a generated stub on the same connection, with the client's token, deadline and user-agent:
        `vibe.raw(GrantServiceStub)`.

        Calls through it are not retried, carry no idempotency key and no consistency token, and raise
        `grpc.RpcError`, which `VibeError.from_rpc_error` reads. A deadline or credentials of the call's own win.
        """
        self._connection.refuse_when_closed()
        return stub(RawChannel(self._connection))

    def close(self) -> None:
        """Refuses new calls with `ClosedError`, ends subscriptions, and gives calls under way five seconds.

        Twice is fine.
        """
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
