"""What reads ask for, and what is read from the answers."""

from __future__ import annotations

from typing import TypeVar

from vibe.data.v1 import collection_service_pb2 as collections
from vibe.data.v1 import document_service_pb2 as documents

from .codec import TextCodec
from .consistency import Freshness
from .documents import DocumentSnapshot, ListPage, snapshot_of
from .names import last_id

T = TypeVar("T")


def get(name: str, freshness: Freshness) -> documents.GetDocumentRequest:
    return documents.GetDocumentRequest(name=name, consistency_tokens=freshness.tokens, json_bodies=True)


def list_documents(
    parent: str, page_size: int, page_token: str | None, freshness: Freshness
) -> documents.ListDocumentsRequest:
    return documents.ListDocumentsRequest(
        parent=parent,
        page_size=page_size,
        page_token=page_token or "",
        consistency_tokens=freshness.tokens,
        json_bodies=True,
    )


def list_collections(
    parent: str, page_size: int, page_token: str | None, freshness: Freshness
) -> collections.ListCollectionsRequest:
    return collections.ListCollectionsRequest(
        parent=parent, page_size=page_size, page_token=page_token or "", consistency_tokens=freshness.tokens
    )


def page_of_documents(response: documents.ListDocumentsResponse, codec: TextCodec[T]) -> ListPage[DocumentSnapshot[T]]:
    items = [snapshot_of(document, codec) for document in response.documents]
    return ListPage(items, response.next_page_token or None)


def ids_of_collections(response: collections.ListCollectionsResponse) -> list[str]:
    return [last_id(collection.name) for collection in response.collections]


def first_name(response: documents.ListDocumentsResponse | collections.ListCollectionsResponse) -> str:
    """A name that tells which space answered; empty where nothing does."""
    if isinstance(response, documents.ListDocumentsResponse):
        return response.documents[0].name if response.documents else ""
    return response.collections[0].name if response.collections else ""
