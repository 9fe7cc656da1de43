"""The load by the blocking client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vibe import VibeClient


class Side:
    def __init__(self, address: str, token: str) -> None:
        self._documents = VibeClient(address, token=token).me.collection("load")

    def get(self, document: str) -> Any:
        found = self._documents.document(document).get()
        assert found is not None
        return found.value

    def create(self, value: dict[str, Any]) -> str:
        return self._documents.create(value).id

    def follow(self, held: dict[str, Any], *, keeps_documents: bool) -> Iterator[bool]:
        with self._documents.subscribe() as pages:
            for page in pages:
                for change in page.changes:
                    if change.document is None:
                        held.pop(change.id, None)
                    else:
                        held[change.id] = change.document if keeps_documents else change.document.value
                yield page.live
