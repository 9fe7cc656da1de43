"""Where each package of the server is reached, as far as the server has said so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from vibe.identity.v1 import server_service_pb2 as wire

from .endpoint import origin_of

PATIENCE: Final = 10.0
"""How many seconds the server has to say how it is reached."""

# As long as the contract lets an answer be kept, and how soon one that led nowhere is doubted.
_KEPT: Final = 300.0
_KEPT_IN_DOUBT: Final = 5.0


class Endpoints:
    """Until the server has answered, and where it does not, everything is at the given address."""

    def __init__(self, address: str) -> None:
        self.given: Final = origin_of(address)
        self._elsewhere: Mapping[str, str] = {}
        self._asked_at = -math.inf
        self._ask_again_at = -math.inf
        self._fresh_until = -math.inf

    def of(self, package: str) -> str:
        return self._elsewhere.get(package, self.given)

    def is_due(self, now: float) -> bool:
        """Whether the server is to be asked beside the next call."""
        return now >= self._ask_again_at

    def is_fresh(self, now: float) -> bool:
        """Whether the server has just answered, and need not be asked again by a call that led nowhere."""
        return now < self._fresh_until

    def ask(self, now: float) -> None:
        self._asked_at = now
        self._ask_again_at = now + _KEPT

    def answer(self, response: wire.GetServerResponse, now: float) -> None:
        self._elsewhere = elsewhere(self.given, response.endpoints)
        self._fresh_until = now + _KEPT_IN_DOUBT

    def doubt(self, address: str) -> None:
        """Notes that an address could not be reached: where the server named it, it is soon asked again."""
        if address != self.given:
            self._ask_again_at = min(self._ask_again_at, self._asked_at + _KEPT_IN_DOUBT)


def elsewhere(given: str, endpoints: Iterable[wire.Endpoint]) -> Mapping[str, str]:
    """Leads packages that the given address does not serve to the first that does.

    A server that does not know the address it is reached by stands behind something that it does not know of: what it
    says then leads nowhere.
    """
    speaking = [
        (address, endpoint.packages)
        for endpoint in endpoints
        if wire.PROTOCOL_GRPC in endpoint.protocols and (address := _reachable(endpoint.address, given))
    ]
    here = [packages for address, packages in speaking if address == given]
    if not here:
        return {}
    stays = {package for packages in here for package in packages}
    found: dict[str, str] = {}
    for address, packages in speaking:
        for package in packages:
            if package not in stays:
                found.setdefault(package, address)
    return found


def _reachable(address: str, given: str) -> str | None:
    try:
        origin = origin_of(address)
    except ValueError:
        return None
    # Tokens go there: never by another scheme than the one that was chosen.
    return origin if origin.split(":")[0] == given.split(":")[0] else None
