"""The methods that the client calls."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from vibe.data.v1 import collection_service_pb2 as collections
from vibe.data.v1 import document_service_pb2 as documents
from vibe.identity.v1 import server_service_pb2 as identity
from vibe.sync.v1 import sync_service_pb2 as following

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


@dataclass(frozen=True)
class Rpc(Generic[Q, R]):
    """Names a method for gRPC, retries, hooks and logs; nothing of a request stands here."""

    service: str
    method: str
    is_read: bool
    request: type[Q]
    response: type[R]

    # Asked for with every call.
    @cached_property
    def package(self) -> str:
        """The package, by which servers say where they serve what."""
        return package_of(self.path)

    @cached_property
    def path(self) -> str:
        return f"/{self.service}/{self.method}"

    @property
    def serializer(self) -> Callable[[Any], bytes]:
        return self.request.SerializeToString

    @property
    def deserializer(self) -> Callable[[bytes], Any]:
        return self.response.FromString


def package_of(path: str) -> str:
    """The package of a method, of its path on the wire."""
    return path.split("/")[1].rpartition(".")[0]


_DOCUMENTS: Final = "vibe.data.v1.DocumentService"

GET_DOCUMENT: Final = Rpc(_DOCUMENTS, "GetDocument", True, documents.GetDocumentRequest, documents.GetDocumentResponse)
LIST_DOCUMENTS: Final = Rpc(
    _DOCUMENTS, "ListDocuments", True, documents.ListDocumentsRequest, documents.ListDocumentsResponse
)
BATCH_WRITE: Final = Rpc(_DOCUMENTS, "BatchWrite", False, documents.BatchWriteRequest, documents.BatchWriteResponse)
LIST_COLLECTIONS: Final = Rpc(
    "vibe.data.v1.CollectionService",
    "ListCollections",
    True,
    collections.ListCollectionsRequest,
    collections.ListCollectionsResponse,
)
PULL: Final = Rpc("vibe.sync.v1.SyncService", "Pull", True, following.PullRequest, following.PullResponse)
SUBSCRIBE: Final = Rpc(
    "vibe.sync.v1.SyncService", "Subscribe", True, following.SubscribeRequest, following.SubscribeResponse
)
GET_SERVER: Final = Rpc(
    "vibe.identity.v1.ServerService", "GetServer", True, identity.GetServerRequest, identity.GetServerResponse
)
