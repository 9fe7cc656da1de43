"""Keeps the present access token and asks the source for the next, one question at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError

import grpc

from .._core.access_token import PATIENCE, AccessToken, TokenState, is_same, signed_out, source_failed, token_of
from .._core.failure import VibeError

Source = str | AccessToken | Callable[[], str | AccessToken | None]


class TokenCache:
    """Asks in a thread of its own: the caller that asked first may give up while others wait for the same answer."""

    def __init__(self, source: Source) -> None:
        fixed = source if isinstance(source, AccessToken) else None
        if isinstance(source, str):
            fixed = AccessToken(source)
        self._fixed = fixed
        self._ask_source = None if isinstance(source, str | AccessToken) else source
        if self._ask_source is not None and not callable(self._ask_source):
            raise TypeError("A token source is a text, an AccessToken, or a function.")
        self._lock = threading.Lock()
        self._state = TokenState(time.time)
        self._question: Future[AccessToken] | None = None

    def get(self, timeout: float) -> AccessToken:
        """Gives a token to call with; raises TimeoutError when there is none in time, and VibeError."""
        if self._fixed is not None:
            return self._fixed
        with self._lock:
            usable, standing = self._state.usable(), self._state.standing()
        if usable is not None:
            return usable
        try:
            return self._ask(timeout)
        except VibeError as failure:
            if standing is not None and failure.code == grpc.StatusCode.UNAVAILABLE:
                return standing
            raise

    def after_refusal(self, refused: AccessToken, timeout: float) -> AccessToken | None:
        """Gives the token that follows one which the server refused; None when there is none: signed out."""
        if self._fixed is not None:
            return None
        with self._lock:
            present = self._state.refuse(refused)
        if present is not None:
            return present
        try:
            following = self._ask(timeout)
        except VibeError as failure:
            if failure.code == grpc.StatusCode.UNAUTHENTICATED:
                return None
            raise
        return None if is_same(following, refused) else following

    def renew(self, timeout: float) -> None:
        """Asks for a newer token ahead of time, where that can bring one."""
        if self._fixed is not None:
            return
        with self._lock:
            is_far = self._state.is_far_from_renewal()
        if is_far:
            return
        try:
            self._ask(timeout)
        except VibeError as failure:
            # The present token may still do; whoever needs one asks again.
            if failure.code != grpc.StatusCode.UNAVAILABLE:
                raise

    def _ask(self, timeout: float) -> AccessToken:
        with self._lock:
            question = self._question
            is_mine = question is None
            if question is None:
                question = self._question = Future()
        if is_mine:
            threading.Thread(target=self._fetch, args=(question,), name="vibe-token", daemon=True).start()
        try:
            return question.result(timeout)
        except FutureTimeoutError:
            raise TimeoutError from None

    def _fetch(self, question: Future[AccessToken]) -> None:
        patience = threading.Timer(PATIENCE, self._answer, (question, None, source_failed(None)))
        patience.daemon = True
        patience.start()
        assert self._ask_source is not None
        try:
            token = token_of(self._ask_source())
        except Exception as cause:
            self._answer(question, None, source_failed(cause))
        else:
            self._answer(question, token, None if token is not None else signed_out())
        finally:
            patience.cancel()

    def _answer(self, question: Future[AccessToken], token: AccessToken | None, failure: VibeError | None) -> None:
        with self._lock:
            if self._question is not question:
                # It came after its time; another question may be under way.
                return
            self._question = None
            if token is not None:
                self._state.take(token)
            elif failure is not None and failure.code == grpc.StatusCode.UNAUTHENTICATED:
                self._state.sign_out()
        if failure is not None:
            question.set_exception(failure)
        elif token is not None:
            question.set_result(token)
