from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

ACCESS_FIELD_NUMBER: _ClassVar[int]
DESCRIPTOR: _descriptor.FileDescriptor
OPERATION_CREATE: Operation
OPERATION_DELETE: Operation
OPERATION_READ: Operation
OPERATION_SHARE: Operation
OPERATION_UNSPECIFIED: Operation
OPERATION_UPDATE: Operation
access: _descriptor.FieldDescriptor

class AccessRule(_message.Message):
    __slots__ = ["anonymous", "consented", "owner", "signed_in"]
    ANONYMOUS_FIELD_NUMBER: _ClassVar[int]
    CONSENTED_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    SIGNED_IN_FIELD_NUMBER: _ClassVar[int]
    anonymous: Anonymous
    consented: Consented
    owner: Owner
    signed_in: SignedIn
    def __init__(self, anonymous: _Optional[_Union[Anonymous, _Mapping]] = ..., signed_in: _Optional[_Union[SignedIn, _Mapping]] = ..., owner: _Optional[_Union[Owner, _Mapping]] = ..., consented: _Optional[_Union[Consented, _Mapping]] = ...) -> None: ...

class Anonymous(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Consented(_message.Message):
    __slots__ = ["operations"]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedScalarFieldContainer[Operation]
    def __init__(self, operations: _Optional[_Iterable[_Union[Operation, str]]] = ...) -> None: ...

class Owner(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class SignedIn(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Operation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
