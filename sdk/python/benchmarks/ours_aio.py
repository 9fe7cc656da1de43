"""The load by the asyncio client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from vibe.aio import VibeClient


class Side:
    def __init__(self, address: str, token: str) -> None:
        self._documents = VibeClient(address, token=token).me.collection("load")

    async def get(self, document: str) -> Any:
        found = await self._documents.document(document).get()
        assert found is not None
        return found.value

    async def create(self, value: dict[str, Any]) -> str:
        return (await self._documents.create(value)).id

    async def follow(self, held: dict[str, Any], *, keeps_documents: bool) -> AsyncIterator[bool]:
        async with self._documents.subscribe() as pages:
            async for page in pages:
                for change in page.changes:
                    if change.document is None:
                        held.pop(change.id, None)
                    else:
                        held[change.id] = change.document if keeps_documents else change.document.value
                yield page.live
