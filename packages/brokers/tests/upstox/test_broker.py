"""Upstox behind the port, from the login to the feed, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.served import limit
from packages.brokers.tests.upstox.test_feed import Clock, until

from tradertape_brokers import errors as e
from tradertape_brokers.feed import FeedCondition, FeedGap, FeedState, TickMode
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Broker, Connection
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session
from tradertape_brokers.upstox.broker import Upstox
from tradertape_brokers.upstox.feed_port import UpstoxFeedPort
from tradertape_core.market.candle import Interval
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import OrderStatus
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET

C = FeedCondition
BACK = "http://127.0.0.1:9/back"


@dataclass
class Heard:
    """What the listener was told."""

    ticks: list[Tick] = field(default_factory=list)
    orders: list[VenueOrder] = field(default_factory=list)
    gaps: list[FeedGap] = field(default_factory=list)
    states: list[FeedState] = field(default_factory=list)

    def on_ticks(self, ticks: Sequence[Tick]) -> None:
        self.ticks += ticks

    def on_order(self, order: VenueOrder) -> None:
        self.orders.append(order)

    def on_gap(self, gap: FeedGap) -> None:
        self.gaps.append(gap)

    def on_state(self, state: FeedState) -> None:
        self.states.append(state)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's rate limits are another test's."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


@pytest.fixture
def hosts(fresh: Running) -> Hosts:
    return Hosts.sandbox(f"http://127.0.0.1:{fresh.port}")


@pytest.fixture
def broker() -> Broker:
    return Upstox()


def signed_in(broker: Broker, hosts: Hosts) -> Session:
    door = broker.session(hosts)
    page = door.login_url("sandbox", redirect_uri=BACK, state="s")
    came_back = httpx.get(f"{page}&auto=1").headers["location"]
    code = parse_qs(urlsplit(came_back).query)[broker.login.callback_parameter][0]
    grant = LoginGrant(
        api_key="sandbox", code=Secret(code), api_secret=Secret(SANDBOX_SECRET), redirect_uri=BACK
    )
    session = door.exchange(grant, Clock().now())
    with pytest.raises(e.Refused, match="used up"):
        door.exchange(grant, Clock().now())
    with pytest.raises(e.Refused, match="API secret"):
        door.exchange(replace(grant, api_secret=Secret("wrong")), Clock().now())
    return session


def connected(broker: Broker, hosts: Hosts, session: Session) -> Connection:
    listing = broker.connect(session, hosts, Limiter({}), Clock()).instruments
    assert listing is not None
    known = {one.id: one for one in listing.download()}
    return broker.connect(session, hosts, Limiter({}), Clock(), known.get)


def test_an_account_is_used_through_the_port_alone(broker: Broker, hosts: Hosts) -> None:
    session = signed_in(broker, hosts)
    account = connected(broker, hosts, session)
    report = account.orders.submit(limit())
    assert report is not None
    (order,) = account.orders.order_book()
    assert (order.status, order.request) == (OrderStatus.OPEN, limit().request)
    assert account.portfolio is not None
    assert {one.tradingsymbol for one in account.portfolio.holdings()} >= {"INFY", "SBIN"}
    assert account.portfolio.profile().user_id == "SB0001"
    assert account.instruments is not None
    infy = next(one for one in account.instruments.download() if one.id == "NSE:INFY")
    assert account.quotes is not None
    assert account.quotes.quotes([infy])["NSE:INFY"].last_price == 150
    end = Clock().now()
    start = end.replace(day=1, month=end.month - 1) if end.month > 1 else end.replace(day=1)
    assert account.quotes.candles(infy, Interval.DAY, start, end)
    door = broker.session(hosts)
    assert door.check(session).user_id == "SB0001"
    door.invalidate(session)
    door.invalidate(session)
    with pytest.raises(e.SessionExpired):
        door.check(session)
    with pytest.raises(e.SessionExpired):
        account.orders.order_book()


def test_what_the_broker_can_do_is_what_its_ports_take(broker: Broker) -> None:
    able = broker.capabilities
    assert able.candle_days[Interval.MINUTE] <= 31
    assert able.feed_instruments == 1500
    assert able.gtt_single
    assert not able.gtt_two_leg
    assert (broker.name, broker.login.has_page) == ("upstox", True)


@asynccontextmanager
async def going(feed: UpstoxFeedPort, heard: Heard) -> AsyncIterator[None]:
    task = asyncio.create_task(feed.run(heard))
    yield
    await feed.close()
    async with asyncio.timeout(5):
        await task


def test_prices_and_orders_come_through_one_feed(
    fresh: Running, broker: Broker, hosts: Hosts
) -> None:
    async def listen() -> None:
        session = signed_in(broker, hosts)
        account = connected(broker, hosts, session)
        feed, heard = account.feed, Heard()
        assert isinstance(feed, UpstoxFeedPort)
        find = fresh.sandbox.exchange.instrument
        infy, nifty, unlisted = (
            find("NSE:INFY"), find("NSE:NIFTY 50"),
            replace(find("NSE:INFY"), tradingsymbol="NOSUCH"),
        )  # fmt: skip
        assert feed.subscribe("page", [infy, unlisted], TickMode.LTP) == {"NSE:NOSUCH"}
        assert (feed.state.condition, feed.state.subscribed) == (C.CONNECTING, 1)
        async with going(feed, heard):
            await until(lambda: any(one.instrument_id == "NSE:INFY" for one in heard.ticks))
            feed.subscribe("run", [infy, nifty])
            await until(lambda: any(one.depth for one in heard.ticks))
            await asyncio.to_thread(account.orders.submit, limit())
            await until(lambda: any(one.status is OrderStatus.OPEN for one in heard.orders))
            fresh.sandbox.app.cut_sockets("upstox")
            await until(lambda: len(heard.gaps) == 2)
            assert {one.instruments for one in heard.gaps} == {
                frozenset(), frozenset({"NSE:INFY", "NSE:NIFTY 50"}),
            }  # fmt: skip
            feed.unsubscribe("page")
            feed.unsubscribe("run", [infy])
            assert feed.state.subscribed == 1
            await asyncio.sleep(0.3)
            heard.ticks.clear()
            fresh.sandbox.exchange.market.set_price("NSE:INFY", Decimal(151))
            await until(lambda: heard.ticks)
            assert {one.instrument_id for one in heard.ticks} == {"NSE:NIFTY 50"}
        conditions = [one.condition for one in heard.states]
        assert conditions == [
            C.CONNECTING, C.LIVE, C.BACKING_OFF, C.CONNECTING, C.LIVE, C.CLOSED,
        ]  # fmt: skip
        assert (feed.state.reconnects, feed.state.dropped) == (1, 0)

    asyncio.run(listen())


def test_a_full_feed_refuses_more_and_keeps_what_it_has(
    broker: Broker, hosts: Hosts, fresh: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradertape_brokers.upstox.feed.MOST_KEYS", 2)
    feed = connected(broker, hosts, signed_in(broker, hosts)).feed
    assert feed is not None
    names = ("NSE:INFY", "NSE:SBIN", "NSE:TCS")
    infy, sbin, tcs = (fresh.sandbox.exchange.instrument(name) for name in names)
    assert feed.subscribe("a", [infy, sbin]) == frozenset()
    assert feed.subscribe("b", [tcs, infy]) == {"NSE:TCS"}
    assert feed.state.subscribed == 2
    feed.unsubscribe("a")
    assert feed.subscribe("b", [tcs]) == frozenset()


def test_a_new_session_is_used_without_a_restart(
    fresh: Running, broker: Broker, hosts: Hosts
) -> None:
    async def listen() -> None:
        account = connected(broker, hosts, signed_in(broker, hosts))
        feed, heard = account.feed, Heard()
        assert isinstance(feed, UpstoxFeedPort)
        feed.subscribe("page", [fresh.sandbox.exchange.instrument("NSE:INFY")])
        async with going(feed, heard):
            await until(lambda: heard.ticks)
            fresh.sandbox.sessions["upstox"].close_all()
            await until(lambda: feed.state.condition is C.SIGNED_OUT)
            assert feed.state.is_stale
            feed.renew(signed_in(broker, hosts))
            heard.ticks.clear()
            await until(lambda: heard.ticks and feed.state.condition is C.LIVE)

    asyncio.run(listen())
