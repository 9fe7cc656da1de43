"""Calls one method of a server that says itself what it serves, and prints what it saw as a line of JSON.

Usage: reflected.py ADDRESS TOKEN METHOD REQUEST
"""

import json
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SECONDS = 30

address, token, name, text = sys.argv[1:]
with grpc.insecure_channel(address) as channel:
    reflection = ProtoReflectionDescriptorDatabase(channel)
    services = list(reflection.get_services())
    service, _, method = name.rpartition(".")
    descriptor = DescriptorPool(reflection).FindServiceByName(service).FindMethodByName(method)
    request = json_format.Parse(text, message_factory.GetMessageClass(descriptor.input_type)())
    call = channel.unary_unary(
        f"/{service}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_factory.GetMessageClass(descriptor.output_type).FromString,
    )
    response = call(request, timeout=SECONDS, metadata=(("authorization", f"Bearer {token}"),))

print(json.dumps({"services": services, "response": json_format.MessageToDict(response)}))
