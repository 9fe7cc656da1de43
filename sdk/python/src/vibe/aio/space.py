"""The address of a person's space, and what can be done with it."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, TypeVar, overload

from .._core import requests
from .._core.batch_writes import BatchWrites
from .._core.codec import Codec, JsonObject, text_codec
from .._core.consistency import Freshness
from .._core.documents import ListPage, WriteResult
from .._core.names import check_id
from .._core.rpc import LIST_COLLECTIONS
from .collection import Collection
from .listing import Listing

if TYPE_CHECKING:
    from .connection import Connection

T = TypeVar("T")


class Space:
    """The address of a person's space. Naming it asks nothing."""

    def __init__(self, connection: Connection, id: str) -> None:
        self._connection = connection
        self.id = id
        """The space's id; `me` for the one of the person that the token stands for."""

    @property
    def name(self) -> str:
        """The resource name, `spaces/{space}`."""
        return f"spaces/{self.id}"

    @overload
    def collection(self, id: str) -> Collection[JsonObject]: ...

    @overload
    def collection(self, id: str, content: type[T]) -> Collection[T]: ...

    @overload
    def collection(self, id: str, content: Codec[T]) -> Collection[T]: ...

    def collection(self, id: str, content: type[T] | Codec[T] | None = None) -> Collection[T]:
        """Names a collection; its id has 1 to 64 characters of `[A-Za-z0-9._~-]`. Nothing is asked.

        `content` is the type of its documents: a TypedDict (nothing is converted), a dataclass, a pydantic model, or
        a `Codec`. None gives what `json` makes of them. What a grant may hide must be optional in the type. In values
        of dataclasses and models, None is left out when they are written.
        """
        return Collection(self, check_id(id), text_codec(content))

    def list_collections(
        self,
        *,
        page_size: int = 0,
        page_token: str | None = None,
        consistency_token: str | None = None,
        timeout: float | None = None,
    ) -> Listing[Collection[JsonObject]]:
        """Lists the collections that hold a document in the caller's view, in ascending order of their ids."""

        async def fetch(token: str | None) -> ListPage[Collection[JsonObject]]:
            freshness = Freshness(self._connection.ledgers, self.id, consistency_token)
            response = await self._connection.read(
                LIST_COLLECTIONS,
                lambda: requests.list_collections(self.name, page_size, token, freshness),
                freshness,
                timeout,
            )
            self._connection.ledgers.learn(self.id, requests.first_name(response))
            found = [self.collection(id) for id in requests.ids_of_collections(response)]
            return ListPage(found, response.next_page_token or None)

        return Listing(fetch, page_token)

    def batch(self) -> WriteBatch:
        """Begins a batch: up to 500 writes in this space, all or none, as one moment."""
        return WriteBatch(self)

    def __repr__(self) -> str:
        return self.name


class WriteBatch(BatchWrites):
    __doc__ = BatchWrites.__doc__

    def __init__(self, space: Space) -> None:
        super().__init__(space._connection.ledgers, space.id)
        self._space = space

    async def commit(
        self, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> builtins.list[WriteResult]:
        """Carries the writes out, all or none; the results come in their order.

        A batch that is refused raises what the refused write would have raised alone, its place in
        `metadata["write"]`.
        """
        return await self._space._connection.write(self._space.id, self._close(), idempotency_key, timeout)
