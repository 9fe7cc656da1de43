"""Where each package is reached, by what the server says of its addresses."""

from __future__ import annotations

import pytest

from vibe._core.endpoints import Endpoints
from vibe.identity.v1 import server_service_pb2 as wire

GIVEN = "https://vibe.example"
DATA = "vibe.data.v1"


def named(given: str, data: str) -> wire.GetServerResponse:
    at = {given: "vibe.identity.v1", data: DATA}
    return wire.GetServerResponse(
        endpoints=[
            wire.Endpoint(address=address, protocols=[wire.PROTOCOL_GRPC], packages=[package])
            for address, package in at.items()
        ]
    )


@pytest.mark.parametrize(
    ("given", "data", "reached"),
    [
        ("https://VIBE.example:443/", "https://Data.vibe.example", "https://data.vibe.example:443"),
        ("https://vibe.example:8443", "https://data.vibe.example", None),
        (GIVEN, "http://data.vibe.example", None),
        (GIVEN, "https://data.vibe.example/below", None),
        (GIVEN, "https://me@data.vibe.example", None),
        (GIVEN, "https://data.vibe.example:port", None),
        (GIVEN, "data.vibe.example", None),
    ],
)
def test_what_is_named_is_used_where_the_given_address_is_named_and_the_other_can_be_reached(
    given: str, data: str, reached: str | None
) -> None:
    endpoints = Endpoints(GIVEN)
    endpoints.answer(named(given, data), 0.0)
    assert endpoints.of(DATA) == (reached or "https://vibe.example:443")


def test_the_server_is_asked_again_after_five_minutes_and_within_seconds_where_an_address_is_in_doubt() -> None:
    endpoints = Endpoints(GIVEN)
    assert endpoints.is_due(0.0)
    endpoints.ask(0.0)
    endpoints.answer(named(GIVEN, "https://data.vibe.example"), 0.0)
    assert not endpoints.is_due(299.0)
    assert endpoints.is_due(300.0)
    endpoints.doubt(endpoints.given)
    assert not endpoints.is_due(299.0)
    endpoints.doubt("https://data.vibe.example:443")
    assert not endpoints.is_due(4.0)
    assert endpoints.is_due(5.0)


def test_an_answer_is_fresh_for_five_seconds() -> None:
    endpoints = Endpoints(GIVEN)
    assert not endpoints.is_fresh(0.0)
    endpoints.answer(named(GIVEN, "https://data.vibe.example"), 0.0)
    assert endpoints.is_fresh(4.0)
    assert not endpoints.is_fresh(5.0)
