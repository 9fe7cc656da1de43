"""Random histories of writes, cuts, stalls, joins and refusals: whoever reads gets each change once, in order."""

from __future__ import annotations

import random
from typing import Any

import grpc
import pytest

from stream_script import Script, page, status
from vibe import Reason, VibeError
from vibe._core.failure import cut
from vibe._core.following import Feed
from vibe._core.shared_stream import Stream
from vibe.sync.v1 import sync_service_pb2 as wire

COLLECTIONS = "abc"


class Wire:
    """One stream as the server has it: how far each of its scopes was sent."""

    def __init__(self, scopes: list[wire.Scope]) -> None:
        self.collections = [scope.collection.rpartition("/")[2] for scope in scopes]
        self.places = [int(scope.resume_token or 0) for scope in scopes]
        self.is_fresh = [True for _ in scopes]
        self.is_open = False


class Reader:
    def __init__(self, collection: str, feed: Feed[Any], place: int) -> None:
        self.collection = collection
        self.feed = feed
        self.seen = list(range(1, place + 1))
        self.place = str(place)

    def take(self, now: float) -> bool:
        item = self.feed.take()
        if item is None:
            return False
        self.feed.took(now)
        self.seen += [int(change.id) for change in item.changes]
        self.place = item.resume_token
        return True


class World:
    """A server, a client and its readers; each step does one thing that could happen."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.script = Script(draw=0.5)
        self.revisions = dict.fromkeys(COLLECTIONS, 0)
        self.readers: list[Reader] = []
        self.wires: dict[Stream, Wire] = {}
        self.is_refused = False

    def step(self) -> None:
        often = (self.write, self.read, self.send, self.send, self.open, self.pass_time)
        self.draw.choice((*often, *often, self.join, self.leave, self.cut, self.pull))()

    def write(self) -> None:
        self.revisions[self.draw.choice(COLLECTIONS)] += 1

    def join(self) -> None:
        if len(self.readers) < 5:
            collection = self.draw.choice(COLLECTIONS)
            place = self.draw.randint(0, self.revisions[collection])
            feed = self.script.pages(collection, str(place) if place else None)
            self.readers.append(Reader(collection, feed, place))

    def leave(self) -> None:
        if self.readers and self.draw.random() < 0.2:
            reader = self.readers.pop(self.draw.randrange(len(self.readers)))
            reader.feed.leave(self.script.now)

    def read(self) -> None:
        if self.readers:
            self.draw.choice(self.readers).take(self.script.now)

    def pass_time(self) -> None:
        self.script.wait(self.draw.choice([0.01, 0.05, 1.0]))

    def open(self) -> None:
        for stream in self.script.started:
            if stream not in self.wires and stream.deadline is None:
                if self.draw.random() < 0.1:
                    self.script.stream.failed(stream, cut("no token"), self.script.now)
                    return
                request = self.script.stream.calling(stream, _TOKEN, self.script.now)
                if request is None:
                    self.wires[stream] = Wire([])
                    continue
                if self.draw.random() < 0.2:
                    self.wires[stream] = Wire([])
                    code = grpc.StatusCode.UNAVAILABLE
                    if not self.is_refused and self.draw.random() < 0.5:
                        # Once, until a stream stands: a second refusal in a row would be the end.
                        code, self.is_refused = grpc.StatusCode.UNAUTHENTICATED, True
                    self.script.stream.failed(stream, VibeError(code, None, "refused"), self.script.now)
                    return
                self.wires[stream] = Wire(list(request.scopes))
                if self.draw.random() < 0.5:
                    self.stand(stream)
                return
            if stream in self.wires and self.wires[stream].places and not self.wires[stream].is_open:
                self.stand(stream)

    def stand(self, stream: Stream) -> None:
        self.wires[stream].is_open = True
        message = wire.SubscribeResponse(opened=wire.Opened(lifetime={"seconds": 30}))
        self.script.stream.received(stream, message, self.script.now)
        self.is_refused = self.is_refused and not stream.is_open

    def send(self) -> None:
        """A stream brings something; one that the client left may do so too, for what is on its way."""
        streams = [stream for stream, sent in self.wires.items() if sent.is_open and sent.places]
        if not streams:
            return
        stream = self.draw.choice(streams[-3:])
        sent = self.wires[stream]
        index = self.draw.randrange(len(sent.places))
        if self.draw.random() < 0.03:
            ended = wire.ScopeEnded(status=status(grpc.StatusCode.UNAVAILABLE, Reason.REPLICA_BEHIND))
            message = wire.SubscribeResponse(scope_index=index, scope_ended=ended)
            self.script.stream.received(stream, message, self.script.now)
            return
        self.bring(stream, index)

    def bring(self, stream: Stream, index: int) -> bool:
        sent = self.wires[stream]
        at, newest = sent.places[index], self.revisions[sent.collections[index]]
        if at == newest and not sent.is_fresh[index]:
            beat = wire.Heartbeat(resume_token=str(at))
            message = wire.SubscribeResponse(scope_index=index, heartbeat=beat)
            self.script.stream.received(stream, message, self.script.now)
            return False
        end = self.draw.randint(min(at + 1, newest), newest)
        ids = [str(revision) for revision in range(at + 1, end + 1)]
        sent.places[index] = end
        sent.is_fresh[index] = end < newest
        message = wire.SubscribeResponse(scope_index=index, page=page(str(end), *ids, live=end == newest))
        self.script.stream.received(stream, message, self.script.now)
        return True

    def cut(self) -> None:
        if self.wires:
            stream = self.draw.choice(list(self.wires)[-2:])
            self.script.stream.failed(stream, cut("cut"), self.script.now)

    def pull(self) -> None:
        while self.script.pulls:
            subscription, request = self.script.pulls.pop()
            if self.draw.random() < 0.2:
                self.script.stream.pull_failed(subscription, cut("cut"), self.script.now)
                continue
            at = int(request.scope.resume_token or 0)
            newest = self.revisions[request.scope.collection.rpartition("/")[2]]
            end = self.draw.randint(min(at + 1, newest), newest)
            ids = [str(revision) for revision in range(at + 1, end + 1)]
            response = wire.PullResponse(page=page(str(end), *ids, live=end == newest))
            self.script.stream.pulled(subscription, response, self.script.now)

    def settle(self) -> None:
        """Nothing goes wrong any more: everybody gets all that there is."""
        for _ in range(400):
            self.script.wait(1.0)
            newest = self.script.started[-1] if self.script.started else None
            if newest is not None and newest not in self.wires:
                request = self.script.stream.calling(newest, _TOKEN, self.script.now)
                self.wires[newest] = Wire(list(request.scopes) if request is not None else [])
            elif newest is not None and not self.wires[newest].is_open and self.wires[newest].places:
                self.stand(newest)
            if newest is not None and self.wires[newest].is_open:
                for index in range(len(self.wires[newest].places)):
                    self.bring(newest, index)
            self.pull()
            for reader in self.readers:
                while reader.take(self.script.now):
                    pass


_TOKEN: Any = object()


@pytest.mark.parametrize("seed", range(150))
def test_each_change_comes_once_and_in_order(seed: int) -> None:
    world = World(seed)
    for _ in range(250):
        world.step()
    world.settle()
    for reader in world.readers:
        assert reader.feed.ended is None
        assert reader.seen == list(range(1, world.revisions[reader.collection] + 1))
        assert reader.place == str(world.revisions[reader.collection])
