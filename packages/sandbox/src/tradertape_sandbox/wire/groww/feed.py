"""The feed: who may open it, and what the exchange's events send to whom."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tradertape_core.market.tick import Tick
from tradertape_sandbox.exchange.events import AccountKey, Event, OrderChanged, Ticked, Traded
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.wire.groww import nats
from tradertape_sandbox.wire.groww.calls import BROKER, Call, Groww
from tradertape_sandbox.wire.groww.envelopes import bad_request
from tradertape_sandbox.wire.groww.feed_client import FeedClient
from tradertape_sandbox.wire.groww.names import FNO, segment_of
from tradertape_sandbox.wire.groww.nkeys import (
    InvalidKey,
    TokenSigner,
    decode_public,
    has_signed,
)
from tradertape_sandbox.wire.groww.topics import (
    AccountSubject,
    Content,
    MarketSubject,
    market_message,
    order_message,
    order_subject,
    position_message,
    position_subject,
    read_subject,
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A key that may open the feed, for as long as the session lasts that it was given to."""

    public_key: str
    subscription_id: str
    access_token: str
    account: AccountKey


class Feed:
    """Every connected client, and the grants by which they sign in."""

    def __init__(self, groww: Groww) -> None:
        self._groww = groww
        self._exchange: Exchange = groww.exchange
        self._signer = TokenSigner()
        self._grants: dict[str, Grant] = {}
        self._signed_in: dict[int, Grant] = {}
        self._clients: dict[int, FeedClient] = {}
        self._subjects: dict[int, frozenset[str]] = {}  # of each client
        self._meanings: dict[str, MarketSubject] = {}
        self._market: dict[str, dict[Content, str]] = {}
        self._listeners: dict[str, dict[int, FeedClient]] = {}
        self._exchange.listen(self._on_event)

    def socket_token(self, call: Call) -> object:
        """POST /api/apex/v1/socket/token/create/: a token that opens the feed with a key."""
        public_key = call.document.text("socketKey")
        try:
            decode_public(public_key)
        except InvalidKey as error:
            raise bad_request(f"socketKey: {error}") from None
        session = call.session
        self._forget_ended()
        grant = Grant(public_key, secrets.token_hex(12), session.access_token, call.key)
        self._grants[public_key] = grant
        token = self._signer.sign(
            subject=public_key,
            name=session.user_id,
            issued=self._exchange.now(),
            expires=session.expires_at,
        )
        return {"token": token, "subscriptionId": grant.subscription_id}

    def join(self) -> FeedClient:
        """A new client, with the server's first line waiting for it."""
        client = FeedClient(
            nonce=secrets.token_urlsafe(11),
            sign_in=lambda command, nonce: self._sign_in(client, command, nonce),
            admits=lambda subject: self._admits(client, subject),
            changed=self._index,
        )
        self._clients[id(client)] = client
        client.send(nats.info(_server_info(client.nonce, len(self._clients))))
        return client

    def part(self, client: FeedClient) -> None:
        """Forget a client whose connection is over."""
        self._clients.pop(id(client), None)
        self._signed_in.pop(id(client), None)
        self._list(client, frozenset())

    def has_expired(self, client: FeedClient) -> bool:
        """Whether the session that the client signed in by has ended."""
        grant = self._signed_in.get(id(client))
        return grant is not None and not self._is_open(grant)

    # --- signing in ---------------------------------------------------------------------------

    def _sign_in(self, client: FeedClient, command: nats.Connect, nonce: str) -> bool:
        public_key = self._signer.subject(command.text("jwt"))
        grant = self._grants.get(public_key or "")
        if grant is None or not self._is_open(grant):
            return False
        if not has_signed(grant.public_key, command.text("sig"), nonce.encode()):
            return False
        self._signed_in[id(client)] = grant
        return True

    def _admits(self, client: FeedClient, subject: str) -> bool:
        found = read_subject(subject, self._groww.directory)
        if isinstance(found, AccountSubject):
            return found.subscription_id == self._signed_in[id(client)].subscription_id
        return found is not None

    def _is_open(self, grant: Grant) -> bool:
        return self._groww.sessions.find(grant.access_token) is not None

    def _forget_ended(self) -> None:
        self._grants = {key: one for key, one in self._grants.items() if self._is_open(one)}

    def _index(self, client: FeedClient) -> None:
        """Take in what a client is subscribed to now."""
        self._list(client, client.subjects)

    def _list(self, client: FeedClient, subjects: frozenset[str]) -> None:
        """Note who listens to what, and have the exchange report these instruments."""
        number = id(client)
        before = self._subjects.pop(number, frozenset())
        if subjects:
            self._subjects[number] = subjects
        for subject in subjects - before:
            self._listeners.setdefault(subject, {})[number] = client
            if subject in self._meanings:
                continue
            found = read_subject(subject, self._groww.directory)
            if isinstance(found, MarketSubject):
                self._meanings[subject] = found
                self._market.setdefault(found.instrument.id, {})[found.content] = subject
        for subject in before - subjects:
            del self._listeners[subject][number]
            if not self._listeners[subject]:
                self._forget(subject)
        self._exchange.watch(self, self._market)

    def _forget(self, subject: str) -> None:
        """Drop a subject that nobody listens to."""
        del self._listeners[subject]
        found = self._meanings.pop(subject, None)
        if found is not None:
            contents = self._market[found.instrument.id]
            del contents[found.content]
            if not contents:
                del self._market[found.instrument.id]

    # --- events -------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Ticked):
            for tick in event.ticks:
                self._send_tick(tick)
        elif isinstance(event, OrderChanged) and event.key.broker == BROKER:
            self._send_order(event)
        elif isinstance(event, Traded) and event.key.broker == BROKER:
            self._send_position(event)

    def _send_tick(self, tick: Tick) -> None:
        subjects = self._market.get(tick.instrument_id)
        if not subjects:
            return
        instrument = self._exchange.instrument(tick.instrument_id)
        for content, subject in subjects.items():
            self._send(subject, lambda kind=content: market_message(tick, instrument, kind))

    def _send_order(self, event: OrderChanged) -> None:
        order = event.order
        instrument = self._exchange.instrument(order.request.instrument)
        segment = segment_of(instrument)
        for grant in self._grants_of(event.key):
            subject = order_subject(segment, grant.subscription_id)
            self._send(subject, lambda: order_message(order, instrument, order.updated_at))

    def _send_position(self, event: Traded) -> None:
        trade = event.trade
        instrument = self._exchange.instrument(trade.instrument)
        if segment_of(instrument) != FNO or not self._grants_of(event.key):
            return
        for row in self._exchange.positions(event.key).net:
            if (row.instrument.id, row.product) == (instrument.id, trade.product):
                for grant in self._grants_of(event.key):
                    subject = position_subject(grant.subscription_id)
                    self._send(subject, lambda row=row: position_message(row, trade.at))

    def _grants_of(self, key: AccountKey) -> list[Grant]:
        return [one for one in self._signed_in.values() if one.account == key]

    def _send(self, subject: str, message: Callable[[], bytes]) -> None:
        """Build a message once, where anybody listens to its subject."""
        clients = self._listeners.get(subject)
        if not clients:
            return
        payload = message()
        for client in tuple(clients.values()):
            client.deliver(subject, payload)


def _server_info(nonce: str, number: int) -> dict[str, object]:
    return {
        "server_id": "TRADERTAPESANDBOX",
        "server_name": "tradertape-sandbox",
        "version": "2.10.0",
        "proto": 1,
        "headers": True,
        "max_payload": nats.MAX_PAYLOAD,
        "auth_required": True,
        "nonce": nonce,
        "client_id": number,
    }
