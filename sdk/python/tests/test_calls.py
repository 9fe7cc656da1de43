"""What both clients do around a call: tries, tokens, deadlines, errors, and read-your-writes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

import vibe
import vibe.aio
from scripted_server import Failure, ScriptedServer
from vibe import AccessToken, CallEvent, ClosedError, ConflictError, DeadlineError, Reason, RetryPolicy, VibeError
from vibe.data.v1 import document_service_pb2 as wire

FAST = RetryPolicy(base_delay=0.01)
NAME = "spaces/k3f7/collections/movies/documents/m1"
FOUND = wire.GetDocumentResponse(document=wire.Document(name=NAME, json=b'{"Title":"Alien"}', etag="e1"))
BUSY = Failure(grpc.StatusCode.UNAVAILABLE)
EXPIRED = Failure(grpc.StatusCode.UNAUTHENTICATED, Reason.ACCESS_TOKEN_EXPIRED)


def done(token: str = "w1") -> wire.BatchWriteResponse:
    return wire.BatchWriteResponse(results=[wire.WriteResult(document=NAME, etag="e1")], consistency_token=token)


class Kind:
    """One of the two clients, and how to wait for what it does."""

    def __init__(self, is_async: bool, cleanup: ExitStack) -> None:
        self.is_async = is_async
        self._cleanup = cleanup
        self._loop = cleanup.enter_context(asyncio.Runner()) if is_async else None

    def client(self, server: ScriptedServer, token: Any = "token", **options: Any) -> Any:
        kind: Any = vibe.aio.VibeClient if self.is_async else vibe.VibeClient
        if self.is_async and callable(token):
            ask = token

            async def source() -> Any:
                return ask()

            token = source
        client = kind(server.address, token=token, retry=options.pop("retry", FAST), **options)
        self._cleanup.callback(lambda: self.wait(client.close))
        return client

    def wait(self, verb: Callable[[], Any]) -> Any:
        if self._loop is None:
            return verb()

        async def settled() -> Any:
            return await verb()

        return self._loop.run(settled())


@pytest.fixture(params=["blocking", "asyncio"])
def kind(request: pytest.FixtureRequest) -> Iterator[Kind]:
    with ExitStack() as cleanup:
        yield Kind(request.param == "asyncio", cleanup)


def test_a_read_is_tried_again_until_it_succeeds(kind: Kind) -> None:
    with ScriptedServer(GetDocument=[BUSY, BUSY, FOUND]) as server:
        client = kind.client(server)
        found = kind.wait(lambda: client.me.collection("movies").document("m1").get())
        assert found.value == {"Title": "Alien"}
        assert len(server.asked) == 3


def test_a_write_keeps_its_id_and_key_over_all_attempts(kind: Kind) -> None:
    lost = Failure(grpc.StatusCode.UNKNOWN, Reason.OUTCOME_UNKNOWN)
    with ScriptedServer(BatchWrite=[BUSY, lost, done()]) as server:
        client = kind.client(server)
        kind.wait(lambda: client.me.collection("movies").create({"Title": "Alien"}))
        assert len({asked.request.idempotency_key for asked in server.asked}) == 1
        assert len({asked.request.writes[0].document for asked in server.asked}) == 1


def test_two_writes_have_two_keys(kind: Kind) -> None:
    with ScriptedServer(BatchWrite=[done(), done()]) as server:
        movies = kind.client(server).me.collection("movies")
        kind.wait(lambda: movies.create({}))
        kind.wait(lambda: movies.create({}))
        assert len({asked.request.idempotency_key for asked in server.asked}) == 2


def test_a_write_whose_outcome_is_open_is_not_retryable(kind: Kind) -> None:
    refused = Failure(grpc.StatusCode.PERMISSION_DENIED, Reason.NOT_GRANTED)
    pause = error_details_pb2.RetryInfo(retry_delay=Duration(nanos=1_000_000))
    busy = Failure(grpc.StatusCode.RESOURCE_EXHAUSTED, Reason.SPACE_BUSY, pause)
    with ScriptedServer(BatchWrite=[busy, refused, busy, busy, BUSY, busy]) as server:
        movies = kind.client(server, retry=RetryPolicy(max_attempts=2, base_delay=0.01)).me.collection("movies")
        outcomes: list[tuple[str | None, bool]] = []
        for _ in range(3):
            with pytest.raises(VibeError) as caught:
                kind.wait(lambda: movies.create({}))
            outcomes.append((caught.value.reason, caught.value.retryable))
        assert outcomes == [(Reason.NOT_GRANTED, False), (Reason.SPACE_BUSY, True), (Reason.SPACE_BUSY, False)]


def test_an_error_tells_all_that_the_server_said(kind: Kind) -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="writes[0].if_match", description="is stale")
    failure = Failure(
        grpc.StatusCode.ABORTED,
        Reason.ETAG_MISMATCH,
        bad,
        error_details_pb2.RequestInfo(request_id="r1"),
        error_details_pb2.RetryInfo(retry_delay=Duration(nanos=500_000_000)),
        etag="e2",
    )
    with ScriptedServer(BatchWrite=[failure]) as server:
        client = kind.client(server)
        with pytest.raises(ConflictError) as caught:
            kind.wait(lambda: client.me.collection("movies").document("m1").update({"Year": 1979}, if_match="e1"))
        error = caught.value
        assert str(error) == "ETAG_MISMATCH (aborted): Something happened. [request r1]"
        assert error.metadata["etag"] == "e2"
        assert error.violations == (vibe.Violation("writes[0].if_match", "is stale"),)
        assert error.retry_delay == 0.5


def test_the_request_id_comes_from_the_trailer_where_no_detail_has_it(kind: Kind) -> None:
    with ScriptedServer(GetDocument=[Failure(grpc.StatusCode.INTERNAL, Reason.INTERNAL)]) as server:
        client = kind.client(server)
        with pytest.raises(VibeError, match=r"\[request from-the-header\]"):
            kind.wait(lambda: client.me.collection("movies").document("m1").get())


def test_what_is_missing_is_none(kind: Kind) -> None:
    with ScriptedServer(GetDocument=[Failure(grpc.StatusCode.NOT_FOUND, Reason.RESOURCE_NOT_FOUND)]) as server:
        client = kind.client(server)
        assert kind.wait(lambda: client.me.collection("movies").document("m1").get()) is None


def test_a_refused_token_is_followed_by_one_other(kind: Kind) -> None:
    tokens = iter(["old", "new"])
    with ScriptedServer(GetDocument=[EXPIRED, FOUND]) as server:
        client = kind.client(server, token=lambda: next(tokens))
        assert kind.wait(lambda: client.me.collection("movies").document("m1").get()) is not None
        assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("second", ["old", None])
def test_the_same_token_again_or_none_means_signed_out(kind: Kind, second: str | None) -> None:
    tokens = iter(["old", second])
    with ScriptedServer(GetDocument=[EXPIRED]) as server:
        client = kind.client(server, token=lambda: next(tokens))
        with pytest.raises(VibeError) as caught:
            kind.wait(lambda: client.me.collection("movies").document("m1").get())
        assert caught.value.reason == Reason.ACCESS_TOKEN_EXPIRED


def test_a_token_whose_end_is_near_is_followed_by_another(kind: Kind) -> None:
    now = datetime.now(UTC)
    tokens = iter([AccessToken("first", now), AccessToken("second", now + timedelta(seconds=300))])
    with ScriptedServer(GetDocument=[FOUND, FOUND, FOUND]) as server:
        client = kind.client(server, token=lambda: next(tokens))
        document = client.me.collection("movies").document("m1")
        for _ in range(3):
            kind.wait(document.get)
        given = [asked.headers["authorization"] for asked in server.asked]
        assert given == ["Bearer first", "Bearer second", "Bearer second"]


def test_a_source_that_fails_is_asked_again(kind: Kind) -> None:
    asked: list[int] = []

    def source() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise OSError("no network")
        return "token"

    with ScriptedServer(GetDocument=[FOUND]) as server:
        client = kind.client(server, token=source)
        assert kind.wait(lambda: client.me.collection("movies").document("m1").get()) is not None


def test_the_deadline_covers_all_attempts_and_is_told_to_the_server(kind: Kind) -> None:
    with ScriptedServer(GetDocument=[BUSY]) as server:
        server._script["GetDocument"].append(server.hang)
        client = kind.client(server)
        began = time.monotonic()
        with pytest.raises(DeadlineError) as caught:
            kind.wait(lambda: client.me.collection("movies").document("m1").get(timeout=0.5))
        assert time.monotonic() - began < 5
        assert caught.value.reason == Reason.DEADLINE_EXCEEDED
        assert caught.value.retryable
        assert isinstance(caught.value, TimeoutError)
        assert all(asked.remaining < 1 for asked in server.asked)


def test_reads_quote_the_tokens_of_own_writes_and_forget_them_when_history_is_lost(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    lost = Failure(grpc.StatusCode.FAILED_PRECONDITION, Reason.HISTORY_LOST)
    with ScriptedServer(BatchWrite=[done("w1"), done("w2")], GetDocument=[FOUND, lost, FOUND, FOUND]) as server:
        client = kind.client(server)
        document = client.me.collection("movies").document("m1")
        kind.wait(lambda: document.create({}))
        kind.wait(lambda: document.update({}))
        kind.wait(document.get)
        with caplog.at_level(logging.WARNING, "vibe"):
            kind.wait(document.get)
        kind.wait(lambda: client.space("k3f7").collection("movies").document("m1").get(consistency_token="given"))
        quoted = [list(asked.request.consistency_tokens) for asked in server.asked[2:]]
        assert quoted == [["w2"], ["w2"], [], ["given"]]
        assert len(caplog.records) == 1


def test_hooks_hear_of_each_attempt_and_what_they_raise_goes_no_further(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[CallEvent] = []

    def hook(event: CallEvent) -> None:
        heard.append(event)
        raise ZeroDivisionError

    with ScriptedServer(GetDocument=[BUSY, FOUND]) as server:
        client = kind.client(server, on_call=hook)
        kind.wait(lambda: client.me.collection("movies").document("m1").get())
        codes = [(event.method, event.attempt, event.code) for event in heard]
        assert codes == [
            ("GetDocument", 1, grpc.StatusCode.UNAVAILABLE),
            ("GetDocument", 2, grpc.StatusCode.OK),
        ]
    assert caplog.text.count("The hook for calls failed.") == 2


def test_the_server_is_told_which_client_it_is(kind: Kind) -> None:
    with ScriptedServer(GetDocument=[FOUND]) as server:
        client = kind.client(server, application="notes/2.1")
        kind.wait(lambda: client.me.collection("movies").document("m1").get())
        agent = server.asked[0].headers["user-agent"]
        assert agent.startswith("vibe-python/")
        assert ") notes/2.1" in agent


def test_a_closed_client_refuses_and_closing_twice_is_fine(kind: Kind) -> None:
    with ScriptedServer() as server:
        client = kind.client(server)
        kind.wait(client.close)
        kind.wait(client.close)
        with pytest.raises(ClosedError):
            kind.wait(lambda: client.me.collection("movies").document("m1").get())
        with pytest.raises(ClosedError):
            client.raw(lambda channel: channel)


def test_mistakes_of_the_program_are_refused_before_anything_is_sent(kind: Kind) -> None:
    with ScriptedServer(BatchWrite=[done()]) as server:
        client = kind.client(server)
        movies = client.me.collection("movies")
        with pytest.raises(ValueError, match="holds no"):
            movies.document("a/b")
        with pytest.raises(ValueError, match="own space"):
            client.me.batch().create(client.space("other").collection("movies").document("m1"), {})
        with pytest.raises(ValueError, match="timeout"):
            kind.wait(lambda: movies.document("m1").get(timeout=0))
        with pytest.raises(TypeError):
            kind.wait(lambda: movies.create([1]))
        batch = client.me.batch().create(movies.document("m1"), {})
        kind.wait(batch.commit)
        with pytest.raises(ValueError, match="committed"):
            kind.wait(batch.commit)
        assert len(server.asked) == 1


def test_a_listing_asks_page_after_page(kind: Kind) -> None:
    pages = [
        wire.ListDocumentsResponse(documents=[FOUND.document], next_page_token="more"),
        wire.ListDocumentsResponse(documents=[FOUND.document]),
    ]
    with ScriptedServer(ListDocuments=pages) as server:
        listing = kind.client(server).me.collection("movies").list(page_size=1)

        async def collect() -> list[Any]:
            return [each async for each in listing]

        found = kind.wait(collect) if kind.is_async else list(listing)
        assert [each.id for each in found] == ["m1", "m1"]
        assert [asked.request.page_token for asked in server.asked] == ["", "more"]


def test_threads_that_need_a_token_at_once_ask_once() -> None:
    asked: list[int] = []
    gate = threading.Barrier(2)

    def source() -> str:
        asked.append(1)
        gate.wait(5)
        return "token"

    with ScriptedServer(GetDocument=[FOUND] * 4) as server, vibe.VibeClient(server.address, token=source) as client:
        threads = [threading.Thread(target=client.me.collection("movies").document("m1").get) for _ in range(4)]
        for thread in threads:
            thread.start()
        gate.wait(5)
        for thread in threads:
            thread.join(5)
        assert len(asked) == 1
        assert len(server.asked) == 4


def test_each_of_many_calls_ends_at_its_own_deadline_and_the_last_of_them_is_not_forgotten() -> None:
    async def main() -> None:
        silent = asyncio.Event()

        async def source() -> str:
            await silent.wait()
            return "token"

        async with vibe.aio.VibeClient("http://127.0.0.1:1", token=source) as client:
            document = client.me.collection("movies").document("m1")
            ended: list[float] = []

            async def get(timeout: float) -> None:
                with pytest.raises(DeadlineError):
                    await document.get(timeout=timeout)
                ended.append(timeout)

            # The source never answers: nothing but the client's own deadline ends them.
            await asyncio.gather(get(0.3), get(0.1), get(0.2))
            assert ended == [0.1, 0.2, 0.3]
            await get(0.05)

    asyncio.run(main())


def test_a_call_under_way_ends_with_the_client_when_closing_has_waited_long_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vibe.aio.connection._CLOSING_PATIENCE", 0.05)

    monkeypatch.setattr("random.random", lambda: 1.0)

    async def main() -> None:
        failed = asyncio.Event()
        client = vibe.aio.VibeClient(
            "http://127.0.0.1:1",
            token="token",
            retry=RetryPolicy(base_delay=20),
            on_call=lambda _: failed.set(),
        )
        call = asyncio.ensure_future(client.me.collection("movies").document("m1").get())
        await failed.wait()
        await client.close()
        with pytest.raises(ClosedError):
            await asyncio.wait_for(call, 10)

    asyncio.run(main())


def test_cancelling_is_the_own_of_asyncio() -> None:
    async def main(server: ScriptedServer) -> None:
        async with vibe.aio.VibeClient(server.address, token="token") as client:
            with pytest.raises(TimeoutError) as caught:
                await asyncio.wait_for(client.me.collection("movies").document("m1").get(), 0.2)
            assert not isinstance(caught.value, VibeError)

    with ScriptedServer(GetDocument=[]) as server:
        server._script["GetDocument"].append(server.hang)
        asyncio.run(main(server))
