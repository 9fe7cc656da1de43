"""Changes by paths, and the JSON Pointers that name them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from .json_text import encode, to_plain


def pointer(*names: str) -> str:
    """Makes a JSON Pointer (RFC 6901) of member names that need escaping: `pointer("a/b", "c")` is `/a~1b/c`.

    The names lead from the outermost member inwards; at least one, and the server takes up to 8.
    """
    if not names:
        raise ValueError("A pointer needs at least one name.")
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


@dataclass(frozen=True, slots=True)
class _Step:
    pointer: str
    names: tuple[str, ...]
    value: Any
    is_removal: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """A change by paths: members that are set, however deep, and members that are removed. All others stay.

    It is a value; each method gives a new edit. The server takes up to 200 paths. A pointer that is none, or that
    lies within another one of the edit, raises ValueError; the same pointer again takes the place of what was said
    before.
    """

    _steps: tuple[_Step, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The pointers of the members that this edit changes, in the order in which they were named."""
        return tuple(step.pointer for step in self._steps)

    def set(self, pointer: str, value: Any) -> Edit:
        """Sets a member, and makes the objects on the way to it where they are missing. Arrays are replaced whole.

        The value is read now; None writes a JSON null.
        """
        return self._with(pointer, copy.deepcopy(to_plain(value)), is_removal=False)

    def remove(self, pointer: str) -> Edit:
        """Removes a member. One that is not there stays away."""
        return self._with(pointer, None, is_removal=True)

    def _with(self, pointer: str, value: Any, *, is_removal: bool) -> Edit:
        names = _split(pointer)
        steps = tuple(step for step in self._steps if step.pointer != pointer)
        for step in steps:
            shared = min(len(step.names), len(names))
            if step.names[:shared] == names[:shared]:
                raise ValueError(f"'{pointer}' and '{step.pointer}' overlap.")
        return Edit((*steps, _Step(pointer, names, value, is_removal)))


def body_of(edit: Edit) -> bytes:
    """The object that holds the new values at their places."""
    body: dict[str, Any] = {}
    for step in edit._steps:
        if step.is_removal:
            continue
        target = body
        for name in step.names[:-1]:
            target = target.setdefault(name, {})
        target[step.names[-1]] = step.value
    return encode(body)


def _split(pointer: str) -> tuple[str, ...]:
    if not pointer.startswith("/"):
        raise ValueError(f"'{pointer}' is no JSON Pointer: it must begin with '/'.")
    names = pointer[1:].split("/")
    for name in names:
        if "~" in name.replace("~0", "").replace("~1", ""):
            raise ValueError(f"'{pointer}' is no JSON Pointer: '~' is written '~0'.")

    # In this order: "~01" is the name "~1".
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)
