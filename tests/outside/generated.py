"""Speaks to a server with stubs that protoc generated, and prints what it saw as a line of JSON.

Usage: generated.py STUBS ADDRESS TOKEN
"""

import json
import sys

import grpc

stubs, address, token = sys.argv[1:]
sys.path.insert(0, stubs)

from google.rpc import error_details_pb2, status_pb2  # noqa: E402

from vibe.data.v1 import document_service_pb2 as data  # noqa: E402
from vibe.data.v1 import document_service_pb2_grpc as data_grpc  # noqa: E402
from vibe.sync.v1 import sync_service_pb2 as sync  # noqa: E402
from vibe.sync.v1 import sync_service_pb2_grpc as sync_grpc  # noqa: E402

MOVIES = "spaces/me/collections/movies"
SECONDS = 30
BEARER = (("authorization", f"Bearer {token}"),)


def create(documents, id, content):
    request = data.CreateDocumentRequest(
        parent=MOVIES, document_id=id, document=data.Document(json=json.dumps(content).encode())
    )
    return documents.CreateDocument(request, timeout=SECONDS, metadata=BEARER)


def pages(events):
    return (event.page for event in events if event.WhichOneof("event") == "page")


def reason(error):
    sent = next(value for key, value in error.trailing_metadata() if key == "grpc-status-details-bin")
    for detail in status_pb2.Status.FromString(sent).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return f"{info.domain} {info.reason}"
    return None


with grpc.insecure_channel(address) as channel:
    documents = data_grpc.DocumentServiceStub(channel)
    created = create(documents, "m1", {"Title": "Alien"})
    read = documents.GetDocument(
        data.GetDocumentRequest(name=f"{MOVIES}/documents/m1", json_bodies=True), timeout=SECONDS, metadata=BEARER
    )

    request = sync.SubscribeRequest(scope=sync.Scope(collection=MOVIES))
    events = sync_grpc.SyncServiceStub(channel).Subscribe(request, timeout=SECONDS, metadata=BEARER)
    caught_up = next(page for page in pages(events) if page.HasField("checkpoint"))
    create(documents, "m2", {"Title": "Aliens"})
    changed = next(page for page in pages(events) if page.changes)
    events.cancel()

    try:
        create(documents, "m1", {"Title": "Alien"})
        refused = None
    except grpc.RpcError as error:
        refused = [error.code().name, reason(error)]

print(
    json.dumps(
        {
            "created": created.document.etag,
            "read": [read.document.etag, json.loads(read.document.json)],
            "caughtUp": [change.document_id for change in caught_up.changes],
            "changed": [[change.document_id, json.loads(change.put.json)] for change in changed.changes],
            "refused": refused,
        }
    )
)
