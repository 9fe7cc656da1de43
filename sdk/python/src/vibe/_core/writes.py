"""The one path of all writes: each is a batch, be it of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from vibe.data.v1 import document_service_pb2 as wire

from . import acl as acls
from .acl import Acl
from .codec import TextCodec, members_to_text
from .documents import WriteResult, time_of
from .edit import Edit, body_of
from .names import last_id

T = TypeVar("T")


def create(document: str, codec: TextCodec[T], value: T, acl: Acl | None) -> wire.Write:
    content = wire.CreateWrite(json=codec.encode(value), acl=None if acl is None else acls.to_wire(acl))
    return wire.Write(document=document, create=content)


def update(document: str, change: Mapping[str, Any] | Edit, if_match: str | None, allow_missing: bool) -> wire.Write:
    if isinstance(change, Edit):
        body = wire.UpdateWrite(json=body_of(change), update_paths=change.paths, allow_missing=allow_missing)
    else:
        body = wire.UpdateWrite(json=members_to_text(change), allow_missing=allow_missing)
    return wire.Write(document=document, if_match=if_match or "", update=body)


def replace(document: str, codec: TextCodec[T], value: T, if_match: str | None, allow_missing: bool) -> wire.Write:
    body = wire.UpdateWrite(json=codec.encode(value), update_paths=["*"], allow_missing=allow_missing)
    return wire.Write(document=document, if_match=if_match or "", update=body)


def delete(document: str, if_match: str | None, allow_missing: bool) -> wire.Write:
    return wire.Write(document=document, if_match=if_match or "", delete=wire.DeleteWrite(allow_missing=allow_missing))


def set_acl(document: str, acl: Acl, if_match: str | None) -> wire.Write:
    return wire.Write(document=document, if_match=if_match or "", set_acl=wire.SetAclWrite(acl=acls.to_wire(acl)))


def results_of(response: wire.BatchWriteResponse) -> Sequence[WriteResult]:
    return [
        WriteResult(
            last_id(result.document),
            result.etag or None,
            time_of(result.update_time) if result.HasField("update_time") else None,
            response.consistency_token,
        )
        for result in response.results
    ]
