"""Traces and metrics of calls, where OpenTelemetry is installed. They name methods and outcomes alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import grpc

from .failure import VibeError
from .rpc import Rpc

try:
    from opentelemetry import metrics, propagate, trace
except ImportError:
    _tracer: Any = None
    _duration: Any = None
else:
    _tracer = trace.get_tracer("vibe")
    _duration = metrics.get_meter("vibe").create_histogram(
        "rpc.client.call.duration", "s", "How long calls take, all attempts together."
    )


def traced(rpc: Rpc[Any, Any]) -> AbstractContextManager[list[tuple[str, str]]]:
    """Spans a call, all attempts together; gives the headers by which its trace travels on."""
    return nullcontext([]) if _tracer is None else _spanned(rpc)


@contextmanager
def _spanned(rpc: Rpc[Any, Any]) -> Iterator[list[tuple[str, str]]]:
    names = {"rpc.system": "grpc", "rpc.service": rpc.service, "rpc.method": rpc.method}
    began = time.monotonic()
    code, reason = grpc.StatusCode.OK, None
    with _tracer.start_as_current_span(
        f"{rpc.service}/{rpc.method}", kind=trace.SpanKind.CLIENT, attributes=names, record_exception=False
    ) as span:
        headers: dict[str, str] = {}
        propagate.inject(headers)
        try:
            yield list(headers.items())
        except VibeError as error:
            code, reason = error.code, error.reason
            raise
        finally:
            names["rpc.grpc.status_code"] = code.value[0]
            if reason is not None:
                names["vibe.reason"] = reason
            span.set_attributes(names)
            _duration.record(time.monotonic() - began, names)
