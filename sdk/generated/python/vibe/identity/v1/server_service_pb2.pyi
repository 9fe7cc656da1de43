from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from vibe.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
PROTOCOL_GRPC: Protocol
PROTOCOL_GRPC_WEB: Protocol
PROTOCOL_REST: Protocol
PROTOCOL_UNSPECIFIED: Protocol

class Endpoint(_message.Message):
    __slots__ = ["address", "packages", "protocols"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PACKAGES_FIELD_NUMBER: _ClassVar[int]
    PROTOCOLS_FIELD_NUMBER: _ClassVar[int]
    address: str
    packages: _containers.RepeatedScalarFieldContainer[str]
    protocols: _containers.RepeatedScalarFieldContainer[Protocol]
    def __init__(self, address: _Optional[str] = ..., protocols: _Optional[_Iterable[_Union[Protocol, str]]] = ..., packages: _Optional[_Iterable[str]] = ...) -> None: ...

class GetServerRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetServerResponse(_message.Message):
    __slots__ = ["endpoints", "limits", "packages", "version"]
    ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    PACKAGES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    endpoints: _containers.RepeatedCompositeFieldContainer[Endpoint]
    limits: Limits
    packages: _containers.RepeatedScalarFieldContainer[str]
    version: str
    def __init__(self, version: _Optional[str] = ..., packages: _Optional[_Iterable[str]] = ..., endpoints: _Optional[_Iterable[_Union[Endpoint, _Mapping]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ["batch_writes", "document_bytes", "document_depth", "document_values", "idempotency_window", "page_size", "request_bytes", "subscription_scopes", "tombstone_window"]
    BATCH_WRITES_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_BYTES_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_DEPTH_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_VALUES_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_WINDOW_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_BYTES_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_SCOPES_FIELD_NUMBER: _ClassVar[int]
    TOMBSTONE_WINDOW_FIELD_NUMBER: _ClassVar[int]
    batch_writes: int
    document_bytes: int
    document_depth: int
    document_values: int
    idempotency_window: _duration_pb2.Duration
    page_size: int
    request_bytes: int
    subscription_scopes: int
    tombstone_window: _duration_pb2.Duration
    def __init__(self, document_bytes: _Optional[int] = ..., document_depth: _Optional[int] = ..., document_values: _Optional[int] = ..., request_bytes: _Optional[int] = ..., batch_writes: _Optional[int] = ..., page_size: _Optional[int] = ..., subscription_scopes: _Optional[int] = ..., idempotency_window: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., tombstone_window: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Protocol(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
