"""One client of the feed: its sign-in, its subscriptions, and what waits to be sent. No I/O."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tradertape_sandbox.wire.groww import nats

MOST_SUBSCRIPTIONS = 1_000
MOST_WAITING = 4 * 1024 * 1024  # bytes; a client that lets more pile up is cut off


@dataclass(slots=True)
class Subscription:
    """A subject under the client's number. left: messages until it ends; None: no end."""

    subject: str
    left: int | None = None
    sent: int = 0


@dataclass(slots=True)
class FeedClient:
    """Speaks NATS with one client.

    sign_in: whether the client that answers the nonce so may come in. admits: whether it may
    subscribe to a subject. changed: called with the client after its subscriptions changed.
    """

    nonce: str
    sign_in: Callable[[nats.Connect, str], bool]
    admits: Callable[[str], bool]
    changed: Callable[[FeedClient], None]
    subscriptions: dict[str, Subscription] = field(default_factory=dict[str, Subscription])
    unanswered_pings: int = 0
    is_over: bool = False
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _sids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # by subject
    _reader: nats.CommandReader = field(default_factory=nats.CommandReader)
    _waiting: list[bytes] = field(default_factory=list[bytes])
    _waiting_bytes: int = 0
    _is_known: bool = False
    _is_verbose: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it has signed in."""
        return self._is_known

    @property
    def subjects(self) -> frozenset[str]:
        """What it is subscribed to."""
        return frozenset(self._sids)

    def receive(self, chunk: bytes) -> None:
        """Take in what the client sent, and answer it."""
        try:
            for command in self._reader.feed(chunk):
                if self.is_over:
                    return
                self._carry_out(command)
        except nats.ProtocolViolation as error:
            self.end(str(error))

    def deliver(self, subject: str, payload: bytes) -> None:
        """Send a message to every subscription of its subject."""
        is_changed = False
        for sid in tuple(self._sids.get(subject, ())):
            one = self.subscriptions[sid]
            self.send(nats.message(subject, sid, payload))
            one.sent += 1
            if one.left is not None:
                one.left -= 1
                if one.left <= 0:
                    self._drop(sid)
                    is_changed = True
        if is_changed:
            self.changed(self)

    def ping(self) -> None:
        """Ask whether the client is still there; after two unanswered it is not."""
        if self.unanswered_pings >= 2:
            self.end("Stale Connection")
            return
        self.unanswered_pings += 1
        self.send(nats.PING)

    def end(self, reason: str) -> None:
        """Say why the connection ends, and send nothing more."""
        if not self.is_over:
            self.send(nats.error(reason))
            self.is_over = True

    def send(self, line: bytes) -> None:
        """Put bytes in the queue."""
        if self.is_over:
            return
        if self._waiting_bytes + len(line) > MOST_WAITING:
            self._waiting, self._waiting_bytes = [nats.error("Slow Consumer")], 0
            self.is_over = True
        else:
            self._waiting.append(line)
            self._waiting_bytes += len(line)
        self.ready.set()

    def take(self) -> bytes:
        """Empty the queue."""
        found = b"".join(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        self.ready.clear()
        return found

    def _carry_out(self, command: nats.Command) -> None:
        if isinstance(command, nats.Connect):
            self._connect(command)
            return
        if not self._is_known:
            self.end("Authorization Violation")
            return
        match command:
            case nats.Ping():
                self.send(nats.PONG)
                return
            case nats.Pong():
                self.unanswered_pings = 0
                return
            case nats.Subscribe():
                if not self._subscribe(command):
                    return
            case nats.Unsubscribe():
                self._unsubscribe(command)
            case nats.Publish():
                self.send(nats.error(f'Permissions Violation for Publish to "{command.subject}"'))
                return
        if self._is_verbose:
            self.send(nats.OK)

    def _connect(self, command: nats.Connect) -> None:
        if not self.sign_in(command, self.nonce):
            self.end("Authorization Violation")
            return
        self._is_known, self._is_verbose = True, command.is_verbose
        if self._is_verbose:
            self.send(nats.OK)

    def _subscribe(self, command: nats.Subscribe) -> bool:
        subject = command.subject
        if not self.admits(subject):
            self.send(nats.error(f'Permissions Violation for Subscription to "{subject}"'))
            return False
        if len(self.subscriptions) >= MOST_SUBSCRIPTIONS:
            self.send(nats.error("maximum subscriptions exceeded"))
            return False
        if command.sid in self.subscriptions:
            self._drop(command.sid)
        self.subscriptions[command.sid] = Subscription(subject)
        self._sids.setdefault(subject, []).append(command.sid)
        self.changed(self)
        return True

    def _unsubscribe(self, command: nats.Unsubscribe) -> None:
        one = self.subscriptions.get(command.sid)
        if one is None:
            return
        if command.after > one.sent:
            one.left = command.after - one.sent
            return
        self._drop(command.sid)
        self.changed(self)

    def _drop(self, sid: str) -> None:
        subject = self.subscriptions.pop(sid).subject
        self._sids[subject].remove(sid)
        if not self._sids[subject]:
            del self._sids[subject]
