from google.api import field_behavior_pb2 as _field_behavior_pb2
from vibe.access.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Acl(_message.Message):
    __slots__ = ["allow", "deny"]
    ALLOW_FIELD_NUMBER: _ClassVar[int]
    DENY_FIELD_NUMBER: _ClassVar[int]
    allow: _containers.RepeatedCompositeFieldContainer[AclRule]
    deny: _containers.RepeatedCompositeFieldContainer[AclRule]
    def __init__(self, allow: _Optional[_Iterable[_Union[AclRule, _Mapping]]] = ..., deny: _Optional[_Iterable[_Union[AclRule, _Mapping]]] = ...) -> None: ...

class AclRule(_message.Message):
    __slots__ = ["operations", "people"]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedScalarFieldContainer[_access_pb2.Operation]
    people: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, people: _Optional[_Iterable[str]] = ..., operations: _Optional[_Iterable[_Union[_access_pb2.Operation, str]]] = ...) -> None: ...
