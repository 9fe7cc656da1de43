"""Both clients follow a real server: changes, stalls, leaving, closing, Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import vibe
import vibe.aio
from vibe import ClosedError, DeniedError, Operation
from vibe.testing import Allow, Person, VibeServer

SDK = Path(__file__).resolve().parents[2]


@pytest.fixture
def alice(vibe_server: VibeServer) -> Person:
    return vibe_server.person("alice")


def test_views_follow_what_is_written(alice: Person) -> None:
    with alice.client() as client:
        notes = client.me.collection("views")
        with notes.snapshots() as views:
            assert dict(next(views).documents) == {}
            written = notes.create({"text": "one"})
            view = next(views)
            assert [change.id for change in view.changes] == [written.id]
            assert view.documents[written.id].value == {"text": "one"}
            notes.document(written.id).delete()
            assert [change.cause for change in next(views).changes] == [vibe.RemovalCause.DELETED]


def test_pages_go_on_from_a_stored_token(alice: Person) -> None:
    with alice.client() as client:
        notes = client.me.collection("pages")
        with notes.subscribe() as pages:
            token = next(pages).resume_token
        first, second = notes.create({"n": 1}), notes.create({"n": 2})
        with notes.subscribe(resume_token=token) as pages:
            ids: list[str] = []
            for page in pages:
                assert not page.reset
                ids += [change.id for change in page.changes]
                if page.live:
                    break
            assert sorted(ids) == sorted([first.id, second.id])


def test_a_reader_that_stalls_misses_nothing_and_holds_nobody_up(alice: Person) -> None:
    with alice.client() as client:
        slow_notes, quick_notes = client.me.collection("slow"), client.me.collection("quick")
        with slow_notes.subscribe() as slow, quick_notes.snapshots() as quick:
            next(slow)
            next(quick)
            written = []
            for number in range(12):
                written.append(slow_notes.create({"n": number}).id)
                mark = quick_notes.create({"n": number}).id
                assert [change.id for change in next(quick).changes] == [mark]
            found: list[str] = []
            while len(found) < len(written):
                found += [change.id for change in next(slow).changes]
            assert found == written
            last = slow_notes.create({"n": "last"}).id
            found = []
            while not found:
                found = [change.id for change in next(slow).changes]
            assert found == [last]


def test_a_grant_that_is_revoked_ends_the_loop_with_the_reason(alice: Person) -> None:
    app = alice.app("follower", Allow("followed", [Operation.READ]))
    with app.client() as client, client.me.collection("followed").snapshots() as views:
        next(views)
        app.revoke()
        with pytest.raises(DeniedError) as caught:
            list(views)
        assert caught.value.reason == vibe.Reason.GRANT_REVOKED


def test_another_thread_may_close_a_loop_that_waits(alice: Person) -> None:
    with alice.client() as client, client.me.collection("closed").snapshots() as views:
        next(views)
        threading.Timer(0.1, views.close).start()
        assert list(views) == []


def test_closing_the_client_ends_its_loops(alice: Person) -> None:
    client = alice.client()
    with client.me.collection("closed").snapshots() as views:
        next(views)
        threading.Timer(0.1, client.close).start()
        with pytest.raises(ClosedError):
            list(views)


def test_reading_without_with_is_a_mistake(alice: Person) -> None:
    with alice.client() as client, pytest.raises(RuntimeError, match="`with`"):
        next(client.me.collection("closed").snapshots())


def test_ctrl_c_ends_a_blocking_loop_at_once(alice: Person) -> None:
    program = """
import os, vibe
client = vibe.VibeClient(os.environ["ADDRESS"], token=os.environ["TOKEN"])
try:
    with client, client.me.collection("interrupted").snapshots() as views:
        for view in views:
            print("waits", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    environment = {
        **os.environ,
        "ADDRESS": alice.server.address,
        "TOKEN": alice.token()._value,
        "PYTHONPATH": os.pathsep.join([str(SDK / "python" / "src"), str(SDK / "generated" / "python")]),
    }
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "waits\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "interrupted\n"
        assert child.wait(10) == 0


def test_asyncio_follows_and_leaves_without_a_trace(alice: Person) -> None:
    async def main() -> None:
        async with vibe.aio.VibeClient(alice.server.address, token=alice.token()) as client:
            notes = client.me.collection("asyncio")
            async with notes.snapshots() as views, notes.subscribe() as pages:
                assert dict((await anext(views)).documents) == {}
                assert (await anext(pages)).reset
                written = await notes.create({"n": 1})
                assert [change.id for change in (await anext(views)).changes] == [written.id]
                assert [change.id for change in (await anext(pages)).changes] == [written.id]
                waiting = asyncio.create_task(anext(views))
                await asyncio.sleep(0)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
                again = await notes.create({"n": 2})
                assert [change.id for change in (await anext(views)).changes] == [again.id]
            many = await asyncio.gather(*(notes.create({"n": number}) for number in range(50)))
            assert len({result.id for result in many}) == 50
            assert len([each async for each in notes.list(page_size=10)]) == 52
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main(), debug=True)


def test_asyncio_loops_end_with_the_client(alice: Person) -> None:
    async def main() -> None:
        client = vibe.aio.VibeClient(alice.server.address, token=alice.token())
        async with client.me.collection("closed").snapshots() as views:
            await anext(views)
            closing = asyncio.create_task(client.close())
            with pytest.raises(ClosedError):
                await anext(views)
            await closing

    asyncio.run(main())


def test_raw_calls_carry_the_token(alice: Person) -> None:
    from vibe.data.v1.document_service_pb2 import GetDocumentRequest
    from vibe.data.v1.document_service_pb2_grpc import DocumentServiceStub

    name = "spaces/me/collections/raw/documents/r1"
    with alice.client() as client:
        client.me.collection("raw").document("r1").create({"n": 1})
        response = client.raw(DocumentServiceStub).GetDocument(GetDocumentRequest(name=name))
        assert response.document.name.endswith("/documents/r1")

    async def main() -> None:
        async with vibe.aio.VibeClient(alice.server.address, token=alice.token()) as client:
            response = await client.raw(DocumentServiceStub).GetDocument(GetDocumentRequest(name=name))
            assert response.document.name.endswith("/documents/r1")

    asyncio.run(main())
