"""No token, password or proof is in a log, whatever is logged."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest
from packages.brokers.tests.groww.served import Watch, limit
from packages.brokers.tests.groww.test_feed import Heard, S, feed_of, going, until
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww import feed as feeds
from tradertape_brokers.groww.broker import Groww
from tradertape_brokers.groww.nkeys import KeyPair
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.session import checksum_of
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET

# The sandbox is in the same process: what it says of its callers is not the adapter's.
_OF_THE_SANDBOX = ("uvicorn", "websockets.server", "tradertape_sandbox")


def test_nothing_that_opens_an_account_is_logged(
    fresh: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    signatures: list[str] = []

    class Noted(KeyPair):
        def sign(self, nonce: str) -> str:
            signatures.append(super().sign(nonce))
            return signatures[-1]

    monkeypatch.setattr(feeds, "KeyPair", Noted)
    hosts = Hosts.sandbox(f"http://127.0.0.1:{fresh.port}")
    grant, now = LoginGrant(api_key="sandbox", api_secret=Secret(SANDBOX_SECRET)), Watch().now()
    session = Groww().session(hosts).exchange(grant, now)
    token = session.access_token.reveal()
    checksum = checksum_of(SANDBOX_SECRET, int(now.timestamp()))
    rest = Rest(token, root=fresh.url("groww"))
    orders = GrowwOrders(rest, Watch())
    orders.submit(limit())
    with suppress(e.BrokerError):
        orders.submit(limit())

    async def listen() -> None:
        heard = Heard()
        async with going(feed_of(fresh), heard):
            await until(lambda: S.LIVE in heard.states)

    asyncio.run(listen())
    said = "\n".join(
        f"{one.name} {one.getMessage()}"
        for one in caplog.records
        if not one.name.startswith(_OF_THE_SANDBOX)
    )
    assert "httpx" in said  # the log is on
    assert signatures
    for secret in (token, SANDBOX_SECRET, checksum, *signatures, '"jwt"'):
        assert secret not in said
        assert secret not in repr((grant, session, rest, orders))
