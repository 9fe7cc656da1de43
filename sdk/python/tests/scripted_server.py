"""A server that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from vibe._core import rpc

RPCS = {
    each.path: each for each in (rpc.GET_DOCUMENT, rpc.LIST_DOCUMENTS, rpc.BATCH_WRITE, rpc.LIST_COLLECTIONS, rpc.PULL)
}


class Failure:
    """What a call fails with."""

    def __init__(self, code: grpc.StatusCode, reason: str | None = None, *details: Message, **metadata: str) -> None:
        self.code = code
        self.details = list(details)
        if reason is not None:
            self.details.append(error_details_pb2.ErrorInfo(reason=reason, domain="vibe", metadata=metadata))


class Asked:
    """One call as the server saw it."""

    def __init__(self, request: Any, context: Any) -> None:
        self.request = request
        self.headers = dict(context.invocation_metadata())
        self.remaining = context.time_remaining()


class ScriptedServer(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers each rpc call after call; a callable hangs until it returns."""

    def __init__(self, **script: list[Any]) -> None:
        self.asked: list[Asked] = []
        self._script = script
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[self])
        self.address = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def hang(self) -> None:
        """Does not answer before the test ends."""
        self._released.wait()

    def service(self, details: Any) -> Any:
        called = RPCS.get(details.method)
        if called is None:
            # What the client asks beside its calls is not known here.
            return None
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(called.method, request, context),
            called.request.FromString,
            called.response.SerializeToString,
        )

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.stop(0).wait()

    def _answer(self, method: str, request: Any, context: Any) -> Any:
        with self._lock:
            self.asked.append(Asked(request, context))
            answer: Message | Failure | Callable[[], None] = self._script[method].pop(0)
        if callable(answer):
            answer()
            context.abort(grpc.StatusCode.CANCELLED, "The test is over.")
        if isinstance(answer, Failure):
            status = status_pb2.Status(code=answer.code.value[0], message="Something happened.")
            for detail in answer.details:
                packed = Packed()
                packed.Pack(detail)
                status.details.append(packed)
            context.set_trailing_metadata(
                (("grpc-status-details-bin", status.SerializeToString()), ("x-request-id", "from-the-header"))
            )
            context.abort(answer.code, status.message)
        return answer
