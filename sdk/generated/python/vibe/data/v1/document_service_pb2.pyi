from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from vibe.access.v1 import access_pb2 as _access_pb2
from vibe.access.v1 import acl_pb2 as _acl_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchWriteRequest(_message.Message):
    __slots__ = ["idempotency_key", "parent", "writes"]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    WRITES_FIELD_NUMBER: _ClassVar[int]
    idempotency_key: str
    parent: str
    writes: _containers.RepeatedCompositeFieldContainer[Write]
    def __init__(self, parent: _Optional[str] = ..., writes: _Optional[_Iterable[_Union[Write, _Mapping]]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class BatchWriteResponse(_message.Message):
    __slots__ = ["consistency_token", "results"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    results: _containers.RepeatedCompositeFieldContainer[WriteResult]
    def __init__(self, results: _Optional[_Iterable[_Union[WriteResult, _Mapping]]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class CreateDocumentRequest(_message.Message):
    __slots__ = ["document", "document_id", "idempotency_key", "parent"]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    document: Document
    document_id: str
    idempotency_key: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., document_id: _Optional[str] = ..., document: _Optional[_Union[Document, _Mapping]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class CreateDocumentResponse(_message.Message):
    __slots__ = ["consistency_token", "document"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    document: Document
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class CreateWrite(_message.Message):
    __slots__ = ["acl", "body", "json"]
    ACL_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    acl: _acl_pb2.Acl
    body: _struct_pb2.Struct
    json: bytes
    def __init__(self, body: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., json: _Optional[bytes] = ..., acl: _Optional[_Union[_acl_pb2.Acl, _Mapping]] = ...) -> None: ...

class DeleteDocumentRequest(_message.Message):
    __slots__ = ["allow_missing", "idempotency_key", "if_match", "name"]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    IF_MATCH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    allow_missing: bool
    idempotency_key: str
    if_match: str
    name: str
    def __init__(self, name: _Optional[str] = ..., if_match: _Optional[str] = ..., allow_missing: bool = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class DeleteDocumentResponse(_message.Message):
    __slots__ = ["consistency_token"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    def __init__(self, consistency_token: _Optional[str] = ...) -> None: ...

class DeleteWrite(_message.Message):
    __slots__ = ["allow_missing"]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    allow_missing: bool
    def __init__(self, allow_missing: bool = ...) -> None: ...

class Document(_message.Message):
    __slots__ = ["acl", "body", "create_time", "etag", "json", "name", "update_time"]
    ACL_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    acl: _acl_pb2.Acl
    body: _struct_pb2.Struct
    create_time: _timestamp_pb2.Timestamp
    etag: str
    json: bytes
    name: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., body: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., json: _Optional[bytes] = ..., acl: _Optional[_Union[_acl_pb2.Acl, _Mapping]] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetDocumentRequest(_message.Message):
    __slots__ = ["consistency_tokens", "json_bodies", "name"]
    CONSISTENCY_TOKENS_FIELD_NUMBER: _ClassVar[int]
    JSON_BODIES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    consistency_tokens: _containers.RepeatedScalarFieldContainer[str]
    json_bodies: bool
    name: str
    def __init__(self, name: _Optional[str] = ..., consistency_tokens: _Optional[_Iterable[str]] = ..., json_bodies: bool = ...) -> None: ...

class GetDocumentResponse(_message.Message):
    __slots__ = ["document"]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: Document
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ...) -> None: ...

class ListDocumentsRequest(_message.Message):
    __slots__ = ["consistency_tokens", "json_bodies", "page_size", "page_token", "parent"]
    CONSISTENCY_TOKENS_FIELD_NUMBER: _ClassVar[int]
    JSON_BODIES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    consistency_tokens: _containers.RepeatedScalarFieldContainer[str]
    json_bodies: bool
    page_size: int
    page_token: str
    parent: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., consistency_tokens: _Optional[_Iterable[str]] = ..., json_bodies: bool = ...) -> None: ...

class ListDocumentsResponse(_message.Message):
    __slots__ = ["documents", "next_page_token"]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    documents: _containers.RepeatedCompositeFieldContainer[Document]
    next_page_token: str
    def __init__(self, documents: _Optional[_Iterable[_Union[Document, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetAclWrite(_message.Message):
    __slots__ = ["acl"]
    ACL_FIELD_NUMBER: _ClassVar[int]
    acl: _acl_pb2.Acl
    def __init__(self, acl: _Optional[_Union[_acl_pb2.Acl, _Mapping]] = ...) -> None: ...

class SetDocumentAclRequest(_message.Message):
    __slots__ = ["acl", "idempotency_key", "if_match", "json_bodies", "name"]
    ACL_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    IF_MATCH_FIELD_NUMBER: _ClassVar[int]
    JSON_BODIES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    acl: _acl_pb2.Acl
    idempotency_key: str
    if_match: str
    json_bodies: bool
    name: str
    def __init__(self, name: _Optional[str] = ..., acl: _Optional[_Union[_acl_pb2.Acl, _Mapping]] = ..., if_match: _Optional[str] = ..., idempotency_key: _Optional[str] = ..., json_bodies: bool = ...) -> None: ...

class SetDocumentAclResponse(_message.Message):
    __slots__ = ["consistency_token", "document"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    document: Document
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class UpdateDocumentRequest(_message.Message):
    __slots__ = ["allow_missing", "document", "idempotency_key", "if_match", "name", "update_paths"]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    IF_MATCH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_PATHS_FIELD_NUMBER: _ClassVar[int]
    allow_missing: bool
    document: Document
    idempotency_key: str
    if_match: str
    name: str
    update_paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., document: _Optional[_Union[Document, _Mapping]] = ..., update_paths: _Optional[_Iterable[str]] = ..., if_match: _Optional[str] = ..., allow_missing: bool = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class UpdateDocumentResponse(_message.Message):
    __slots__ = ["consistency_token", "document"]
    CONSISTENCY_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    consistency_token: str
    document: Document
    def __init__(self, document: _Optional[_Union[Document, _Mapping]] = ..., consistency_token: _Optional[str] = ...) -> None: ...

class UpdateWrite(_message.Message):
    __slots__ = ["allow_missing", "body", "json", "update_paths"]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    UPDATE_PATHS_FIELD_NUMBER: _ClassVar[int]
    allow_missing: bool
    body: _struct_pb2.Struct
    json: bytes
    update_paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, body: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., json: _Optional[bytes] = ..., update_paths: _Optional[_Iterable[str]] = ..., allow_missing: bool = ...) -> None: ...

class Write(_message.Message):
    __slots__ = ["create", "delete", "document", "if_match", "set_acl", "update"]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    IF_MATCH_FIELD_NUMBER: _ClassVar[int]
    SET_ACL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    create: CreateWrite
    delete: DeleteWrite
    document: str
    if_match: str
    set_acl: SetAclWrite
    update: UpdateWrite
    def __init__(self, document: _Optional[str] = ..., if_match: _Optional[str] = ..., create: _Optional[_Union[CreateWrite, _Mapping]] = ..., update: _Optional[_Union[UpdateWrite, _Mapping]] = ..., delete: _Optional[_Union[DeleteWrite, _Mapping]] = ..., set_acl: _Optional[_Union[SetAclWrite, _Mapping]] = ...) -> None: ...

class WriteResult(_message.Message):
    __slots__ = ["document", "etag", "update_time"]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    document: str
    etag: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, document: _Optional[str] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
