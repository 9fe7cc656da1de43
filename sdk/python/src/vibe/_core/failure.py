"""The client's one error, and how it is read from what gRPC says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from .reason import Reason

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

_CODES: Final[dict[int, grpc.StatusCode]] = {code.value[0]: code for code in grpc.StatusCode}
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

_M = TypeVar("_M", bound=Message)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong in a request."""

    field: str
    """The member of the request, such as `writes[2].if_match`."""

    description: str
    """What is wrong with it, in words."""


class VibeError(Exception):
    """A call or a subscription that failed.

    Branch on `reason`, and on `code` for reasons that a program does not know. Cancellation is Python's own
    (`KeyboardInterrupt`, `asyncio.CancelledError`) and never this. Apps may make one in tests.
    """

    code: grpc.StatusCode
    """The status code."""

    reason: str | None
    """Why it failed, one of `Reason` or newer; None where no Vibe server said it, as with a lost connection."""

    metadata: Mapping[str, str]
    """What varies in the message, under the keys that the contract gives each reason, such as `etag`.

    A batch that is refused names the place of the write as `write`, counted from 0.
    """

    violations: Sequence[Violation]
    """What is wrong in the request, member by member; empty where that was not the cause."""

    request_id: str | None
    """The id under which the server's log knows the call; None where no server answered."""

    retry_delay: float | None
    """How many seconds the server asks to wait before trying again; None where it does not say."""

    retryable: bool
    """True when the same call may succeed later and nothing was done: a read, or a write that the server refused.

    A write whose outcome is not known is not retryable; give it a key of your own and repeat it to settle it.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str | None,
        text: str,
        *,
        metadata: Mapping[str, str] = _NOTHING,
        violations: Sequence[Violation] = (),
        request_id: str | None = None,
        retry_delay: float | None = None,
        retryable: bool = False,
    ) -> None:
        name = code.name.lower()
        head = f"{reason} ({name})" if reason else name
        tail = f" [request {request_id}]" if request_id else ""
        super().__init__(f"{head}: {text}{tail}")
        self.code = code
        self.reason = reason
        self.metadata = metadata
        self.violations = violations
        self.request_id = request_id
        self.retry_delay = retry_delay
        self.retryable = retryable
        self._text = text

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross the borders of processes, and those of exceptions are their arguments alone.
        named: dict[str, Any] = {
            "metadata": dict(self.metadata),
            "violations": self.violations,
            "request_id": self.request_id,
            "retry_delay": self.retry_delay,
            "retryable": self.retryable,
        }
        return partial(type(self), **named), (self.code, self.reason, self._text)

    @staticmethod
    def from_rpc_error(error: grpc.RpcError) -> VibeError:
        """Reads an error of gRPC, as calls through `raw` raise them; taken for that of a write where this matters."""
        return from_rpc_error(error, is_read=False)


class NotFoundError(VibeError):
    """NOT_FOUND: the caller's view holds no such thing."""


class DeniedError(VibeError):
    """PERMISSION_DENIED: no grant, or no access list, allows it."""


class ConflictError(VibeError):
    """ABORTED or ALREADY_EXISTS: what is there is not what the call expected. Read, decide anew, write again."""


class DeadlineError(VibeError, TimeoutError):
    """DEADLINE_EXCEEDED: the call did not end in its time."""


_CLASSES: Final[Mapping[grpc.StatusCode, type[VibeError]]] = {
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.PERMISSION_DENIED: DeniedError,
    grpc.StatusCode.ABORTED: ConflictError,
    grpc.StatusCode.ALREADY_EXISTS: ConflictError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineError,
}


def class_of(code: grpc.StatusCode) -> type[VibeError]:
    return _CLASSES.get(code, VibeError)


def from_rpc_error(error: grpc.RpcError, *, is_read: bool) -> VibeError:
    trailers = _texts(error.trailing_metadata())
    status: status_pb2.Status | None = None
    packed = trailers.get("grpc-status-details-bin")
    if isinstance(packed, bytes):
        try:
            status = status_pb2.Status.FromString(packed)
        except DecodeError:
            # A proxy may answer with details of its own; the code alone then decides.
            status = None
    request_id = trailers.get("x-request-id") or _texts(error.initial_metadata()).get("x-request-id")
    read = _read(
        error.code(),
        status.message if status is not None and status.message else error.details() or "",
        status,
        request_id if isinstance(request_id, str) else None,
        is_read=is_read,
    )
    read.__cause__ = error
    return read


def from_status(status: status_pb2.Status) -> VibeError:
    """Reads a status that came in a message of a stream."""
    return _read(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message, status, None, is_read=True)


def deadline_exceeded(timeout: float, *, is_read: bool) -> VibeError:
    return DeadlineError(
        grpc.StatusCode.DEADLINE_EXCEEDED,
        Reason.DEADLINE_EXCEEDED,
        f"The call did not end within {timeout:.3g} s.",
        retryable=is_read,
    )


def cut(text: str) -> VibeError:
    """A stream that stopped without saying why."""
    return VibeError(grpc.StatusCode.UNAVAILABLE, None, text, retryable=True)


def with_unknown_outcome(error: VibeError) -> VibeError:
    """The same error for a write of which an earlier attempt may have been carried out."""
    same = type(error)(
        error.code,
        error.reason,
        error._text,
        metadata=error.metadata,
        violations=error.violations,
        request_id=error.request_id,
        retry_delay=error.retry_delay,
        retryable=False,
    )
    same.__cause__ = error.__cause__
    return same


def _read(
    code: grpc.StatusCode, text: str, details: status_pb2.Status | None, request_id: str | None, *, is_read: bool
) -> VibeError:
    reason: str | None = None
    metadata = _NOTHING
    violations: tuple[Violation, ...] = ()
    delay: float | None = None
    if details is not None:
        info = _detail(details, error_details_pb2.ErrorInfo)
        if info is not None and info.domain == "vibe":
            reason, metadata = info.reason, MappingProxyType(dict(info.metadata))
        request = _detail(details, error_details_pb2.RequestInfo)
        if request is not None and request.request_id:
            request_id = request.request_id
        pause = _detail(details, error_details_pb2.RetryInfo)
        if pause is not None and pause.HasField("retry_delay"):
            delay = seconds(pause.retry_delay)
        bad = _detail(details, error_details_pb2.BadRequest)
        if bad is not None:
            violations = tuple(Violation(each.field, each.description) for each in bad.field_violations)
    return class_of(code)(
        code,
        reason,
        text,
        metadata=metadata,
        violations=violations,
        request_id=request_id,
        retry_delay=delay,
        retryable=_may_succeed_later(code, reason, delay, is_read),
    )


def seconds(duration: Duration) -> float:
    return float(duration.seconds) + duration.nanos / 1e9


def _may_succeed_later(code: grpc.StatusCode, reason: str | None, delay: float | None, is_read: bool) -> bool:
    return (
        (code == grpc.StatusCode.RESOURCE_EXHAUSTED and delay is not None)
        or reason in (Reason.SPACE_BUSY, Reason.STORAGE_UNAVAILABLE)
        or (is_read and code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED))
    )


def _detail(status: status_pb2.Status, kind: type[_M]) -> _M | None:
    for packed in status.details:
        message = kind()
        try:
            if packed.Unpack(message):
                return message
        except DecodeError:
            return None
    return None


def _texts(metadata: Iterable[tuple[str, str | bytes]] | None) -> dict[str, str | bytes]:
    # An iterator on purpose: the metadata of grpc.aio looks like a mapping and is, in some versions, none.
    return {} if metadata is None else dict(iter(metadata))
