"""Who, besides the owner, may do what with one document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from vibe.access.v1 import access_pb2, acl_pb2


class Operation(IntEnum):
    """What can be done to documents. No operation implies another one."""

    READ = 1
    CREATE = 2
    """Adds documents. Access lists of documents refuse it."""
    UPDATE = 3
    DELETE = 4
    SHARE = 5
    """Reads and replaces access lists."""


@dataclass(frozen=True, slots=True, init=False)
class AclRule:
    """Covers some people for some operations, in an `Acl`."""

    people: tuple[str, ...]
    """The people by their DIDs, at least one."""

    operations: tuple[Operation | int, ...]
    """The operations, at least one. One that this version does not know is a plain number."""

    def __init__(self, people: Iterable[str], operations: Iterable[Operation | int]) -> None:
        if isinstance(people, str):
            raise TypeError("People are a list of DIDs.")
        object.__setattr__(self, "people", tuple(people))
        object.__setattr__(self, "operations", tuple(operations))


@dataclass(frozen=True, slots=True)
class Acl:
    """Who, besides the owner of the space, may do what with one document.

    Whom a denying rule covers is refused, whatever else allows it; whom no allowing rule covers is refused too. The
    owner can do everything and is named in no list. Nobody can give what they do not have themselves. `Acl()` leaves
    access to the owner alone.
    """

    allow: tuple[AclRule, ...] = ()
    """The rules that allow; at most 1,000 people in all."""

    deny: tuple[AclRule, ...] = ()
    """The rules that deny; at most 1,000 people in all."""


def to_wire(acl: Acl) -> acl_pb2.Acl:
    return acl_pb2.Acl(allow=map(_rule_to_wire, acl.allow), deny=map(_rule_to_wire, acl.deny))


def from_wire(acl: acl_pb2.Acl) -> Acl:
    return Acl(tuple(map(_rule_from_wire, acl.allow)), tuple(map(_rule_from_wire, acl.deny)))


def _rule_to_wire(rule: AclRule) -> acl_pb2.AclRule:
    return acl_pb2.AclRule(
        people=rule.people,
        operations=[access_pb2.Operation.Name(each) for each in rule.operations],
    )


def _rule_from_wire(rule: acl_pb2.AclRule) -> AclRule:
    known = {int(each): each for each in Operation}
    return AclRule(rule.people, [known.get(int(each), int(each)) for each in rule.operations])
