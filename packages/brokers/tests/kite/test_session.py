"""Signing in at Kite's door of the sandbox, and postbacks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import errors as e
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.registry import UnknownBroker, broker
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
KITE = broker("kite")


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def hosts(running: Running) -> Hosts:
    return Hosts.sandbox(f"http://127.0.0.1:{running.port}")


def code_of(hosts: Hosts) -> Secret:
    """Press the login page's button; its answer's request token."""
    address = KITE.session(hosts).login_url("sandbox", state="a b&c") + "&auto=1"
    callback = urlsplit(httpx.get(address).headers["location"])
    query = parse_qs(callback.query)
    assert query["state"] == ["a b&c"]
    return Secret(query[KITE.login.callback_parameter][0])


def signed_in(hosts: Hosts) -> Session:
    code, secret = code_of(hosts), Secret("sandbox-secret")
    return KITE.session(hosts).exchange(
        LoginGrant(api_key="sandbox", code=code, api_secret=secret), NOW
    )


def test_a_session_comes_of_the_checksum_that_the_browser_made(hosts: Hosts) -> None:
    code = code_of(hosts)
    text = f"sandbox{code.reveal()}sandbox-secret"
    grant = LoginGrant(
        api_key="sandbox", code=code, checksum=Secret(hashlib.sha256(text.encode()).hexdigest())
    )
    door = KITE.session(hosts)
    session = door.exchange(grant, NOW)
    assert (session.broker, session.user_id, session.api_key) == ("kite", "SB0001", "sandbox")
    assert session.expires_at == datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
    assert door.check(session).user_id == "SB0001"
    with pytest.raises(e.Refused, match="Sign in again"):
        door.exchange(grant, NOW)  # a request token is good once


def test_a_wrong_secret_is_refused(hosts: Hosts) -> None:
    door = KITE.session(hosts)
    grant = LoginGrant(api_key="sandbox", code=code_of(hosts), api_secret=Secret("wrong"))
    with pytest.raises(e.Refused, match="checksum is wrong"):
        door.exchange(grant, NOW)
    with pytest.raises(e.Refused, match="request token"):
        door.exchange(LoginGrant(api_key="sandbox", api_secret=Secret("x")), NOW)


def test_an_ended_session_is_found_out_and_may_be_ended_again(hosts: Hosts) -> None:
    door, session = KITE.session(hosts), signed_in(hosts)
    door.invalidate(session)
    with pytest.raises(e.SessionExpired):
        door.check(session)
    door.invalidate(session)


def test_the_names_of_the_brokers_are_told() -> None:
    with pytest.raises(UnknownBroker, match="kite"):
        broker("zerodha")


POSTBACK = {
    "user_id": "SB0001", "order_id": "7", "status": "COMPLETE", "tag": "TT1", "exchange": "NSE",
    "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "CNC", "variety": "regular",
    "order_type": "LIMIT", "validity": "DAY", "quantity": 5, "filled_quantity": 5, "price": 1500,
    "average_price": 1500, "order_timestamp": "2026-11-24 10:30:00",
}  # fmt: skip


def body_of(secret: str) -> bytes:
    text = f"{POSTBACK['order_id']}{POSTBACK['order_timestamp']}{secret}"
    return json.dumps(POSTBACK | {"checksum": hashlib.sha256(text.encode()).hexdigest()}).encode()


def test_a_postback_is_verified_by_its_checksum() -> None:
    door = KITE.postbacks
    assert door is not None
    read = door.read(body_of("s3cret"), Secret("s3cret"))
    assert (read.user_id, read.order.venue_order_id, read.is_verified) == ("SB0001", "7", True)
    assert not door.read(body_of("s3cret"), None).is_verified


@pytest.mark.parametrize("body", [body_of("other"), b"", b"[]", b"{}", b"\xff", b'{"order_id": 7}'])
def test_a_false_postback_is_refused(body: bytes) -> None:
    door = KITE.postbacks
    assert door is not None
    with pytest.raises(e.Refused, match="postback"):
        door.read(body, Secret("s3cret"))
