"""A listing, page after page as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from .._core.documents import ListPage

T = TypeVar("T")


class Listing(Generic[T]):
    """A listing, page after page as it is read; nothing is asked before. Each iteration begins anew."""

    def __init__(self, fetch: Callable[[str | None], ListPage[T]], page_token: str | None) -> None:
        self._fetch = fetch
        self._page_token = page_token

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[ListPage[T]]:
        """The pages, at least one, for those who show pages or keep their tokens."""
        token = self._page_token
        while True:
            page = self._fetch(token)
            yield page
            token = page.next_page_token
            if token is None:
                return
