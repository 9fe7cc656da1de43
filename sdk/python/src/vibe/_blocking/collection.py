"""The address of a collection, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from .._core import requests
from .._core.acl import Acl
from .._core.codec import TextCodec
from .._core.consistency import Freshness
from .._core.documents import ChangePage, CollectionSnapshot, DocumentSnapshot, ListPage, WriteResult
from .._core.names import check_id, fresh_id
from .._core.rpc import LIST_DOCUMENTS
from .document import DocumentRef
from .listing import Listing
from .subscription import Subscription

if TYPE_CHECKING:
    from .space import Space

T = TypeVar("T")


class Collection(Generic[T]):
    """The address of a collection, with the type of its content. Naming it asks nothing."""

    def __init__(self, space: Space, id: str, codec: TextCodec[T]) -> None:
        self.space = space
        """The space that the collection lies in."""

        self.id = id
        """The collection's id."""

        self._codec = codec

    @property
    def name(self) -> str:
        """The resource name, `spaces/{space}/collections/{collection}`."""
        return f"{self.space.name}/collections/{self.id}"

    def document(self, id: str) -> DocumentRef[T]:
        """Names a document; its id has 1 to 64 characters of `[A-Za-z0-9._~-]`. Nothing is asked."""
        return DocumentRef(self, check_id(id))

    def new_document(self) -> DocumentRef[T]:
        """Names a document that is not there yet, under a fresh id (UUIDv7). Nothing is asked."""
        return DocumentRef(self, fresh_id())

    def create(
        self, value: T, *, acl: Acl | None = None, idempotency_key: str | None = None, timeout: float | None = None
    ) -> WriteResult:
        """Adds a document under a fresh id: `new_document().create(value)`."""
        return self.new_document().create(value, acl=acl, idempotency_key=idempotency_key, timeout=timeout)

    def list(
        self,
        *,
        page_size: int = 0,
        page_token: str | None = None,
        consistency_token: str | None = None,
        timeout: float | None = None,
    ) -> Listing[DocumentSnapshot[T]]:
        """Lists the documents that the caller sees, in ascending order of their ids.

        One that is there from the first page to the last comes exactly once. A collection that holds nothing, or
        nothing visible, gives nothing; without a grant it raises `Reason.NOT_GRANTED`. `page_size` 0 means 100, and
        1,000 is the most; `timeout` is for each page.
        """
        connection = self.space._connection

        def fetch(token: str | None) -> ListPage[DocumentSnapshot[T]]:
            freshness = Freshness(connection.ledgers, self.space.id, consistency_token)
            response = connection.read(
                LIST_DOCUMENTS,
                lambda: requests.list_documents(self.name, page_size, token, freshness),
                freshness,
                timeout,
            )
            connection.ledgers.learn(self.space.id, requests.first_name(response))
            return requests.page_of_documents(response, self._codec)

        return Listing(fetch, page_token)

    def snapshots(self) -> Subscription[CollectionSnapshot[T]]:
        """Follows the collection; the client holds the documents.

        Each item is a whole view that existed at one moment, the first when the first listing is complete; an empty
        collection gives an empty one. A slow reader skips moments and gets fewer, bigger steps. It reconnects by itself
        for ever, and shows that by `live`. It ends by raising why the collection can be followed no longer:
        `Reason.GRANT_REVOKED`, `Reason.GRANT_EXPIRED`, `Reason.NOT_GRANTED`, or UNAUTHENTICATED when signed out. On
        denial drop what you hold.
        """
        following = self.space._connection.following
        return Subscription(
            following,
            lambda wake, now: following.core.snapshots(self.space.id, self.name, self._codec, wake, now),
        )

    def subscribe(
        self, *, resume_token: str | None = None, consistency_token: str | None = None
    ) -> Subscription[ChangePage[T]]:
        """Follows the collection; the reader holds the documents.

        Pages come in order and none is left out; the feed itself holds the last state of each document, not every
        state. Four pages are held ready. `resume_token` goes on after the page that gave it; None begins with a
        snapshot. In silence a page without changes comes every ten minutes, so that a stored token does not age. It
        ends as `snapshots` does.
        """
        following = self.space._connection.following
        return Subscription(
            following,
            lambda wake, now: following.core.pages(
                self.space.id, self.name, self._codec, resume_token, consistency_token, wake, now
            ),
        )

    def __repr__(self) -> str:
        return self.name
