"""No token, password or proof is in a log, whatever is logged."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest
from packages.brokers.tests.groww.test_contract import Watch, limit
from packages.brokers.tests.groww.test_feed import Heard, going, listed, until
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.feeds import FeedState
from tradertape_brokers.groww import feed as feeds
from tradertape_brokers.groww.feed import GrowwFeed
from tradertape_brokers.groww.login import Approval, checksum_of, sign_in
from tradertape_brokers.groww.nkeys import KeyPair
from tradertape_brokers.groww.orders import GrowwOrders
from tradertape_brokers.groww.rest import Rest
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
    stamp = int(Watch().now().timestamp())
    proof = Approval(checksum_of(SANDBOX_SECRET, stamp), stamp)
    session = sign_in("sandbox", proof, Watch(), root=fresh.url("groww"))
    rest = Rest(session.access_token, root=fresh.url("groww"))
    orders = GrowwOrders(rest, Watch())
    orders.submit(limit())
    with suppress(e.BrokerError):
        orders.submit(limit())

    async def listen() -> None:
        heard = Heard()
        url = fresh.url("groww").replace("http", "ws") + "/feed"
        async with going(GrowwFeed(rest, listed(fresh), heard, Watch(), url=url)):
            await until(lambda: FeedState.LIVE in heard.states)

    asyncio.run(listen())
    said = "\n".join(
        f"{one.name} {one.getMessage()}"
        for one in caplog.records
        if not one.name.startswith(_OF_THE_SANDBOX)
    )
    assert "httpx" in said  # the log is on
    assert signatures
    for secret in (session.access_token, SANDBOX_SECRET, proof.checksum, *signatures, '"jwt"'):
        assert secret not in said
