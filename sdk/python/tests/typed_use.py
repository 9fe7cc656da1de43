"""What type checkers say of a program that uses the client; mypy reads this file, and nothing runs it.

A line that must be refused says with which error, and an ignored error that does not come is one itself.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict, assert_type

import vibe.aio
from vibe import ChangePage, Codec, CollectionSnapshot, DocumentSnapshot, Edit, JsonObject, VibeClient

Movie = TypedDict("Movie", {"Title": str, "US Gross": NotRequired[int]})


def blocking(client: VibeClient) -> None:
    movies = client.me.collection("movies", Movie)
    movies.create({"Title": "Alien", "US Gross": 78_900_000})
    movies.create({"Titel": "Alien"})  # type: ignore[typeddict-item, typeddict-unknown-key]

    movies.document("m1").get().value.clear()  # type: ignore[union-attr]
    alien = movies.document("m1").get()
    assert alien is not None
    assert_type(alien.value, Movie)
    assert alien.value["Titel"]  # type: ignore[typeddict-item]

    batch = client.me.batch().create(movies.new_document(), {"Title": "Alien"}).update(movies.document("m1"), Edit())
    batch.create(movies.new_document(), 3)  # type: ignore[arg-type]
    batch.replace(client.me.collection("any").document("d1"), {"anything": [1]})

    with movies.snapshots() as views, movies.subscribe() as pages:
        assert_type(next(views), CollectionSnapshot[Movie])
        assert_type(next(pages), ChangePage[Movie])

    numbers = client.me.collection("numbers", Codec(lambda members: int(members["n"]), lambda number: {"n": number}))
    assert_type(list(numbers.list()), list[DocumentSnapshot[int]])
    assert_type(next(iter(client.me.list_collections())).new_document().get(), DocumentSnapshot[JsonObject] | None)


async def asynchronous(client: vibe.aio.VibeClient) -> None:
    movies = client.me.collection("movies", Movie)
    assert_type(await movies.document("m1").get(), DocumentSnapshot[Movie] | None)
    assert_type([movie async for movie in movies.list()], list[DocumentSnapshot[Movie]])
    async with movies.snapshots() as views:
        assert_type(await anext(views), CollectionSnapshot[Movie])
