"""The load by the generated code alone, on a plain channel."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import grpc

from vibe.data.v1 import document_service_pb2 as documents
from vibe.data.v1 import document_service_pb2_grpc as document_service
from vibe.sync.v1 import sync_service_pb2 as following
from vibe.sync.v1 import sync_service_pb2_grpc as sync_service

COLLECTION = "spaces/me/collections/load"


def get_request(document: str) -> documents.GetDocumentRequest:
    return documents.GetDocumentRequest(name=f"{COLLECTION}/documents/{document}", json_bodies=True)


def create_request(value: dict[str, Any]) -> documents.BatchWriteRequest:
    write = documents.Write(
        document=f"{COLLECTION}/documents/{uuid.uuid4()}",
        create=documents.CreateWrite(json=json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()),
    )
    return documents.BatchWriteRequest(parent="spaces/me", writes=[write], idempotency_key=uuid.uuid4().hex)


def follow_request(resume_token: str) -> following.SubscribeRequest:
    return following.SubscribeRequest(scopes=[following.Scope(collection=COLLECTION, resume_token=resume_token)])


def apply(page: following.Page, held: dict[str, Any], keeps_documents: bool) -> None:
    for change in page.changes:
        if change.WhichOneof("kind") == "put":
            held[change.document_id] = change.put if keeps_documents else json.loads(change.put.json)
        else:
            held.pop(change.document_id, None)


class Side:
    def __init__(self, address: str, token: str) -> None:
        channel = grpc.insecure_channel(urlsplit(address).netloc)
        self._documents = document_service.DocumentServiceStub(channel)  # type: ignore[no-untyped-call]
        self._sync = sync_service.SyncServiceStub(channel)  # type: ignore[no-untyped-call]
        self._metadata = (("authorization", f"Bearer {token}"),)
        self.resume_token = ""

    def get(self, document: str) -> Any:
        answer = self._documents.GetDocument(get_request(document), metadata=self._metadata)
        return json.loads(answer.document.json)

    def create(self, value: dict[str, Any]) -> str:
        answer = self._documents.BatchWrite(create_request(value), metadata=self._metadata)
        name: str = answer.results[0].document
        return name

    def follow(self, held: dict[str, Any], *, keeps_documents: bool) -> Iterator[bool]:
        call = self._sync.Subscribe(follow_request(""), metadata=self._metadata)
        try:
            for message in call:
                if message.WhichOneof("event") == "page":
                    apply(message.page, held, keeps_documents)
                    self.resume_token = message.page.resume_token
                    yield message.page.HasField("checkpoint")
        finally:
            call.cancel()
