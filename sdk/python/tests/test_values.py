"""Values and rules that need neither a server nor a clock."""

from __future__ import annotations

import json
import pickle
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypedDict

import grpc
import pytest
import typing_extensions
from pydantic import BaseModel, Field

import vibe as vibespace
from vibe import Acl, AclRule, Codec, Edit, Operation, Reason, RetryPolicy, VibeClient, VibeError, pointer
from vibe._core import acl as acls
from vibe._core.access_token import AccessToken, TokenState
from vibe._core.codec import members_to_text, text_codec
from vibe._core.consistency import ConsistencyTokens, Freshness, SpaceLedgers
from vibe._core.edit import body_of
from vibe._core.endpoint import target_of
from vibe._core.names import fresh_id
from vibe._core.retry import NextStep, for_call, for_following
from vibe.errors.v1 import error_reason_pb2
from vibe.testing import snapshot


def test_the_reasons_are_those_of_the_contract() -> None:
    names = error_reason_pb2.ErrorReason.DESCRIPTOR.values_by_name
    contract = {name.removeprefix("ERROR_REASON_") for name in names} - {"UNSPECIFIED"}
    ours = {name: value for name, value in vars(Reason).items() if name.isupper()}
    assert set(ours) == contract
    assert all(name == value for name, value in ours.items())


def test_no_name_of_ours_hides_a_generated_package() -> None:
    generated = {"access", "errors", "identity", "consent", "data", "sync", "files", "connect", "keys", "audit"}
    assert generated.isdisjoint(vibespace.__all__)


def test_fresh_ids_are_of_version_seven_and_ascend() -> None:
    ids = [uuid.UUID(fresh_id()) for _ in range(100)]
    assert {id.version for id in ids} == {7}
    assert {id.variant for id in ids} == {uuid.RFC_4122}
    assert len(set(ids)) == 100
    assert sorted(id.int >> 80 for id in ids) == [id.int >> 80 for id in ids]


def test_a_pointer_escapes_odd_names() -> None:
    assert pointer("a/b", "c~d", "") == "/a~1b/c~0d/"
    with pytest.raises(ValueError, match="at least one"):
        pointer()


def test_an_edit_is_a_value_and_holds_what_it_was_given() -> None:
    tags = ["a"]
    edit = Edit().set("/x/y", 1).set("/tags", tags).remove("/old")
    tags.append("b")
    assert edit.paths == ("/x/y", "/tags", "/old")
    assert json.loads(body_of(edit)) == {"x": {"y": 1}, "tags": ["a"]}
    again = edit.set("/x/y", 2)
    assert json.loads(body_of(again))["x"] == {"y": 2}
    assert json.loads(body_of(edit))["x"] == {"y": 1}


@pytest.mark.parametrize("path", ["x", "", "/a~2", "/a~"])
def test_what_is_no_pointer_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no JSON Pointer"):
        Edit().remove(path)


def test_paths_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        Edit().set("/a", {}).set("/a/b", 1)
    assert Edit().set("/a", 1).set("/ab", 1).paths == ("/a", "/ab")


@dataclass
class Person:
    name: str
    height: float | None = None
    friends: list[Person] = field(default_factory=list)


class Model(BaseModel):
    title: str = Field(alias="Title")
    rating: float | None = None


class Plain(TypedDict):
    Title: str


def test_a_dataclass_passes_over_what_it_does_not_know_and_leaves_none_out() -> None:
    codec = text_codec(Person)
    read = codec.decode(b'{"name":"Ann","height":2,"phone":"1","friends":[{"name":"Bob"}]}')
    assert read == Person("Ann", 2.0, [Person("Bob")])
    assert type(read.height) is float
    assert json.loads(codec.encode(Person("Ann", None, [Person("Bob")]))) == {
        "name": "Ann",
        "friends": [{"name": "Bob", "friends": []}],
    }


def test_a_model_goes_by_its_own_names() -> None:
    codec = text_codec(Model)
    assert codec.decode(b'{"Title":"Alien","rating":8}').rating == 8.0
    assert json.loads(codec.encode(Model(Title="Alien"))) == {"Title": "Alien"}


def test_a_typed_dict_is_converted_in_nothing() -> None:
    codec = text_codec(Plain)
    assert codec.decode(b'{"Title":"Alien","x":null}') == {"Title": "Alien", "x": None}
    assert codec.encode({"Title": "Älien"}) == '{"Title":"Älien"}'.encode()


def test_a_typed_dict_may_come_from_typing_extensions() -> None:
    kind: Any = typing_extensions.TypedDict("kind", {"US Gross": int})
    assert text_codec(kind).decode(b'{"US Gross":1}') == {"US Gross": 1}


def test_a_codec_of_ones_own() -> None:
    codec: Any = text_codec(Codec(lambda members: members["n"], lambda n: {"n": n}))
    assert codec.decode(codec.encode(3)) == 3


@pytest.mark.parametrize("value", [[1], "text", None])
def test_what_is_no_object_is_no_document(value: Any) -> None:
    with pytest.raises(TypeError):
        text_codec(dict).encode(value)


def test_what_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        members_to_text({"x": float("nan")})
    with pytest.raises(TypeError):
        members_to_text({"x": object()})
    assert members_to_text({"x": None}) == b'{"x":null}'


@pytest.mark.parametrize("text", [b'{"a":1}{', b'{"a":1', b"", b'{"a":"\xff"}'])
def test_what_is_more_or_less_than_json_is_no_value(text: bytes) -> None:
    odd: vibespace.DocumentSnapshot[Any] = vibespace.DocumentSnapshot("m1", text, text_codec(None))
    with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
        _ = odd.value


def test_one_odd_document_touches_no_other() -> None:
    odd = vibespace.DocumentSnapshot("m1", b'{"height":1}', text_codec(Person))
    assert odd.json == '{"height":1}'
    with pytest.raises(TypeError):
        _ = odd.value


def test_snapshots_are_values() -> None:
    assert snapshot("m1", {"Title": "Alien"}) == snapshot("m1", {"Title": "Alien"})
    assert snapshot("m1", {"Title": "Alien"}) != snapshot("m1", {"Title": "Aliens"})
    assert snapshot("m1", Person("Ann")).value == Person("Ann")


def test_access_lists_travel_both_ways() -> None:
    acl = Acl((AclRule(["did:vibe:a"], [Operation.READ, Operation.SHARE]),), (AclRule(["did:vibe:b"], [2]),))
    assert acls.from_wire(acls.to_wire(acl)) == acl
    newer = acls.to_wire(acl)
    newer.MergeFromString(b"\x0a\x02\x10\x63")
    assert acls.from_wire(newer).allow[1].operations == (99,)


def test_a_token_never_shows_itself() -> None:
    token = AccessToken("secret")
    assert "secret" not in f"{token} {token!r}"
    with pytest.raises(ValueError, match="not empty"):
        AccessToken(" ")


def test_a_token_that_lives_short_is_renewed_at_half_its_life() -> None:
    now = [1000.0]
    state = TokenState(lambda: now[0])
    state.take(AccessToken("t", datetime.fromtimestamp(1060, UTC)))
    now[0] = 1029
    assert state.usable() is not None
    now[0] = 1031
    assert state.usable() is None
    assert state.standing() is not None
    now[0] = 1061
    assert state.standing() is None


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("http://127.0.0.1:5280", ("127.0.0.1:5280", False)),
        ("https://vibe.example", ("vibe.example:443", True)),
        ("http://[::1]:1/", ("[::1]:1", False)),
    ],
)
def test_addresses(address: str, target: tuple[str, bool]) -> None:
    assert target_of(address) == target


@pytest.mark.parametrize("address", ["127.0.0.1:5280", "ftp://x", "http://x/path", "http://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        VibeClient(address, token="t")


def test_a_token_is_kept_until_a_write_that_was_sent_after_it_is_acknowledged() -> None:
    tokens = ConsistencyTokens()
    tokens.acknowledge("first", sent=1, arrived=3)
    tokens.acknowledge("beside", sent=2, arrived=4)
    assert tokens.to_quote() == ("first", "beside")
    tokens.acknowledge("later", sent=5, arrived=6)
    assert tokens.to_quote() == ("later",)


def test_what_was_kept_for_me_is_kept_for_the_id_behind_it() -> None:
    ledgers = SpaceLedgers()
    ledgers.of("me").acknowledge("w1", 1, 2)
    ledgers.of("k3f7").acknowledge("w2", 1, 3)
    ledgers.learn("me", "spaces/k3f7/collections/movies")
    assert ledgers.of("me") is ledgers.of("k3f7")
    assert Freshness(ledgers, "me", "given").tokens == ["given", "w1", "w2"]


def failure(code: grpc.StatusCode, reason: str | None = None, delay: float | None = None) -> VibeError:
    return VibeError(code, reason, "text", retry_delay=delay)


C = grpc.StatusCode


@pytest.mark.parametrize(
    ("error", "call", "following"),
    [
        (failure(C.UNAVAILABLE), NextStep.AGAIN, NextStep.AGAIN),
        (failure(C.RESOURCE_EXHAUSTED, Reason.SPACE_BUSY, 1), NextStep.AGAIN, NextStep.AGAIN),
        (failure(C.RESOURCE_EXHAUSTED, Reason.MESSAGE_TOO_LARGE), NextStep.THROW, NextStep.THROW),
        (failure(C.RESOURCE_EXHAUSTED, Reason.TOO_MANY_STREAMS, 1), NextStep.THROW, NextStep.AGAIN),
        (failure(C.UNAUTHENTICATED), NextStep.WITH_NEW_TOKEN, NextStep.WITH_NEW_TOKEN),
        (failure(C.FAILED_PRECONDITION, Reason.HISTORY_LOST), NextStep.WITHOUT_TOKENS, NextStep.WITHOUT_TOKENS),
        (failure(C.INVALID_ARGUMENT, Reason.RESUME_TOKEN_INVALID), NextStep.THROW, NextStep.ANEW),
        (failure(C.UNKNOWN, Reason.OUTCOME_UNKNOWN), NextStep.AGAIN, NextStep.AGAIN),
        (failure(C.INTERNAL, Reason.INTERNAL), NextStep.THROW, NextStep.AGAIN),
        (failure(C.CANCELLED), NextStep.THROW, NextStep.AGAIN),
        (failure(C.PERMISSION_DENIED, Reason.GRANT_REVOKED), NextStep.THROW, NextStep.THROW),
        (failure(C.ABORTED, Reason.ETAG_MISMATCH), NextStep.THROW, NextStep.THROW),
    ],
)
def test_what_follows_a_failure(error: VibeError, call: NextStep, following: NextStep) -> None:
    assert for_call(error, 1, RetryPolicy(), is_renewed=False) is call
    assert for_following(error, is_renewed=False) is following


def test_errors_can_be_pickled_as_pools_of_processes_do() -> None:
    error = VibeError(C.ABORTED, Reason.ETAG_MISMATCH, "text", request_id="r1")
    same = pickle.loads(pickle.dumps(error))
    assert str(same) == str(error)
    assert same.reason == error.reason
