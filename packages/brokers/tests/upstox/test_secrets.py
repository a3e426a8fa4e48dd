"""No token is in a log, whatever is logged."""

from __future__ import annotations

import asyncio
import logging

import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.served import limit, rest_of
from packages.brokers.tests.upstox.test_feed import Clock, Heard, S, going, keys_of, until

from tradertape_brokers.upstox.feed import UpstoxFeed
from tradertape_brokers.upstox.orders import UpstoxOrders

# The sandbox is in the same process: what it says of its callers is not the adapter's.
_OF_THE_SANDBOX = ("uvicorn", "websockets.server", "tradertape_sandbox")


def test_nothing_that_opens_an_account_is_logged(
    fresh: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rest = rest_of(fresh)
    UpstoxOrders(rest, Clock(), keys_of(fresh)).submit(limit())

    async def listen() -> None:
        heard = Heard()
        async with going(UpstoxFeed(rest, keys_of(fresh), heard, Clock())):
            await until(lambda: S.LIVE in heard.states)

    asyncio.run(listen())
    said = "\n".join(
        f"{one.name} {one.getMessage()}"
        for one in caplog.records
        if not one.name.startswith(_OF_THE_SANDBOX)
    )
    assert "httpx" in said  # the log is on
    for secret in (rest._token, "code="):  # pyright: ignore[reportPrivateUsage]
        assert secret not in said
