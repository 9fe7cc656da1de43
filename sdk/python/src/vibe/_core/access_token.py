"""Access tokens, and when the next one is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import grpc

from .failure import VibeError
from .reason import Reason

PATIENCE: Final = 30.0
"""How many seconds a token source has to answer."""

_RENEW_BEFORE: Final = 60.0


class AccessToken:
    """An access token, as a sign-in gives it. The client never looks into it and never prints it."""

    __slots__ = ("_value", "expires_at")

    expires_at: datetime | None
    """When the token ends, so that it is renewed one minute before; None: it is used until it is refused."""

    def __init__(self, value: str, expires_at: datetime | None = None) -> None:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("A token is a text and not empty.")
        if expires_at is not None and expires_at.tzinfo is None:
            raise ValueError("The end of a token needs a time zone.")
        self._value = value
        self.expires_at = expires_at

    def __repr__(self) -> str:
        return "AccessToken"


def bearer(token: AccessToken) -> tuple[str, str]:
    """The header that carries the token."""
    return ("authorization", f"Bearer {token._value}")


def is_same(one: AccessToken, other: AccessToken) -> bool:
    return one._value == other._value


class TokenState:
    """Which token is present and until when. Whoever keeps it calls it from one thread at a time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._present: AccessToken | None = None
        self._ends_at: float | None = None
        self._renew_at: float | None = None

    def usable(self) -> AccessToken | None:
        """The present token, unless the next one is due."""
        return self._present if self._renew_at is None or self._now() < self._renew_at else None

    def standing(self) -> AccessToken | None:
        """The present token where it is known to be good still; it does when the source fails."""
        return self._present if self._ends_at is not None and self._now() < self._ends_at else None

    def is_far_from_renewal(self) -> bool:
        return self._ends_at is not None and self._ends_at - self._now() > 2 * _RENEW_BEFORE

    def refuse(self, refused: AccessToken) -> AccessToken | None:
        """Drops a token that the server refused; gives the present one where that is another already."""
        if self._present is not None and not is_same(self._present, refused):
            return self._present
        self._present = None
        return None

    def take(self, token: AccessToken) -> None:
        self._present = token
        self._ends_at = self._renew_at = None
        if token.expires_at is not None:
            now = self._now()
            self._ends_at = token.expires_at.astimezone(UTC).timestamp()

            # A token that lives shorter than two minutes is renewed at half its life, or every call would ask.
            half = now + (self._ends_at - now) / 2
            self._renew_at = max(self._ends_at - _RENEW_BEFORE, half)

    def sign_out(self) -> None:
        self._present = None


def token_of(given: object) -> AccessToken | None:
    """Reads what a token source returned."""
    if given is None or isinstance(given, AccessToken):
        return given
    if isinstance(given, str):
        return AccessToken(given)
    raise TypeError("A token source returns a text, an AccessToken, or None.")


def signed_out() -> VibeError:
    return VibeError(
        grpc.StatusCode.UNAUTHENTICATED,
        Reason.ACCESS_TOKEN_MISSING,
        "The token source gave no token: signed out.",
    )


def source_failed(cause: BaseException | None) -> VibeError:
    if isinstance(cause, VibeError):
        return cause
    text = "The token source failed." if cause is not None else f"The token source did not answer in {PATIENCE:.0f} s."
    failure = VibeError(grpc.StatusCode.UNAVAILABLE, None, text, retryable=True)
    failure.__cause__ = cause
    return failure
