from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from vibe.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

ACCESS_MODE_ALWAYS: AccessMode
ACCESS_MODE_NEVER: AccessMode
ACCESS_MODE_UNSPECIFIED: AccessMode
DESCRIPTOR: _descriptor.FileDescriptor
GRANT_STATE_ACTIVE: GrantState
GRANT_STATE_EXPIRED: GrantState
GRANT_STATE_REVOKED: GrantState
GRANT_STATE_UNSPECIFIED: GrantState

class CreateGrantRequest(_message.Message):
    __slots__ = ["grant", "idempotency_key", "parent"]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    grant: Grant
    idempotency_key: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., grant: _Optional[_Union[Grant, _Mapping]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CreateGrantResponse(_message.Message):
    __slots__ = ["consistency_token", "grant"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    grant: Grant
    def __init__(self, grant: _Optional[_Union[Grant, _Mapping]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class GetGrantRequest(_message.Message):
    __slots__ = ["consistency_tokens", "name"]
    CONSISTENCY_TOKENS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    consistency_tokens: _containers.RepeatedScalarFieldContainer[str]
    name: str
    def __init__(self, name: _Optional[str] = ..., consistency_tokens: _Optional[_Iterable[str]] = ...) -> None: ...

class GetGrantResponse(_message.Message):
    __slots__ = ["grant"]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    grant: Grant
    def __init__(self, grant: _Optional[_Union[Grant, _Mapping]] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ["access", "app", "create_time", "etag", "expire_time", "manifest_digest", "name", "revoke_time", "state", "update_time"]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_DIGEST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    access: _containers.RepeatedCompositeFieldContainer[GrantedAccess]
    app: str
    create_time: _timestamp_pb2.Timestamp
    etag: str
    expire_time: _timestamp_pb2.Timestamp
    manifest_digest: str
    name: str
    revoke_time: _timestamp_pb2.Timestamp
    state: GrantState
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., app: _Optional[str] = ..., manifest_digest: _Optional[str] = ..., access: _Optional[_Iterable[_Union[GrantedAccess, _Mapping]]] = ..., state: _Optional[_Union[GrantState, str]] = ..., etag: _Optional[str] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GrantedAccess(_message.Message):
    __slots__ = ["collection", "fields", "include_shared", "mode", "operations"]
    COLLECTION_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SHARED_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    collection: str
    fields: _containers.RepeatedScalarFieldContainer[str]
    include_shared: bool
    mode: AccessMode
    operations: _containers.RepeatedScalarFieldContainer[_access_pb2.Operation]
    def __init__(self, collection: _Optional[str] = ..., operations: _Optional[_Iterable[_Union[_access_pb2.Operation, str]]] = ..., fields: _Optional[_Iterable[str]] = ..., mode: _Optional[_Union[AccessMode, str]] = ..., include_shared: bool = ...) -> None: ...

class ListGrantsRequest(_message.Message):
    __slots__ = ["app", "consistency_tokens", "page_size", "page_token", "parent"]
    APP_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_TOKENS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    app: str
    consistency_tokens: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., consistency_tokens: _Optional[_Iterable[str]] = ..., app: _Optional[str] = ...) -> None: ...

class ListGrantsResponse(_message.Message):
    __slots__ = ["grants", "next_page_token"]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    grants: _containers.RepeatedCompositeFieldContainer[Grant]
    next_page_token: str
    def __init__(self, grants: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RevokeGrantRequest(_message.Message):
    __slots__ = ["name"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RevokeGrantResponse(_message.Message):
    __slots__ = ["consistency_token", "grant"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    grant: Grant
    def __init__(self, grant: _Optional[_Union[Grant, _Mapping]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class UpdateGrantRequest(_message.Message):
    __slots__ = ["grant", "idempotency_key", "if_match", "name", "update_mask"]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    IF_MATCH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    grant: Grant
    idempotency_key: str
    if_match: str
    name: str
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., grant: _Optional[_Union[Grant, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., if_match: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class UpdateGrantResponse(_message.Message):
    __slots__ = ["consistency_token", "grant"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    grant: Grant
    def __init__(self, grant: _Optional[_Union[Grant, _Mapping]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class GrantState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class AccessMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
