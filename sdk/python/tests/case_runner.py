"""Does what the host of `tests/cases` says, with the blocking client, or with `--aio` with that for asyncio.

One request a line comes on stdin, one answer a line goes to stdout. Both clients have the same verbs, so these are
written once; only what waits differs.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import queue
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SDK = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SDK / "python" / "src"), str(SDK / "generated" / "python")]

import grpc

import vibe
import vibe.aio
from vibe.data.v1.document_service_pb2 import GetDocumentRequest
from vibe.data.v1.document_service_pb2_grpc import DocumentServiceStub

Request = dict[str, Any]

WHERE = {"client", "space", "collection"}
DOCUMENT = WHERE | {"document"}
CALL = {"idempotencyKey", "timeout"}
LISTING = WHERE | {"pageSize", "pageToken", "consistencyToken", "timeout"}
OPEN = {"client", "address", "web", "tokens", "timeout", "retry", "application"}
MEMBERS: dict[str, set[str]] = {
    "open": OPEN,
    "close": {"client"},
    "tokensAsked": {"client"},
    "id": {"client"},
    "pointer": {"client", "segments"},
    "get": DOCUMENT | {"consistencyToken", "timeout"},
    "list": LISTING,
    "page": LISTING,
    "collections": {"client", "space", "pageSize"},
    "create": DOCUMENT | CALL | {"value", "acl"},
    "update": DOCUMENT | CALL | {"members", "edit", "ifMatch", "allowMissing"},
    "replace": DOCUMENT | CALL | {"value", "ifMatch", "allowMissing"},
    "delete": DOCUMENT | CALL | {"ifMatch", "allowMissing"},
    "setAcl": DOCUMENT | CALL | {"acl", "ifMatch"},
    "batch": {"client", "space", "writes", "twice"} | CALL,
    "raw": DOCUMENT,
    "snapshots": WHERE | {"feed"},
    "subscribe": WHERE | {"feed", "resumeToken"},
    "next": {"feed"},
    "leave": {"feed"},
    "cancel": {"call"},
}
OPTIONS = {
    "ifMatch": "if_match",
    "allowMissing": "allow_missing",
    "idempotencyKey": "idempotency_key",
    "timeout": "timeout",
    "consistencyToken": "consistency_token",
    "pageSize": "page_size",
    "pageToken": "page_token",
    "resumeToken": "resume_token",
}


class UnknownRequestError(Exception):
    """This runner does not know the request, or a member of it."""


class LeftError(Exception):
    """The loop was left, or ended by another request."""


class Tokens:
    """The token source of one client: what it gives, call after call, the last again and again."""

    def __init__(self, script: list[Any]) -> None:
        self.asked = 0
        self._script = script

    def blocking(self) -> vibe.AccessToken | None:
        given = self._next()
        if given == {"hang": True}:
            threading.Event().wait()
        return token_of(given)

    async def awaited(self) -> vibe.AccessToken | None:
        given = self._next()
        if given == {"hang": True}:
            await asyncio.Event().wait()
        return token_of(given)

    def _next(self) -> Any:
        given = self._script[min(self.asked, len(self._script) - 1)]
        self.asked += 1
        return given


def token_of(given: Any) -> vibe.AccessToken | None:
    match given:
        case None:
            return None
        case str():
            return vibe.AccessToken(given)
        case {"value": value, "expiresIn": seconds}:
            return vibe.AccessToken(value, datetime.now(UTC) + timedelta(seconds=seconds))
        case {"fail": text}:
            raise OSError(text)
    raise UnknownRequestError(f"token {given}")


class Verbs:
    """What can be done; each verb does one request and gives what it observed."""

    def __init__(self, is_async: bool) -> None:
        self._is_async = is_async
        self._clients: dict[str, Any] = {}
        self._tokens: dict[str, Tokens] = {}
        self.feeds: dict[str, Any] = {}

    async def do(self, request: Request) -> Any:
        verb = request.get("do", "")
        check(verb, request, {"id", "do"})
        match verb:
            case "open":
                return self._open(request)
            case "close":
                return await settle(self._client(request).close()) or {}
            case "tokensAsked":
                return {"count": self._tokens[request["client"]].asked}
            case "id":
                return {"id": self._client(request).me.collection("any").new_document().id}
            case "pointer":
                return {"pointer": vibe.pointer(*request["segments"])}
            case "get":
                found = await settle(self._document(request).get(**options(request)))
                return {"document": None if found is None else document(found)}
            case "list":
                found = await items(self._collection(request).list(**options(request)))
                return {"documents": [document(each) for each in found]}
            case "page":
                page = await first(self._collection(request).list(**options(request)).pages())
                return {"documents": [document(each) for each in page.items], "nextPageToken": page.next_page_token}
            case "collections":
                found = await items(self._space(request).list_collections(**options(request)))
                return {"collections": [each.id for each in found]}
            case "create" | "update" | "replace" | "delete" | "setAcl":
                target = self._document(request) if "document" in request else self._collection(request)
                name, arguments = write(verb, request)
                return written(await settle(getattr(target, name)(*arguments, **write_options(request))))
            case "batch":
                return await self._batch(request)
            case "raw":
                return await self._raw(request)
            case "snapshots" | "subscribe":
                feed = getattr(self._collection(request), verb)(**options(request))
                self.feeds[request["feed"]] = await settle(feed.__aenter__() if self._is_async else feed.__enter__())
                return {}
            case "next":
                return await self._next(self.feeds[request["feed"]])
            case "leave":
                self.feeds[request["feed"]].close()
                return {}
        raise UnknownRequestError(verb)

    def _open(self, request: Request) -> Request:
        tokens = Tokens(request["tokens"])
        taken: dict[str, Any] = {key: request[key] for key in ("timeout", "application") if key in request}
        if "retry" in request:
            names = {"maxAttempts": "max_attempts", "baseDelay": "base_delay", "maxDelay": "max_delay"}
            taken["retry"] = vibe.RetryPolicy(**{names[key]: value for key, value in request["retry"].items()})
        self._tokens[request["client"]] = tokens
        client: Any
        if self._is_async:
            client = vibe.aio.VibeClient(request["address"], token=tokens.awaited, **taken)
        else:
            client = vibe.VibeClient(request["address"], token=tokens.blocking, **taken)
        self._clients[request["client"]] = client
        return {}

    async def _batch(self, request: Request) -> Request:
        space = self._space(request)
        batch = space.batch()
        for each in request["writes"]:
            check(each["do"], each, {"do"})
            at = {"client": request["client"], "space": request["space"], **each}
            name, arguments = write(each["do"], each)
            getattr(batch, name)(self._document(at), *arguments, **write_options(each))
        results = await settle(batch.commit(**options(request)))
        if request.get("twice"):
            results = await settle(batch.commit(**options(request)))
        return {"results": [written(each) for each in results]}

    async def _raw(self, request: Request) -> Request:
        stub: Any = self._client(request).raw(DocumentServiceStub)
        try:
            response = await settle(stub.GetDocument(GetDocumentRequest(name=self._document(request).name)))
        except grpc.RpcError as failure:
            raise vibe.VibeError.from_rpc_error(failure) from failure
        return {"etag": response.document.etag}

    async def _next(self, feed: Any) -> Request:
        try:
            item = await feed.__anext__() if self._is_async else feed.__next__()
        except (StopIteration, StopAsyncIteration):
            raise LeftError from None
        if isinstance(item, vibe.ChangePage):
            return {
                "page": {
                    "changes": [change(each) for each in item.changes],
                    "reset": item.reset,
                    "live": item.live,
                    "resumeToken": item.resume_token,
                }
            }
        return {
            "snapshot": {
                "documents": [document(each) for each in item.documents.values()],
                "changes": [change(each) for each in item.changes],
                "live": item.live,
                "error": None if item.error is None else error(item.error),
            }
        }

    def _client(self, request: Request) -> Any:
        return self._clients[request["client"]]

    def _space(self, request: Request) -> Any:
        client = self._client(request)
        return client.me if request["space"] == "me" else client.space(request["space"])

    def _collection(self, request: Request) -> Any:
        return self._space(request).collection(request["collection"])

    def _document(self, request: Request) -> Any:
        return self._collection(request).document(request["document"])


def check(verb: str, request: Request, besides: set[str]) -> None:
    if verb not in MEMBERS:
        raise UnknownRequestError(f"do {verb}")
    unknown = set(request) - MEMBERS[verb] - besides
    if unknown:
        raise UnknownRequestError(f"{', '.join(sorted(unknown))} of {verb}")


def options(request: Request) -> dict[str, Any]:
    return {name: request[key] for key, name in OPTIONS.items() if key in request}


def write_options(request: Request) -> dict[str, Any]:
    taken = options(request)
    if request["do"] == "create" and "acl" in request:
        taken["acl"] = acl(request["acl"])
    return taken


def write(verb: str, request: Request) -> tuple[str, list[Any]]:
    match verb:
        case "create" | "replace":
            return verb, [request["value"]]
        case "update" if "edit" in request:
            edit = vibe.Edit()
            for step in request["edit"]:
                edit = edit.set(*step["set"]) if "set" in step else edit.remove(step["remove"])
            return verb, [edit]
        case "update":
            return verb, [request["members"]]
        case "delete":
            return verb, []
        case "setAcl":
            return "set_acl", [acl(request["acl"])]
    raise UnknownRequestError(verb)


def acl(given: Request) -> vibe.Acl:
    def rules(of: list[Request]) -> tuple[vibe.AclRule, ...]:
        return tuple(
            vibe.AclRule(each["people"], [vibe.Operation[name.upper()] for name in each["operations"]]) for each in of
        )

    return vibe.Acl(rules(given.get("allow", [])), rules(given.get("deny", [])))


def document(snapshot: vibe.DocumentSnapshot[Any]) -> Request:
    return {
        "id": snapshot.id,
        "json": snapshot.json,
        "value": snapshot.value,
        "etag": snapshot.etag,
        "createTime": time(snapshot.create_time),
        "updateTime": time(snapshot.update_time),
        "acl": None if snapshot.acl is None else {"allow": rules(snapshot.acl.allow), "deny": rules(snapshot.acl.deny)},
    }


def rules(of: tuple[vibe.AclRule, ...]) -> list[Request]:
    return [
        {"people": list(each.people), "operations": [vibe.Operation(one).name.lower() for one in each.operations]}
        for each in of
    ]


def change(of: vibe.Change[Any]) -> Request:
    return {
        "id": of.id,
        "document": None if of.document is None else document(of.document),
        "cause": None if of.cause is None else of.cause.value,
    }


def written(result: vibe.WriteResult) -> Request:
    return {
        "id": result.id,
        "etag": result.etag,
        "updateTime": None if result.update_time is None else time(result.update_time),
        "consistencyToken": result.consistency_token,
    }


def error(of: vibe.VibeError) -> Request:
    return {
        "code": of.code.name.lower(),
        "reason": of.reason,
        "message": str(of),
        "metadata": dict(of.metadata),
        "violations": [{"field": each.field, "description": each.description} for each in of.violations],
        "requestId": of.request_id,
        "retryDelay": of.retry_delay,
        "retryable": of.retryable,
    }


def time(of: datetime) -> str:
    return of.isoformat().replace("+00:00", "Z")


async def settle(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def items(listing: Any) -> list[Any]:
    return [each async for each in listing] if hasattr(listing, "__aiter__") else list(listing)


async def first(pages: Any) -> Any:
    return await anext(pages) if hasattr(pages, "__anext__") else next(pages)


def failed(failure: BaseException) -> Request:
    match failure:
        case vibe.VibeError():
            return {"error": error(failure)}
        case KeyboardInterrupt() | asyncio.CancelledError() | LeftError():
            return {"cancelled": True}
        case UnknownRequestError():
            return {"unknown": str(failure)}
        case json.JSONDecodeError() | UnicodeDecodeError() | KeyError():
            return {"broken": repr(failure)}
        case ValueError() | TypeError() | vibe.ClosedError():
            return {"misuse": str(failure)}
    return {"broken": repr(failure)}


def say(request: Request, answer: Request) -> None:
    # One write, so that lines of several threads do not mix.
    sys.stdout.write(json.dumps({"id": request.get("id"), **answer}) + "\n")
    sys.stdout.flush()


class Blocking:
    """Does one request in the main thread, where Ctrl-C cancels it, and what comes meanwhile in threads of its own."""

    def __init__(self) -> None:
        self._verbs = Verbs(is_async=False)
        self._main: queue.Queue[Request | None] = queue.Queue()
        self._lock = threading.Lock()
        self._in_main: Any = None
        self._waiting: dict[Any, str] = {}

    def run(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        while (request := self._main.get()) is not None:
            try:
                answer = self._answer(request)
                with self._lock:
                    self._in_main = None
            except KeyboardInterrupt:
                answer = {"cancelled": True}
                with self._lock:
                    self._in_main = None
            say(request, answer)

    def _read(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            if request.get("do") == "cancel":
                say(request, self._cancel(request))
                continue
            with self._lock:
                is_main = self._in_main is None and request.get("do") != "next"
                if is_main:
                    self._in_main = request["id"]
                elif request.get("do") == "next":
                    self._waiting[request["id"]] = request.get("feed", "")
            if is_main:
                self._main.put(request)
            else:
                threading.Thread(target=self._beside, args=(request,), daemon=True).start()
        self._main.put(None)

    def _beside(self, request: Request) -> None:
        answer = self._answer(request)
        with self._lock:
            self._waiting.pop(request["id"], None)
        say(request, answer)

    def _answer(self, request: Request) -> Request:
        # Nothing in the blocking client waits by the event loop, so a verb runs through in one go.
        verb = self._verbs.do(request)
        try:
            verb.send(None)
        except StopIteration as done:
            return {"ok": done.value}
        except KeyboardInterrupt:
            raise
        except BaseException as failure:
            return failed(failure)
        raise AssertionError("A blocking verb waited.")

    def _cancel(self, request: Request) -> Request:
        with self._lock:
            if self._in_main == request["call"]:
                main = threading.main_thread().ident
                assert main is not None
                signal.pthread_kill(main, signal.SIGINT)
                return {"ok": {}}
            feed = self._verbs.feeds.get(self._waiting.get(request["call"], ""))
        if feed is None:
            return {"unknown": "The blocking client can be cancelled in the main thread alone."}
        feed.close()
        return {"ok": {}}


async def run_async() -> None:
    verbs = Verbs(is_async=True)
    tasks: dict[Any, asyncio.Task[Any]] = {}
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        request = json.loads(line)
        if request.get("do") == "cancel":
            if request["call"] in tasks:
                tasks[request["call"]].cancel()
            say(request, {"ok": {}})
            continue
        tasks[request["id"]] = task = asyncio.create_task(verbs.do(request))
        task.add_done_callback(functools.partial(answer, tasks, request))


def answer(tasks: dict[Any, asyncio.Task[Any]], request: Request, task: asyncio.Task[Any]) -> None:
    del tasks[request["id"]]
    failure = asyncio.CancelledError() if task.cancelled() else task.exception()
    say(request, {"ok": task.result()} if failure is None else failed(failure))


if __name__ == "__main__":
    if "--aio" in sys.argv[1:]:
        asyncio.run(run_async())
    else:
        Blocking().run()
