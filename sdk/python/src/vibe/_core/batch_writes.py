"""A batch while it is filled: one space, all or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Never, Protocol, Self, TypeAlias, TypeVar, cast

from vibe.data.v1 import document_service_pb2 as wire

from . import writes
from .acl import Acl
from .codec import TextCodec
from .consistency import SpaceLedgers
from .edit import Edit

T = TypeVar("T")

# A value is always a T. The other half, which is none, has type checkers learn T from the document before they judge
# the value; else a literal for a TypedDict is refused.
Content: TypeAlias = T | Callable[[Never], T]


class Address(Protocol[T]):
    """What a batch needs to know of a document's address."""

    def _place(self) -> tuple[SpaceLedgers, str, str, str, TextCodec[T]]:
        """The ledgers of its client, the ids of space, collection and document, and the codec."""


class BatchWrites:
    """Up to 500 writes in one space, all or none, as one moment. Nothing is sent before it is committed.

    Each method adds a write and gives the batch. A reference of another space, and a second commit, raise at once:
    those are mistakes of the program.
    """

    def __init__(self, ledgers: SpaceLedgers, space: str) -> None:
        self._ledgers = ledgers
        self._space_id = space
        self._writes: list[wire.Write] = []
        self._is_committed = False

    def __len__(self) -> int:
        return len(self._writes)

    def create(self, document: Address[T], value: Content[T], *, acl: Acl | None = None) -> Self:
        """Adds a document, like `create` of its reference."""
        name, codec = self._check(document)
        return self._add(writes.create(name, codec, cast("T", value), acl))

    def update(
        self,
        document: Address[Any],
        change: Mapping[str, Any] | Edit,
        *,
        if_match: str | None = None,
        allow_missing: bool = False,
    ) -> Self:
        """Changes members of a document, like `update` of its reference."""
        name, _ = self._check(document)
        return self._add(writes.update(name, change, if_match, allow_missing))

    def replace(
        self, document: Address[T], value: Content[T], *, if_match: str | None = None, allow_missing: bool = False
    ) -> Self:
        """Makes a document exactly this, like `replace` of its reference."""
        name, codec = self._check(document)
        return self._add(writes.replace(name, codec, cast("T", value), if_match, allow_missing))

    def delete(self, document: Address[Any], *, if_match: str | None = None, allow_missing: bool = False) -> Self:
        """Deletes a document, like `delete` of its reference."""
        name, _ = self._check(document)
        return self._add(writes.delete(name, if_match, allow_missing))

    def set_acl(self, document: Address[Any], acl: Acl, *, if_match: str | None = None) -> Self:
        """Replaces a document's access list, like `set_acl` of its reference."""
        name, _ = self._check(document)
        return self._add(writes.set_acl(name, acl, if_match))

    def _check(self, document: Address[T]) -> tuple[str, TextCodec[T]]:
        self._refuse_when_committed()
        ledgers, space, collection, id, codec = document._place()
        if ledgers is not self._ledgers or ledgers.resolve(space) != ledgers.resolve(self._space_id):
            raise ValueError("A batch holds documents of its own space alone.")
        return f"spaces/{self._space_id}/collections/{collection}/documents/{id}", codec

    def _add(self, write: wire.Write) -> Self:
        self._writes.append(write)
        return self

    def _close(self) -> list[wire.Write]:
        self._refuse_when_committed()
        self._is_committed = True
        return self._writes

    def _refuse_when_committed(self) -> None:
        if self._is_committed:
            raise ValueError("The batch is committed already.")
