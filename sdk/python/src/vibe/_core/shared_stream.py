"""The one stream that all subscriptions of a client share.

It decides and does no I/O: messages and the time are given to it, and what it wants done goes through a port.
Whoever drives it calls it from one thread at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import grpc
from google.rpc import status_pb2

from vibe.sync.v1 import sync_service_pb2 as wire

from .access_token import AccessToken
from .call_progress import warn_of_lost_history
from .consistency import Freshness, SpaceLedgers
from .failure import VibeError, cut, from_status, seconds
from .hooks import LOG
from .reason import Reason
from .recovery import Recovery
from .retry import NextStep, RetryPolicy
from .subscription_state import FeedPage, SubscriptionState

_JOINING_TOGETHER: Final = 0.02
_OPENING_PATIENCE: Final = 30.0

PATIENCE_WITH_THE_ONLY_READER: Final = 1.0
"""How many seconds a page waits for its reader. Longer, and the server would take the client for one that does not
read.
"""

_DEFAULT_SILENCE: Final = 60.0
_LONGEST_RENEWAL_MARGIN: Final = 30.0

# A stream that is shorter ends by itself: opening the next one early, ever closer to a token's end, gains nothing.
_SHORTEST_RENEWED_LIFETIME: Final = 5.0

# More than this is not kept of the old stream while the new one is opened; it then goes, and the new one brings it.
_MOST_HELD: Final = 16

_NO_REASON: Final = status_pb2.Status(
    code=grpc.StatusCode.UNAVAILABLE.value[0], message="The stream ended without saying why."
)


@dataclass(eq=False, slots=True)
class Stream:
    """One attempt to follow, from before its token is known to its end."""

    number: int
    refused: AccessToken | None
    """The token that the server refused, so that another one is needed; and in which words."""

    refusal: VibeError | None

    is_ahead: bool
    """Whether it is opened before the old one ends, and so asks for a newer token."""

    token: AccessToken | None = None
    is_open: bool = False
    scopes: list[SubscriptionState] = field(default_factory=list)
    wanting: list[SubscriptionState] = field(default_factory=list)
    """Those for whom it is opened; the others only come along."""

    freshness: list[Freshness] = field(default_factory=list)
    deadline: float | None = None
    heard: float = 0.0
    silence: float = _DEFAULT_SILENCE
    renew_at: float | None = None


class Port(Protocol):
    """What the shared stream wants done. Nothing here waits."""

    def start(self, stream: Stream) -> None:
        """Gets a token, asks `calling` for the request, and reports what comes, up to the failure that ends it."""

    def stop(self, stream: Stream) -> None:
        """Ends a stream; what it still reports is passed over."""

    def pull(self, subscription: SubscriptionState, request: wire.PullRequest, freshness: Freshness) -> None:
        """Pulls a page and reports it by `pulled` or `pull_failed`."""


class SharedStream:
    """Keeps subscriptions on one stream: opens it, resumes it, and ends each of them only for a reason."""

    def __init__(self, port: Port, retry: RetryPolicy, ledgers: SpaceLedgers, random: Callable[[], float]) -> None:
        self._port = port
        self._ledgers = ledgers
        self._random = random
        self._recovery = Recovery(retry)
        self._subscriptions: list[SubscriptionState] = []
        self._numbers = 0
        self._failed = 0
        self._standing: Stream | None = None
        self._opening: Stream | None = None
        self._held: list[wire.SubscribeResponse] = []
        self._refused: tuple[AccessToken | None, VibeError | None] = (None, None)

    @property
    def next_number(self) -> int:
        """The number of the next stream whose request is not made yet."""
        is_unasked = self._opening is not None and self._opening.deadline is None
        return self._numbers if is_unasked else self._numbers + 1

    def join(self, subscription: SubscriptionState, now: float) -> None:
        """Follows one more; what joins within a short time joins together."""
        self._subscriptions.append(subscription)
        subscription.due = now + _JOINING_TOGETHER

    def refresh(self, subscription: SubscriptionState, now: float) -> None:
        """Opens the stream anew, so that the subscription quotes the client's latest writes."""
        if subscription.due is None:
            subscription.due = now + _JOINING_TOGETHER

    def leave(self, subscription: SubscriptionState) -> None:
        """Follows one less. The stream goes with the last of them, and otherwise stays as it is."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._stop_when_idle()

    def has(self, subscription: SubscriptionState) -> bool:
        return subscription in self._subscriptions

    def room(self, subscription: SubscriptionState, now: float) -> None:
        """The reader took a page."""
        if not subscription.is_away or subscription.is_pulling or not self.has(subscription):
            return
        if not subscription.is_caught_up:
            if subscription.sink.has_room():
                self._pull(subscription)
        elif subscription.sink.is_empty():
            subscription.is_away = False
            subscription.due = now + _JOINING_TOGETHER

    def close(self, error: BaseException) -> None:
        """Ends everything."""
        for subscription in self._subscriptions:
            subscription.sink.end(error)
        self._subscriptions.clear()
        self._stop_when_idle()

    def next_time(self) -> float | None:
        """When `tick` has something to do, if nothing happens before."""
        times: list[float] = []
        if self._opening is None:
            times += [each.due for each in self._subscriptions if each.due is not None and not each.is_away]
            if self._standing is not None and self._standing.renew_at is not None:
                times.append(self._standing.renew_at)
        elif self._opening.deadline is not None:
            times.append(self._opening.deadline)
        if self._standing is not None:
            times.append(self._standing.heard + self._standing.silence)
        return min(times, default=None)

    def tick(self, now: float) -> None:
        """Does what is due."""
        opening, standing = self._opening, self._standing
        if opening is not None and opening.deadline is not None and now >= opening.deadline:
            self._port.stop(opening)
            self.failed(opening, cut("The stream did not open in time."), now)
        if standing is not None and now >= standing.heard + standing.silence:
            self._port.stop(standing)
            self.failed(standing, cut("Nothing was heard for twice the interval of heartbeats."), now)
        if self._opening is None:
            standing = self._standing
            is_ahead = standing is not None and standing.renew_at is not None and now >= standing.renew_at
            if is_ahead or any(self._is_due(each, now) for each in self._subscriptions):
                self._open(is_ahead)

    def calling(self, stream: Stream, token: AccessToken, now: float) -> wire.SubscribeRequest | None:
        """Gives the request of a stream that has its token; None when nobody wants it any more."""
        if stream is not self._opening:
            return None
        stream.token = token
        stream.scopes = self._candidates(now)
        if not stream.scopes:
            self._opening = None
            return None
        stream.wanting = [each for each in stream.scopes if each.due is not None]
        stream.deadline = now + _OPENING_PATIENCE
        for each in stream.scopes:
            freshness = each.freshness(self._ledgers)
            stream.freshness.append(freshness)
            each.due = None
            each.quoted, each.quoted_by = freshness.automatic, stream.number
        scopes = [each.scope(fresh) for each, fresh in zip(stream.scopes, stream.freshness, strict=True)]
        return wire.SubscribeRequest(scopes=scopes)

    def has_to_wait(self, stream: Stream, message: wire.SubscribeResponse) -> bool:
        """Whether the only reader has no place for a page: the line is the best brake. No other is held up by that."""
        if len(self._subscriptions) != 1 or stream is not self._standing:
            return False
        subscription = self._subscriptions[0]
        return subscription.stream is stream and not subscription.sink.has_room() and message.HasField("page")

    def received(self, stream: Stream, message: wire.SubscribeResponse, now: float) -> None:
        """Takes in a message."""
        stream.heard = now
        kind = message.WhichOneof("event")
        if stream is self._opening:
            if kind == "opened":
                self._stand(stream, message.opened, now)
            elif kind == "end":
                self._port.stop(stream)
                self.failed(stream, _error_of(message.end), now)
        elif stream is self._standing:
            if self._opening is None or self._opening.deadline is None:
                self._handle(stream, message, now)
            else:
                self._hold(stream, message, now)

    def failed(self, stream: Stream, error: VibeError, now: float) -> None:
        """Takes in the failure that ended a stream."""
        if stream is self._standing:
            scopes = self._let_go(stream)
            if self._opening is None:
                self._recover(stream, error, scopes, now)
            else:
                # The one that is being opened goes on from the same places.
                for each in scopes:
                    if each not in self._opening.scopes:
                        each.due = now
        elif stream is self._opening:
            self._opening = None
            was_asked = stream.deadline is not None
            scopes = [each for each in stream.scopes if self.has(each)] if was_asked else self._candidates(now)
            self._recover(stream, error, scopes, now)
            held, self._held = self._held, []
            for message in held:
                if self._standing is not None:
                    self._handle(self._standing, message, now)
        self._stop_when_idle()

    def pulled(self, subscription: SubscriptionState, response: wire.PullResponse, now: float) -> None:
        """Takes in a page that was pulled."""
        subscription.is_pulling = False
        if not self.has(subscription):
            return
        self._ledgers.learn(subscription.space, response.collection)
        page = FeedPage.of(response.page)
        subscription.is_caught_up = page.is_live
        subscription.take(page, 0, now)
        self.room(subscription, now)

    def pull_failed(self, subscription: SubscriptionState, error: VibeError, now: float) -> None:
        """Takes in that a page could not be pulled."""
        subscription.is_pulling = False
        if not self.has(subscription):
            return
        step, delay = subscription.recovery.fail(error, self._random())
        if step in (NextStep.THROW, NextStep.WITH_NEW_TOKEN) or not self._may_go_on(step, [subscription], []):
            self._end(subscription, error)
            return
        subscription.is_away = False
        subscription.due = now + delay

    def _is_due(self, subscription: SubscriptionState, now: float) -> bool:
        return not subscription.is_away and subscription.due is not None and now >= subscription.due

    def _candidates(self, now: float) -> list[SubscriptionState]:
        """Those that belong on a stream that is opened now."""
        return [
            each
            for each in self._subscriptions
            if not each.is_away and (each.stream is not None or self._is_due(each, now + _JOINING_TOGETHER))
        ]

    def _open(self, is_ahead: bool) -> None:
        self._numbers += 1
        self._opening = Stream(self._numbers, *self._refused, is_ahead)
        self._refused = (None, None)
        if self._standing is not None and is_ahead:
            self._standing.renew_at = None
        self._port.start(self._opening)

    def _stand(self, stream: Stream, opened: wire.Opened, now: float) -> None:
        """The new stream stands before the old one goes; what that one held back comes with the new one."""
        old, self._standing, self._opening = self._standing, stream, None
        stream.is_open = True
        self._held.clear()
        if old is not None:
            self._port.stop(old)
        self._recovery.opened()
        interval = seconds(opened.heartbeat_interval)
        stream.silence = 2 * interval if interval > 0 else _DEFAULT_SILENCE
        lifetime = seconds(opened.lifetime)
        if lifetime >= _SHORTEST_RENEWED_LIFETIME:
            # Drawn, so that clients that were cut together do not come back together for ever.
            margin = min(lifetime / 4, _LONGEST_RENEWAL_MARGIN)
            stream.renew_at = now + lifetime - margin * (0.5 + self._random() / 2)
        for each in self._subscriptions:
            if each.stream is old and each not in stream.scopes:
                each.stream = None
        for each in stream.scopes:
            if self.has(each) and not each.is_away:
                each.opened(stream, now)
        for each, name in zip(stream.scopes, opened.collections, strict=False):
            self._ledgers.learn(each.space, name)
        self._stop_when_idle()

    def _hold(self, stream: Stream, message: wire.SubscribeResponse, now: float) -> None:
        """The new stream was asked to go on from here: until it stands, nothing further is taken."""
        self._held.append(message)
        if len(self._held) > _MOST_HELD:
            self._port.stop(stream)
            self.failed(stream, cut("The stream was left for the next one."), now)

    def _handle(self, stream: Stream, message: wire.SubscribeResponse, now: float) -> None:
        kind = message.WhichOneof("event")
        if kind == "end":
            self._port.stop(stream)
            self.failed(stream, _error_of(message.end), now)
            return
        if kind in ("page", "heartbeat") and stream.number > self._failed:
            self._recovery.progressed()
        if not 0 <= message.scope_index < len(stream.scopes):
            return
        subscription = stream.scopes[message.scope_index]
        if subscription.stream is not stream or not self.has(subscription):
            return
        match kind:
            case "page":
                if not subscription.take(FeedPage.of(message.page), stream.number, now):
                    subscription.stream = None
                    subscription.is_away, subscription.is_caught_up = True, False
                    self._stop_when_idle()
            case "heartbeat":
                subscription.beat(message.heartbeat.resume_token, stream.number, now)
            case "scope_ended":
                self._end_scope(stream, message.scope_index, _error_of(message.scope_ended), now)

    def _end_scope(self, stream: Stream, index: int, error: VibeError, now: float) -> None:
        """One scope ends alone, or comes back alone; the stream goes on with the others."""
        subscription = stream.scopes[index]
        subscription.stream = None
        step, delay = subscription.recovery.fail(error, self._random())
        if step is NextStep.THROW or not self._may_go_on(step, [subscription], [stream.freshness[index]]):
            self._end(subscription, error)
        else:
            if step is NextStep.WITH_NEW_TOKEN:
                self._refused = (stream.token, error)
            subscription.due = now + max(delay, _JOINING_TOGETHER)
            if subscription.recovery.failures > 1:
                subscription.sink.lose_touch(error)
        self._stop_when_idle()

    def _recover(self, stream: Stream, error: VibeError, scopes: list[SubscriptionState], now: float) -> None:
        was_open = stream.is_open
        self._failed = stream.number
        step, delay = self._recovery.fail(error, self._random())
        accused = self._accused(stream, error, scopes)
        if step is NextStep.WITH_NEW_TOKEN:
            self._refused = (stream.token, error)
        if (
            step is NextStep.THROW
            or (step is NextStep.WITH_NEW_TOKEN and stream.token is None)
            or not self._may_go_on(step, accused, stream.freshness)
        ):
            for each in accused:
                self._end(each, error)
            delay = 0.0
        else:
            LOG.debug("A subscription was cut with %s %s and resumes in %.3f s.", error.code.name, error.reason, delay)
        if error.reason == Reason.TOO_MANY_STREAMS and self._standing is not None:
            # There is no place for two: the old one goes first.
            self._port.stop(self._standing)
            scopes = scopes + [each for each in self._let_go(self._standing) if each not in scopes]
        for each in scopes:
            if not self.has(each):
                continue
            if each.stream is None or each.due is not None or each in stream.wanting:
                each.due = now + delay
            if step is NextStep.AGAIN and not was_open and each.stream is None:
                each.sink.lose_touch(error)
        if stream.is_ahead and self._standing is not None:
            self._standing.renew_at = now + delay

    def _may_go_on(self, step: NextStep, accused: list[SubscriptionState], freshness: list[Freshness]) -> bool:
        """Gives up what the server could not use; False when there was nothing of the kind."""
        if step is NextStep.ANEW:
            bearers = [each for each in accused if each.resume_token is not None]
            for each in bearers:
                each.resume_token = None
            return bool(bearers)
        if step is NextStep.WITHOUT_TOKENS:
            had_any = [each.forget() for each in freshness]
            if any(had_any):
                warn_of_lost_history("Subscribe")
            return any(had_any)
        return True

    def _accused(self, stream: Stream, error: VibeError, scopes: list[SubscriptionState]) -> list[SubscriptionState]:
        """Whose failure it is: the scope that the error names; else those that joined; else all."""
        if error.code == grpc.StatusCode.UNAUTHENTICATED:
            return list(self._subscriptions)
        named = re.match(r"(?:scopes\[)?(\d+)", error.metadata.get("scope", error.metadata.get("field", "")))
        if named is not None and int(named[1]) < len(stream.scopes):
            return [stream.scopes[int(named[1])]]
        return [each for each in scopes if each.stream is None] or scopes

    def _let_go(self, stream: Stream) -> list[SubscriptionState]:
        """Takes down the standing stream; gives those that were on it."""
        self._standing = None
        self._held.clear()
        scopes = [each for each in self._subscriptions if each.stream is stream]
        for each in scopes:
            each.stream = None
        return scopes

    def _pull(self, subscription: SubscriptionState) -> None:
        subscription.is_pulling = True
        freshness = subscription.freshness(self._ledgers)
        self._port.pull(subscription, wire.PullRequest(scope=subscription.scope(freshness)), freshness)

    def _end(self, subscription: SubscriptionState, error: VibeError) -> None:
        if self.has(subscription):
            self._subscriptions.remove(subscription)
            subscription.sink.end(error)

    def _stop_when_idle(self) -> None:
        standing, opening = self._standing, self._opening
        if standing is not None and not any(each.stream is standing for each in self._subscriptions):
            self._let_go(standing)
            self._port.stop(standing)
        if opening is not None and all(each.is_away for each in self._subscriptions):
            self._opening = None
            self._port.stop(opening)


def _error_of(event: wire.End | wire.ScopeEnded) -> VibeError:
    return from_status(event.status if event.HasField("status") else _NO_REASON)
