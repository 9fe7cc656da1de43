"""The load by the generated code alone, on a plain channel of asyncio."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import grpc.aio

from bare import apply, create_request, follow_request, get_request
from vibe.data.v1 import document_service_pb2_grpc as document_service
from vibe.sync.v1 import sync_service_pb2_grpc as sync_service


class Side:
    def __init__(self, address: str, token: str) -> None:
        channel = grpc.aio.insecure_channel(urlsplit(address).netloc)
        self._documents = document_service.DocumentServiceStub(channel)  # type: ignore[no-untyped-call]
        self._sync = sync_service.SyncServiceStub(channel)  # type: ignore[no-untyped-call]
        self._metadata = (("authorization", f"Bearer {token}"),)
        self.resume_token = ""

    async def get(self, document: str) -> Any:
        answer = await self._documents.GetDocument(get_request(document), metadata=self._metadata)
        return json.loads(answer.document.json)

    async def create(self, value: dict[str, Any]) -> str:
        answer = await self._documents.BatchWrite(create_request(value), metadata=self._metadata)
        name: str = answer.results[0].document
        return name

    async def follow(self, held: dict[str, Any], *, keeps_documents: bool) -> AsyncIterator[bool]:
        call = self._sync.Subscribe(follow_request(""), metadata=self._metadata)
        try:
            async for message in call:
                if message.WhichOneof("event") == "page":
                    apply(message.page, held, keeps_documents)
                    self.resume_token = message.page.resume_token
                    yield message.page.HasField("checkpoint")
        finally:
            call.cancel()
