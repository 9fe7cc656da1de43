"""Spans of calls, where OpenTelemetry is installed."""

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from scripted_server import Failure, ScriptedServer
from vibe import Reason, VibeClient, VibeError


def test_a_call_is_a_span_that_travels_on_and_names_nothing_of_a_person() -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    denied = Failure(grpc.StatusCode.PERMISSION_DENIED, Reason.NOT_GRANTED)
    with ScriptedServer(GetDocument=[denied]) as server, VibeClient(server.address, token="secret") as client:
        with pytest.raises(VibeError):
            client.space("k3f7").collection("movies").document("m1").get()
        (span,) = spans.get_finished_spans()
        context = span.get_span_context()
        assert context is not None
        assert server.asked[0].headers["traceparent"].split("-")[1] == f"{context.trace_id:032x}"
    assert span.name == "vibe.data.v1.DocumentService/GetDocument"
    assert dict(span.attributes or {}) == {
        "rpc.system": "grpc",
        "rpc.service": "vibe.data.v1.DocumentService",
        "rpc.method": "GetDocument",
        "rpc.grpc.status_code": 7,
        "vibe.reason": "NOT_GRANTED",
    }
    assert not span.events
