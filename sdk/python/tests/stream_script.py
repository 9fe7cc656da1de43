"""A shared stream whose port writes down what it is told, and whose clock stands until a test moves it."""

from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from vibe import RetryPolicy
from vibe._core.access_token import AccessToken
from vibe._core.codec import PLAIN
from vibe._core.consistency import Freshness, SpaceLedgers
from vibe._core.following import Feed, Following
from vibe._core.shared_stream import Stream
from vibe._core.subscription_state import SubscriptionState
from vibe.sync.v1 import sync_service_pb2 as wire

TOKEN = AccessToken("token")


class Script:
    def __init__(self, draw: float = 1.0) -> None:
        self.now = 0.0
        self.started: list[Stream] = []
        self.stopped: list[int] = []
        self.pulls: list[tuple[SubscriptionState, wire.PullRequest]] = []
        self.ledgers = SpaceLedgers()
        self.following = Following(self, RetryPolicy(), self.ledgers, lambda: draw)

    @property
    def stream(self) -> Any:
        return self.following.stream

    def start(self, stream: Stream) -> None:
        self.started.append(stream)

    def stop(self, stream: Stream) -> None:
        self.stopped.append(stream.number)

    def pull(self, subscription: SubscriptionState, request: wire.PullRequest, freshness: Freshness) -> None:
        self.pulls.append((subscription, request))

    def pages(self, collection: str, resume_token: str | None = None) -> Feed[Any]:
        name = f"spaces/me/collections/{collection}"
        return self.following.pages("me", name, PLAIN, resume_token, None, lambda: None, self.now)

    def snapshots(self, collection: str) -> Feed[Any]:
        name = f"spaces/me/collections/{collection}"
        return self.following.snapshots("me", name, PLAIN, lambda: None, self.now)

    def wait(self, seconds: float = 0.02) -> None:
        """Lets time pass; what falls due meanwhile is done when it does."""
        end = self.now + seconds
        while (due := self.stream.next_time()) is not None and due <= end:
            self.now = max(self.now, due)
            self.stream.tick(self.now)
        self.now = end
        self.stream.tick(self.now)

    def call(self, token: AccessToken = TOKEN) -> list[wire.Scope]:
        """The newest stream has its token; gives the scopes that it asks for."""
        request = self.stream.calling(self.started[-1], token, self.now)
        return [] if request is None else list(request.scopes)

    def open(self, heartbeat: int = 20, lifetime: int = 0) -> list[wire.Scope]:
        """The newest stream is called, and opens."""
        scopes = self.call()
        opened = wire.Opened(
            heartbeat_interval=Duration(seconds=heartbeat),
            lifetime=Duration(seconds=lifetime),
            collections=[scope.collection.replace("/me/", "/k3f7/") for scope in scopes],
        )
        self.receive(wire.SubscribeResponse(opened=opened))
        return scopes

    def receive(self, message: wire.SubscribeResponse, stream: int = -1) -> None:
        self.stream.received(self.started[stream], message, self.now)

    def page(self, index: int, token: str, *ids: str, live: bool = True, reset: bool = False, stream: int = -1) -> None:
        self.receive(wire.SubscribeResponse(scope_index=index, page=page(token, *ids, live=live, reset=reset)), stream)

    def fail(self, error: Exception, stream: int = -1) -> None:
        self.stream.failed(self.started[stream], error, self.now)

    def opened(self) -> int:
        """How many streams were asked for so far."""
        return len(self.started)


def page(token: str, *ids: str, live: bool = True, reset: bool = False) -> wire.Page:
    changes = [wire.Change(document_id=id, put=wire.Put(json=b"{}", etag=token)) for id in ids]
    checkpoint = wire.Checkpoint() if live else None
    return wire.Page(changes=changes, resume_token=token, reset=reset, checkpoint=checkpoint)


def status(code: grpc.StatusCode, reason: str) -> status_pb2.Status:
    info = Packed()
    info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="vibe"))
    return status_pb2.Status(code=code.value[0], message="text", details=[info])


def taken(feed: Feed[Any]) -> list[Any]:
    """All that a feed holds ready."""
    items: list[Any] = []
    while (item := feed.take()) is not None:
        items.append(item)
    return items
