from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from vibe.access.v1 import access_pb2 as _access_pb2
from vibe.access.v1 import acl_pb2 as _acl_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
REMOVAL_CAUSE_DELETED: RemovalCause
REMOVAL_CAUSE_NO_LONGER_VISIBLE: RemovalCause
REMOVAL_CAUSE_UNSPECIFIED: RemovalCause

class Change(_message.Message):
    __slots__ = ["document_id", "put", "removed"]
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PUT_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    put: Put
    removed: Removed
    def __init__(self, document_id: _Optional[str] = ..., put: _Optional[_Union[Put, _Mapping]] = ..., removed: _Optional[_Union[Removed, _Mapping]] = ...) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class End(_message.Message):
    __slots__ = ["status"]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _status_pb2.Status
    def __init__(self, status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ["resume_token", "server_time"]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    server_time: _timestamp_pb2.Timestamp
    def __init__(self, server_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ["collections", "heartbeat_interval", "lifetime"]
    COLLECTIONS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    collections: _containers.RepeatedScalarFieldContainer[str]
    heartbeat_interval: _duration_pb2.Duration
    lifetime: _duration_pb2.Duration
    def __init__(self, heartbeat_interval: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., lifetime: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., collections: _Optional[_Iterable[str]] = ...) -> None: ...

class Page(_message.Message):
    __slots__ = ["changes", "checkpoint", "reset", "resume_token"]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[Change]
    checkpoint: Checkpoint
    reset: bool
    resume_token: str
    def __init__(self, changes: _Optional[_Iterable[_Union[Change, _Mapping]]] = ..., resume_token: _Optional[str] = ..., reset: bool = ..., checkpoint: _Optional[_Union[Checkpoint, _Mapping]] = ...) -> None: ...

class PullRequest(_message.Message):
    __slots__ = ["page_size", "scope"]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    scope: Scope
    def __init__(self, scope: _Optional[_Union[Scope, _Mapping]] = ..., page_size: _Optional[int] = ...) -> None: ...

class PullResponse(_message.Message):
    __slots__ = ["collection", "page"]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    collection: str
    page: Page
    def __init__(self, page: _Optional[_Union[Page, _Mapping]] = ..., collection: _Optional[str] = ...) -> None: ...

class Put(_message.Message):
    __slots__ = ["acl", "body", "create_time", "etag", "json", "update_time"]
    ACL_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    acl: _acl_pb2.Acl
    body: _struct_pb2.Struct
    create_time: _timestamp_pb2.Timestamp
    etag: str
    json: bytes
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, json: _Optional[bytes] = ..., body: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., acl: _Optional[_Union[_acl_pb2.Acl, _Mapping]] = ...) -> None: ...

class Removed(_message.Message):
    __slots__ = ["cause"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    cause: RemovalCause
    def __init__(self, cause: _Optional[_Union[RemovalCause, str]] = ...) -> None: ...

class Scope(_message.Message):
    __slots__ = ["collection", "consistency_tokens", "resume_token", "structured_bodies"]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKENS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STRUCTURED_BODIES_FIELD_NUMBER: _ClassVar[int]
    collection: str
    consistency_tokens: _containers.RepeatedScalarFieldContainer[str]
    resume_token: str
    structured_bodies: bool
    def __init__(self, collection: _Optional[str] = ..., resume_token: _Optional[str] = ..., consistency_tokens: _Optional[_Iterable[str]] = ..., structured_bodies: bool = ...) -> None: ...

class ScopeEnded(_message.Message):
    __slots__ = ["status"]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _status_pb2.Status
    def __init__(self, status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class SubscribeRequest(_message.Message):
    __slots__ = ["scope", "scopes"]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    scope: Scope
    scopes: _containers.RepeatedCompositeFieldContainer[Scope]
    def __init__(self, scope: _Optional[_Union[Scope, _Mapping]] = ..., scopes: _Optional[_Iterable[_Union[Scope, _Mapping]]] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ["end", "heartbeat", "opened", "page", "scope_ended", "scope_index"]
    END_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_ENDED_FIELD_NUMBER: _ClassVar[int]
    SCOPE_INDEX_FIELD_NUMBER: _ClassVar[int]
    end: End
    heartbeat: Heartbeat
    opened: Opened
    page: Page
    scope_ended: ScopeEnded
    scope_index: int
    def __init__(self, scope_index: _Optional[int] = ..., opened: _Optional[_Union[Opened, _Mapping]] = ..., page: _Optional[_Union[Page, _Mapping]] = ..., scope_ended: _Optional[_Union[ScopeEnded, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., end: _Optional[_Union[End, _Mapping]] = ...) -> None: ...

class RemovalCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
