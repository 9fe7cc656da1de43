"""Reads and checks the names of resources."""

import os
import time
import uuid


def check_id(id: str) -> str:
    """Checks an id as far as an address needs it: a slash would name something else. The server says the rest."""
    if not isinstance(id, str):
        raise TypeError("An id is a text.")
    if not id:
        raise ValueError("An id is not empty.")
    if "/" in id:
        raise ValueError("An id holds no '/'.")
    return id


def last_id(name: str) -> str:
    return name.rpartition("/")[2]


def space_id(name: str) -> str | None:
    """The id of the space in a name; None when it is none."""
    parts = name.split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "spaces" else None


def fresh_id() -> str:
    """A UUIDv7: ids sort by the time they were made at."""
    milliseconds = time.time_ns() // 1_000_000
    drawn = int.from_bytes(os.urandom(10), "big")
    high, low = drawn >> 62 & 0xFFF, drawn & (1 << 62) - 1
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def fresh_key() -> str:
    """An idempotency key that nobody else draws."""
    return uuid.uuid4().hex
