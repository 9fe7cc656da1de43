"""What reads and writes give: values without any connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final, Generic, TypeAlias, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from vibe.data.v1 import document_service_pb2 as wire

from . import acl as acls
from .acl import Acl
from .codec import TextCodec
from .failure import VibeError
from .names import last_id

T = TypeVar("T")

Moment: TypeAlias = int
"""Microseconds since 1970: most readers of many documents never ask when, and a datetime costs as much as all else of a
snapshot, and more memory.
"""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_UNREAD: Final[Any] = object()


class DocumentSnapshot(Generic[T]):
    """A document as the caller saw it at one moment: to be kept, compared and shown.

    An app sees what its grant lets it read: what may be hidden must be optional in its type. `vibe.testing.snapshot`
    makes one for tests.
    """

    __slots__ = ("_codec", "_create_time", "_json", "_update_time", "_value", "acl", "etag", "id")

    id: str
    """The document's id."""

    etag: str
    """Identifies what the caller sees; it changes when, and only when, that changes. `if_match` quotes it."""

    acl: Acl | None
    """The access list; None for callers that may not share the document, and where the owner alone has access."""

    def __init__(
        self,
        id: str,
        json: bytes,
        codec: TextCodec[T],
        etag: str = "",
        create_time: datetime | Moment = _NEVER,
        update_time: datetime | Moment = _NEVER,
        acl: Acl | None = None,
    ) -> None:
        self.id = id
        self._json = json
        self._codec = codec
        self._value: T = _UNREAD
        self.etag = etag
        self._create_time = create_time
        self._update_time = update_time
        self.acl = acl

    @property
    def create_time(self) -> datetime:
        """When the document came into this caller's view, which may be long after it was made."""
        time = self._create_time
        return time if isinstance(time, datetime) else _datetime_of(time)

    @property
    def update_time(self) -> datetime:
        """When anything that the caller may read was last changed."""
        time = self._update_time
        return time if isinstance(time, datetime) else _datetime_of(time)

    @property
    def value(self) -> T:
        """The content, decoded when it is first asked for; members that the type does not know are passed over.

        What the type's own decoding raises comes from here, and touches no other document.
        """
        if self._value is _UNREAD:
            self._value = self._codec.decode(self._json)
        return self._value

    @property
    def json(self) -> str:
        """The content as canonical JSON (RFC 8785), as it came: to forward, hash or store without parsing."""
        return self._json.decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DocumentSnapshot) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.id, self.etag, self.update_time))

    def __repr__(self) -> str:
        return f"DocumentSnapshot(id={self.id!r}, etag={self.etag!r})"

    def _key(self) -> tuple[object, ...]:
        return (self.id, self.etag, self.create_time, self.update_time, self._json)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a write. It never carries content."""

    id: str
    """The document's id."""

    etag: str | None
    """The etag after the write, for the caller; None after a deletion and where the caller may read nothing."""

    update_time: datetime | None
    """The document's time of update after the write, for the caller; None where the etag is."""

    consistency_token: str
    """Stands for the moment of the write. This client's reads see the write by themselves; for another process."""


@dataclass(frozen=True)
class ListPage(Generic[T]):
    """One page of a listing."""

    items: Sequence[T]
    """The items, in ascending order of their ids."""

    next_page_token: str | None
    """Continues the listing, for a day; None when, and only when, there are no more."""


class RemovalCause(Enum):
    """Why a document went away, as far as the caller may know."""

    NO_LONGER_VISIBLE = "no_longer_visible"
    """The caller does not see the document any more, and no more than that is told."""

    DELETED = "deleted"


@dataclass(frozen=True)
class Change(Generic[T]):
    """What happened to one document."""

    id: str
    """The document's id."""

    document: DocumentSnapshot[T] | None
    """The present state, which takes the place of what the reader has; None when it went away."""

    cause: RemovalCause | None = None
    """Why the document went away; None when it is there."""


@dataclass(frozen=True)
class ChangePage(Generic[T]):
    """Changes that belong together.

    Whoever holds the documents applies all of them and stores the token in one transaction: on `reset` begin a new
    generation; put each change with that generation, or drop it; on `live` drop older generations; always store
    `resume_token`.
    """

    changes: Sequence[Change[T]]
    """The changes, in the order in which to apply them, each document at most once; may be empty."""

    reset: bool
    """True when the page begins a snapshot. Keep what you have, and at the next `live`, also across restarts, drop
    every document that no page from this one on has put.
    """

    live: bool
    """True when with this page the reader holds exactly what the caller sees of the collection at one moment."""

    resume_token: str
    """Continues after this page; at most 512 characters."""


@dataclass(frozen=True)
class CollectionSnapshot(Generic[T]):
    """A whole collection as the caller saw it at one moment."""

    documents: Mapping[str, DocumentSnapshot[T]]
    """The documents by id, in ascending order of the ids."""

    changes: Sequence[Change[T]] = field(default=())
    """The difference to the snapshot that the loop got before; for the first, all documents."""

    live: bool = True
    """True while the server stands behind this view. False after an attempt to reconnect failed; the documents are
    then the last that are known, and the client goes on trying.
    """

    error: VibeError | None = None
    """Why the view is not live; None while it is."""


def snapshot_of(document: wire.Document, codec: TextCodec[T]) -> DocumentSnapshot[T]:
    return DocumentSnapshot(
        last_id(document.name),
        document.json if document.HasField("json") else b"{}",
        codec,
        etag=document.etag,
        create_time=moment_of(document.create_time),
        update_time=moment_of(document.update_time),
        acl=acls.from_wire(document.acl) if document.HasField("acl") else None,
    )


def moment_of(time: Timestamp) -> Moment:
    # To the microsecond below.
    return time.seconds * 1_000_000 + time.nanos // 1000


def time_of(time: Timestamp) -> datetime:
    return _datetime_of(moment_of(time))


def _datetime_of(moment: Moment) -> datetime:
    # As ToDatetime, which takes several times as long.
    return _EPOCH + timedelta(microseconds=moment)
