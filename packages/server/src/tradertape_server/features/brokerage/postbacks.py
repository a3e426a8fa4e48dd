"""Updates of orders that brokers post to our address.

Only a checksum made with the account's API secret proves that the broker sent one: its order is
then passed on. The same post again within a minute is not: whoever repeats one, the broker or a
stranger who saw it, keeps nobody else waiting. Where no secret is stored nothing can be checked:
the post is a hint to read the order book, which anybody may give, and which is therefore passed on
once in some seconds. Proven posts are counted by no limit on requests, all others are.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tradertape_brokers.errors import Refused
from tradertape_brokers.port import Postback, PostbackPort
from tradertape_brokers.registry import UnknownBroker
from tradertape_brokers.secret import Secret
from tradertape_core.kernel.clock import Clock
from tradertape_server.features.brokerage.accounts import BrokerAccount
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.credentials import CredentialStore
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import BadRequest, NotFound, Unauthenticated, Unavailable
from tradertape_server.platform.http.forwarding import NOT_THE_TRADER

HINT_EVERY_S: Final = 2.0
SAME_WITHIN_S: Final = 60.0
MOST_ACCOUNTS: Final = 10_000
MOST_POSTS: Final = 10_000
SECRETS_KEPT_S: Final = 5.0  # a flood of posts does not become one of queries


def _nothing() -> None:
    """What is left to do for a post that concerns nobody here."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A post that was read. is_proven: the broker has sent it. rest: what remains to be done."""

    is_proven: bool = False
    rest: Callable[[], None] = _nothing


class Elsewhere(Unavailable):
    """Another process trades: the post is handed to it."""

    def __init__(self) -> None:
        super().__init__("Another process takes updates of orders.", code=NOT_THE_TRADER)


@dataclass(slots=True)
class Postbacks:
    """Reads posts; what follows from one is done after it was answered.

    is_elsewhere: whether another process trades, which alone can use an update.
    """

    database: Database
    clock: Clock
    connections: Connections
    store: CredentialStore
    is_elsewhere: Callable[[], bool] = lambda: False
    _secrets: dict[tuple[str, str], tuple[float, Sequence[Secret]]] = field(
        default_factory=dict[tuple[str, str], tuple[float, Sequence[Secret]]]
    )
    _hinted_s: dict[BrokerAccount, float] = field(default_factory=dict[BrokerAccount, float])
    _passed_s: dict[bytes, float] = field(default_factory=dict[bytes, float])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def receive(self, name: str, body: bytes) -> Taken:
        """Check a post.

        Raises NotFound where the broker sends none, BadRequest for one that cannot be read,
        Unauthenticated for a wrong checksum and Elsewhere. A post about an account that nobody has
        connected here is accepted and dropped: the response does not tell whose accounts are known.
        """
        port, proof = self._port(name), hashlib.sha256(name.encode() + body).digest()
        if self._was_passed(proof):
            return Taken()  # anybody may repeat what was seen: it counts as anybody's request
        try:
            read = port.read(body, None)
        except Refused as error:
            raise BadRequest(str(error), code="postback_unreadable") from None
        accounts = [
            one.account
            for one in self.connections.all()
            if (one.account.broker, one.account.broker_user_id) == (name, read.user_id)
        ]
        if not accounts:
            return Taken()
        secrets = self._secrets_of(name, read.user_id)
        verified = _verified(port, body, secrets) if secrets else None
        if verified is None or not verified.is_verified:  # no secret, or this broker signs nothing
            due = self._due_hints(accounts)
            if due and self.is_elsewhere():
                raise Elsewhere
            return Taken(rest=lambda: self._hint(due))
        if self.is_elsewhere():
            raise Elsewhere
        self._note_passed(proof)
        return Taken(is_proven=True, rest=lambda: self._deliver(accounts, verified))

    def _secrets_of(self, name: str, broker_user_id: str) -> Sequence[Secret]:
        """The API secrets that people have stored for an account, a moment old at most."""
        key, now_s = (name, broker_user_id), self.clock.monotonic()
        with self._lock:
            at_s, found = self._secrets.get(key, (-SECRETS_KEPT_S, ()))
        if now_s - at_s < SECRETS_KEPT_S:
            return found
        with self.database.read() as session:
            found = self.store.secrets_of(session, name, broker_user_id)
        with self._lock:
            if len(self._secrets) >= MOST_ACCOUNTS:
                self._secrets.clear()
            self._secrets[key] = now_s, found
        return found

    def _was_passed(self, proof: bytes) -> bool:
        with self._lock:
            passed_s = self._passed_s.get(proof)
        return passed_s is not None and self.clock.monotonic() - passed_s < SAME_WITHIN_S

    def _note_passed(self, proof: bytes) -> None:
        with self._lock:
            if len(self._passed_s) >= MOST_POSTS:
                self._passed_s.clear()
            self._passed_s[proof] = self.clock.monotonic()

    def _port(self, name: str) -> PostbackPort:
        try:
            port = self.connections.broker(name).postbacks
        except UnknownBroker:
            port = None
        if port is None:
            raise NotFound("Postback address")
        return port

    def _deliver(self, accounts: list[BrokerAccount], read: Postback) -> None:
        for account in accounts:
            self.connections.deliver_orders(account, (read.order,))

    def _hint(self, accounts: Sequence[BrokerAccount]) -> None:
        for account in accounts:
            self.connections.deliver_hint(account)

    def _due_hints(self, accounts: Sequence[BrokerAccount]) -> list[BrokerAccount]:
        """Those of the accounts of which no hint was passed on for some seconds."""
        now_s = self.clock.monotonic()
        with self._lock:
            due = [
                one
                for one in accounts
                if now_s - self._hinted_s.get(one, -HINT_EVERY_S) >= HINT_EVERY_S
            ]
            if len(self._hinted_s) >= MOST_ACCOUNTS:
                self._hinted_s.clear()
            self._hinted_s.update(dict.fromkeys(due, now_s))
        return due


def _verified(port: PostbackPort, body: bytes, secrets: Sequence[Secret]) -> Postback:
    """The post as the first secret proves it; several people may have connected one account."""
    for secret in secrets:
        try:
            return port.read(body, secret)
        except Refused:
            continue
    raise Unauthenticated("The checksum is wrong.", code="postback_checksum_wrong")
