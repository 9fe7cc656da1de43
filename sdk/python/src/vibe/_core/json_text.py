"""How values become JSON, and come from it."""

import dataclasses
import json
from typing import Any, Final

_DECODER: Final = json.JSONDecoder()


def decode(text: bytes) -> Any:
    """The value of a text in UTF-8 with nothing around it, as canonical JSON is.

    `json.loads` looks at each text for its encoding and for whitespace first, which costs as much as a small document.
    """
    characters = text.decode()
    value, end = _DECODER.raw_decode(characters)
    if end != len(characters):
        raise json.JSONDecodeError("Extra data", characters, end)
    return value


def encode(value: Any) -> bytes:
    """JSON in UTF-8. Letters are not escaped, for the limits count bytes; what JSON has no word for is refused."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_known).encode()


def to_plain(value: Any) -> Any:
    """A value as JSON sees it; what stands for None inside of dataclasses and models is left out."""
    if isinstance(value, dict | list | tuple | str | int | float | bool | None):
        return value
    return _known(value)


def _known(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: held for field in dataclasses.fields(value) if (held := getattr(value, field.name)) is not None
        }
    raise TypeError(f"{type(value).__name__} is no JSON.")
