"""The address of a document, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from vibe.data.v1 import document_service_pb2 as wire

from .._core import requests, writes
from .._core.acl import Acl
from .._core.codec import TextCodec
from .._core.consistency import Freshness, SpaceLedgers
from .._core.documents import DocumentSnapshot, WriteResult, snapshot_of
from .._core.edit import Edit
from .._core.failure import VibeError
from .._core.reason import Reason
from .._core.rpc import GET_DOCUMENT

if TYPE_CHECKING:
    from .collection import Collection

T = TypeVar("T")


class DocumentRef(Generic[T]):
    """The address of a document, whether it is there or not. Only its verbs ask anything.

    Each write goes out with an idempotency key, so that the client can repeat it safely. A key of the caller's own (1
    to 64 characters of `[A-Za-z0-9._~-]`) is for writes that must not double across a restart. `timeout` is in
    seconds, for the call as a whole; None takes that of the client.
    """

    def __init__(self, collection: Collection[T], id: str) -> None:
        self.collection = collection
        """The collection that the document lies in."""

        self.id = id
        """The document's id."""

    @property
    def name(self) -> str:
        """The resource name, `spaces/{space}/collections/{collection}/documents/{document}`."""
        return f"{self.collection.name}/documents/{self.id}"

    def get(self, *, consistency_token: str | None = None, timeout: float | None = None) -> DocumentSnapshot[T] | None:
        """Reads the document, at least as fresh as the client's own writes and the one behind `consistency_token`.

        None for missing, deleted and hidden alike. Without a grant it raises `Reason.NOT_GRANTED`, whether the
        document is there or not.
        """
        space = self.collection.space
        freshness = Freshness(space._connection.ledgers, space.id, consistency_token)
        try:
            response = space._connection.read(
                GET_DOCUMENT, lambda: requests.get(self.name, freshness), freshness, timeout
            )
        except VibeError as missing:
            if missing.reason == Reason.RESOURCE_NOT_FOUND:
                return None
            raise
        space._connection.ledgers.learn(space.id, response.document.name)
        return snapshot_of(response.document, self.collection._codec)

    def create(
        self, value: T, *, acl: Acl | None = None, idempotency_key: str | None = None, timeout: float | None = None
    ) -> WriteResult:
        """Adds the document, in the caller's own space; at most 1 MiB as canonical JSON.

        `acl` lets others in; None leaves access to the owner alone. An id that is used, or ever was, raises
        `Reason.RESOURCE_EXISTS`; a member that the caller may not create `Reason.FIELD_NOT_GRANTED`; another person's
        space `Reason.OWNER_REQUIRED`.
        """
        write = writes.create(self.name, self.collection._codec, value, acl)
        return self._write(write, idempotency_key, timeout)

    def update(
        self,
        change: Mapping[str, Any] | Edit,
        *,
        if_match: str | None = None,
        allow_missing: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> WriteResult:
        """Changes the members that are named here, each replaced whole, or the paths of an `Edit`. All others stay.

        `if_match` is the etag that the document must still have, or `*` for one that must exist; else it raises
        `Reason.ETAG_MISMATCH`. `allow_missing` creates a document whose id was never used. A missing document raises
        `Reason.RESOURCE_NOT_FOUND`, a member that the caller may not update `Reason.FIELD_NOT_GRANTED`.
        """
        return self._write(writes.update(self.name, change, if_match, allow_missing), idempotency_key, timeout)

    def replace(
        self,
        value: T,
        *,
        if_match: str | None = None,
        allow_missing: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> WriteResult:
        """Makes the document exactly this, as far as the caller may update it: what is left out is removed.

        `if_match`, `allow_missing` and what it raises are those of `update`.
        """
        write = writes.replace(self.name, self.collection._codec, value, if_match, allow_missing)
        return self._write(write, idempotency_key, timeout)

    def delete(
        self,
        *,
        if_match: str | None = None,
        allow_missing: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> WriteResult:
        """Deletes the document whole, with the members that the caller cannot see. Its id is never free again.

        `allow_missing` lets it succeed where there is nothing to delete; else that raises
        `Reason.RESOURCE_NOT_FOUND`.
        """
        return self._write(writes.delete(self.name, if_match, allow_missing), idempotency_key, timeout)

    def set_acl(
        self,
        acl: Acl,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> WriteResult:
        """Replaces the access list. What the caller does not have itself it cannot give: `Reason.ACL_DENIED`."""
        return self._write(writes.set_acl(self.name, acl, if_match), idempotency_key, timeout)

    def __repr__(self) -> str:
        return self.name

    def _write(self, write: wire.Write, idempotency_key: str | None, timeout: float | None) -> WriteResult:
        space = self.collection.space
        return space._connection.write(space.id, [write], idempotency_key, timeout)[0]

    def _place(self) -> tuple[SpaceLedgers, str, str, str, TextCodec[T]]:
        space = self.collection.space
        return space._connection.ledgers, space.id, self.collection.id, self.id, self.collection._codec
