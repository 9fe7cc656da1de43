"""Makes the load that it is told to, a request a line, by the client or by the generated code alone.

    python load.py [--aio] ours|bare

What either side does is the same, as is the loop around it; benchmarks/README.md says what is asked and answered.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import sys
import threading
import time
from types import ModuleType
from typing import Any, Final

AIO: Final = "--aio" in sys.argv
KEPT: Final[list[Any]] = []


def load(side: str) -> ModuleType:
    """Loads what a side needs, and no more: the client's package would bring the client along with the contract."""
    if side == "bare":
        found = importlib.util.find_spec("vibe")
        assert found is not None
        contract = ModuleType("vibe")
        contract.__path__ = found.submodule_search_locations or []
        sys.modules["vibe"] = contract
    return importlib.import_module(f"{side}_aio" if AIO else side)


SIDE: Final = load(sys.argv[-1])


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def run() -> None:
    side: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        match request["do"]:
            case "open":
                side = SIDE.Side(request["address"], request["token"])
                say({})
            case "follow":
                follow(side, request)
            case _:
                say(repeat(call_of(side, request), request))


def call_of(side: Any, request: dict[str, Any]) -> Any:
    """What is called over and over."""
    if request["do"] == "get":
        return lambda: side.get(request["document"])
    return lambda: side.create(request["value"])


def repeat(call: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Calls from so many threads, each again when it has its answer, for so long."""
    began = time.perf_counter()
    end = began + request["seconds"]
    done: list[int] = []
    failures: list[BaseException] = []

    def work() -> None:
        count = 0
        try:
            while time.perf_counter() < end:
                call()
                count += 1
        except Exception as failure:
            failures.append(failure)
        done.append(count)

    threads = [threading.Thread(target=work) for _ in range(request["inFlight"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {"done": sum(done), "seconds": time.perf_counter() - began}


def follow(side: Any, request: dict[str, Any]) -> None:
    """Follows until the reader has all, says so, and where more is to come goes on until it has come."""
    held: dict[str, Any] = {}
    if request["keep"]:
        # It is looked at from outside.
        KEPT.append(held)
    more, began = request["more"], time.perf_counter()
    expected = None
    for is_live in side.follow(held, keeps_documents=request["keep"]):
        if expected is None and is_live:
            say({"done": len(held), "seconds": time.perf_counter() - began})
            expected, began = len(held) + more, time.perf_counter()
        if expected is not None and len(held) >= expected:
            break
    if more > 0:
        say({"done": more, "seconds": time.perf_counter() - began})


async def run_aio() -> None:
    side: Any = None
    while line := await asyncio.to_thread(sys.stdin.readline):
        request = json.loads(line)
        match request["do"]:
            case "open":
                side = SIDE.Side(request["address"], request["token"])
                say({})
            case "follow":
                await follow_aio(side, request)
            case _:
                say(await repeat_aio(call_of(side, request), request))


async def repeat_aio(call: Any, request: dict[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    end = began + request["seconds"]

    async def work() -> int:
        count = 0
        while time.perf_counter() < end:
            await call()
            count += 1
        return count

    done = await asyncio.gather(*(work() for _ in range(request["inFlight"])))
    return {"done": sum(done), "seconds": time.perf_counter() - began}


async def follow_aio(side: Any, request: dict[str, Any]) -> None:
    held: dict[str, Any] = {}
    if request["keep"]:
        # It is looked at from outside.
        KEPT.append(held)
    more, began = request["more"], time.perf_counter()
    expected = None
    async for is_live in side.follow(held, keeps_documents=request["keep"]):
        if expected is None and is_live:
            say({"done": len(held), "seconds": time.perf_counter() - began})
            expected, began = len(held) + more, time.perf_counter()
        if expected is not None and len(held) >= expected:
            break
    if more > 0:
        say({"done": more, "seconds": time.perf_counter() - began})


if __name__ == "__main__":
    say({"loaded": True})
    if AIO:
        asyncio.run(run_aio())
    else:
        run()
