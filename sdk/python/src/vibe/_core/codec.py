"""Turns documents of one collection into values and back; said once, at the collection."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, cast

from .json_text import decode, encode

T = TypeVar("T")

JsonObject: TypeAlias = dict[str, Any]
"""A document as it is: what `json` makes of an object."""


@dataclass(frozen=True)
class Codec(Generic[T]):
    """How one type becomes JSON values and comes from them, for types that the client does not know by itself."""

    decode: Callable[[JsonObject], T]
    """Makes a value of a document. It is called when `DocumentSnapshot.value` is first asked for."""

    encode: Callable[[T], Any]
    """Makes a JSON object of a value."""


@dataclass(frozen=True)
class TextCodec(Generic[T]):
    """The same by the texts themselves."""

    decode: Callable[[bytes], T]
    encode: Callable[[T], bytes]


def text_codec(content: type[T] | Codec[T] | None) -> TextCodec[T]:
    """Finds how to decode and encode: by the codec, by pydantic, by a dataclass's fields, or not at all."""
    if content is None:
        return cast("TextCodec[T]", PLAIN)
    if isinstance(content, Codec):
        given = content
        return TextCodec(lambda text: given.decode(decode(text)), lambda value: _object(encode(given.encode(value))))
    kind: Any = content
    if hasattr(kind, "model_validate_json"):
        return TextCodec(
            lambda text: cast("T", kind.model_validate_json(text)),
            lambda value: _object(cast("Any", value).model_dump_json(by_alias=True, exclude_none=True).encode()),
        )
    if dataclasses.is_dataclass(kind):
        return TextCodec(lambda text: cast("T", _fit(decode(text), kind)), lambda value: _object(encode(value)))
    if kind is dict or dict in getattr(kind, "__bases__", ()):
        # Not asked of `typing`, which does not know the TypedDict of typing_extensions.
        return cast("TextCodec[T]", PLAIN)
    raise TypeError("Give a TypedDict, a dataclass, a pydantic model, or a Codec.")


def members_to_text(members: Mapping[str, Any]) -> bytes:
    """What an update names is written, None included."""
    if not isinstance(members, Mapping):
        raise TypeError("Members are a map of names to values, or an Edit.")
    return encode(dict(members))


def _object(text: bytes) -> bytes:
    if not text.startswith(b"{"):
        raise TypeError("A document is a JSON object.")
    return text


PLAIN: TextCodec[Any] = TextCodec(decode, lambda value: _object(encode(value)))


def _fit(value: Any, kind: Any) -> Any:
    """Fits a JSON value to a type hint. Members that a dataclass does not know are passed over."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise TypeError(f"{kind.__name__} is made of an object.")
        hints = typing.get_type_hints(kind)
        return kind(
            **{
                field.name: _fit(value[field.name], hints[field.name])
                for field in dataclasses.fields(kind)
                if field.init and field.name in value
            }
        )
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        # Canonical JSON writes 1.0 as 1, so a union is entered only where one member alone can be meant.
        inner = [each for each in arguments if each is not types.NoneType]
        return _fit(value, inner[0]) if value is not None and len(inner) == 1 else value
    if kind is float and type(value) is int:
        return float(value)
    if origin in (list, tuple, set, frozenset) and isinstance(value, list):
        items = (_fit(each, arguments[0]) for each in value) if arguments else value
        return origin(items)
    if origin is dict and isinstance(value, dict):
        return {name: _fit(each, arguments[1]) for name, each in value.items()}
    return value
