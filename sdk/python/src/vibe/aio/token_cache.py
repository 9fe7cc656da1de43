"""Keeps the present access token and asks the source for the next, one question at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import grpc

from .._core.access_token import PATIENCE, AccessToken, TokenState, is_same, signed_out, source_failed, token_of
from .._core.failure import VibeError

Source = str | AccessToken | Callable[[], Awaitable[str | AccessToken | None]]


class TokenCache:
    """Asks in a task of its own: the caller that asked first may give up while others wait for the same answer."""

    def __init__(self, source: Source) -> None:
        fixed = source if isinstance(source, AccessToken) else None
        if isinstance(source, str):
            fixed = AccessToken(source)
        self._fixed = fixed
        self._ask_source = None if isinstance(source, str | AccessToken) else source
        if self._ask_source is not None and not callable(self._ask_source):
            raise TypeError("A token source is a text, an AccessToken, or a function.")
        self._state = TokenState(time.time)
        self._question: asyncio.Task[AccessToken] | None = None

    def present(self) -> AccessToken | None:
        """Gives a token to call with where none has to be asked for."""
        return self._fixed or self._state.usable()

    async def get(self) -> AccessToken:
        """Gives a token to call with, or raises VibeError."""
        usable, standing = self.present(), self._state.standing()
        if usable is not None:
            return usable
        try:
            return await self._ask()
        except VibeError as failure:
            if standing is not None and failure.code == grpc.StatusCode.UNAVAILABLE:
                return standing
            raise

    async def after_refusal(self, refused: AccessToken) -> AccessToken | None:
        """Gives the token that follows one which the server refused; None when there is none: signed out."""
        if self._fixed is not None:
            return None
        present = self._state.refuse(refused)
        if present is not None:
            return present
        try:
            following = await self._ask()
        except VibeError as failure:
            if failure.code == grpc.StatusCode.UNAUTHENTICATED:
                return None
            raise
        return None if is_same(following, refused) else following

    async def renew(self) -> None:
        """Asks for a newer token ahead of time, where that can bring one."""
        if self._fixed is not None or self._state.is_far_from_renewal():
            return
        try:
            await self._ask()
        except VibeError as failure:
            # The present token may still do; whoever needs one asks again.
            if failure.code != grpc.StatusCode.UNAVAILABLE:
                raise

    async def close(self) -> None:
        """Gives up a question that nobody waits for any more."""
        if self._question is not None:
            self._question.cancel()
            await asyncio.wait([self._question])

    async def _ask(self) -> AccessToken:
        if self._question is None:
            self._question = asyncio.create_task(self._fetch())
            self._question.add_done_callback(_note_outcome)
        return await asyncio.shield(self._question)

    async def _fetch(self) -> AccessToken:
        assert self._ask_source is not None
        try:
            try:
                async with asyncio.timeout(PATIENCE) as patience:
                    token = token_of(await self._ask_source())
            except Exception as cause:
                raise source_failed(None if patience.expired() else cause) from cause
            if token is None:
                raise signed_out()
            self._state.take(token)
            return token
        except VibeError as failure:
            if failure.code == grpc.StatusCode.UNAUTHENTICATED:
                self._state.sign_out()
            raise
        finally:
            self._question = None


def _note_outcome(question: asyncio.Task[AccessToken]) -> None:
    # Whoever waited was told; where nobody does any more, nobody needs to be.
    if not question.cancelled():
        question.exception()
