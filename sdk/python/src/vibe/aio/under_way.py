"""The calls of a client that are under way, and when each of them has to end."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class CallUnderWay:
    """One call, around which it is a context: when it is ended from outside, it raises TimeoutError."""

    __slots__ = ("_calls", "_cancelling", "_task", "end", "is_ended")

    def __init__(self, calls: CallsUnderWay, timeout: float) -> None:
        # Asked for once: each time the system is asked for the process as well.
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("A call is made in a task.")
        self._calls = calls
        self._task = task
        self._cancelling = task.cancelling()
        self.end = loop.time() + timeout
        self.is_ended = False

    def __enter__(self) -> Self:
        self._calls.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls.leave(self)
        # As asyncio.timeout tells its own cancelling from another's.
        if self.is_ended and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def stop(self) -> None:
        """Ends it now."""
        if not self.is_ended:
            self.is_ended = True
            self._task.cancel()


class CallsUnderWay:
    """Ends calls in time, by one timer for all: one for each would be set and cancelled with every call."""

    def __init__(self) -> None:
        self._calls: set[CallUnderWay] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._drained = asyncio.Event()

    def begin(self, timeout: float) -> CallUnderWay:
        """Makes the context of a call that may take so many seconds, from now on."""
        return CallUnderWay(self, timeout)

    def enter(self, call: CallUnderWay) -> None:
        self._calls.add(call)
        if self._timer is None or call.end < self._timer.when():
            self._set_timer(call.end)

    def leave(self, call: CallUnderWay) -> None:
        self._calls.discard(call)
        if not self._calls:
            self._drained.set()

    async def drain(self, patience: float) -> None:
        """Waits until none is left, so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._calls:
                    self._drained.clear()
                    await self._drained.wait()

    def stop(self) -> None:
        """Ends all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for call in self._calls:
            call.stop()

    def _set_timer(self, end: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(end, self._tick)

    def _tick(self) -> None:
        # It stays when the call goes for which it was set: where calls are many, it seldom has to be set anew.
        self._timer = None
        now = asyncio.get_running_loop().time()
        for call in self._calls:
            if call.end <= now:
                call.stop()
        going_on = [call.end for call in self._calls if not call.is_ended]
        if going_on:
            self._set_timer(min(going_on))
