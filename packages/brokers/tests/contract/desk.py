"""One broker's adapter at a served sandbox, taken from the registry as the server takes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import registry
from tradertape_brokers.feed import FeedCondition, FeedGap, FeedPort, FeedState
from tradertape_brokers.feeds import Pauses
from tradertape_brokers.groww.feed import GrowwFeed
from tradertape_brokers.groww.feed_link import Patience as GrowwPatience
from tradertape_brokers.groww.rest import Rest as GrowwRest
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.kite.ticker import KiteTicker
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Broker, Connection
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session
from tradertape_brokers.upstox.feed_loop import Patience as UpstoxPatience
from tradertape_brokers.upstox.feed_port import UpstoxFeedPort
from tradertape_brokers.upstox.keys import FoundKeys
from tradertape_brokers.upstox.rest import Rest as UpstoxRest
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import (
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
)
from tradertape_core.orders.reports import VenueOrder
from tradertape_sandbox.exchange.accounts import Account
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET

CALLBACK = "http://127.0.0.1:9/brokers/callback"
QUICK = Pauses(first_s=0.02, longest_s=0.1)


class Watch:
    """The machine's clock: the sandbox goes by it."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - as above

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Desk:
    """An account at one broker of the sandbox, and what it is to be compared with."""

    broker: Broker
    running: Running
    clock: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        self.hosts = Hosts.sandbox(f"http://127.0.0.1:{self.running.port}")
        self.session = self.signed_in()
        self.connection = self.connected(Limiter({}))
        self.orders = self.connection.orders

    @property
    def name(self) -> str:
        return self.broker.name

    @property
    def exchange(self) -> Any:
        return self.running.sandbox.exchange

    @property
    def account(self) -> Account:
        """The account as the exchange has it."""
        return self.exchange.account(AccountKey(self.name, "SB0001"))

    def signed_in(self, secret: str = SANDBOX_SECRET) -> Session:
        """Sign in as a person does: the page's button where there is a page, then the secret."""
        door = self.broker.session(self.hosts)
        url = door.login_url("sandbox", redirect_uri=CALLBACK, state="s1")
        code = ""
        if url:
            page = httpx.get(f"{url}&auto=1")
            back = httpx.URL(page.headers["location"])
            assert back.params["state"] == "s1"
            code = back.params[self.broker.login.callback_parameter]
        grant = LoginGrant(
            api_key="sandbox", code=Secret(code), api_secret=Secret(secret), redirect_uri=CALLBACK
        )
        return door.exchange(grant, self.clock.now())

    def connected(self, limiter: Limiter) -> Connection:
        find = self.exchange.instruments.get
        return self.broker.connect(self.session, self.hosts, limiter, self.clock, find)

    def instrument(self, name: str) -> Instrument:
        found = self.exchange.instruments.get(name)
        assert found is not None
        return found

    def found(self, order: Order) -> VenueOrder | None:
        """An order in the broker's book, by its tag."""
        return next((one for one in self.orders.order_book() if one.tag == order.tag), None)

    def quick_feed(self, silent_after_s: float = 10.0) -> FeedPort:
        """The adapter's feed with short pauses between attempts."""
        terms: dict[str, Any] = {"pauses": QUICK}
        match self.name:
            case "kite":
                root = self.hosts.kite.ticker
                return KiteTicker(
                    self.session, root, self.clock, silent_after_s=silent_after_s, **terms
                )
            case "upstox":

                def upstox(session: Session) -> UpstoxRest:
                    root = self.hosts.upstox.rest
                    return UpstoxRest(session.access_token.reveal(), root=root, limiter=Limiter({}))

                keys = FoundKeys(self.exchange.instruments.get)
                terms["patience"] = UpstoxPatience(silent_after_s=silent_after_s)
                return UpstoxFeedPort(upstox, self.session, keys, self.clock, **terms)
            case _:

                def groww(session: Session) -> GrowwRest:
                    root = self.hosts.groww.rest
                    return GrowwRest(session.access_token.reveal(), root=root, limiter=Limiter({}))

                terms["patience"] = GrowwPatience(silent_after_s=silent_after_s)
                url = self.hosts.groww.ticker
                return GrowwFeed(groww(self.session), self.clock, groww, url=url, **terms)

    # --- orders ---------------------------------------------------------------------------------

    def limit(self, number: int = 1, price: str = "145.00", **terms: Any) -> Order:
        """An order of ours that is not sent yet."""
        request = OrderRequest(
            exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
            order_type=OrderType.LIMIT, quantity=5, price=Decimal(price),
        )  # fmt: skip
        now = self.clock.now()
        return Order(
            order_id=f"ours-{number}", account="a", run_id=None, request=replace(request, **terms),
            status=OrderStatus.PUT_REQUESTED, venue="broker", tag=f"TT{number:018d}",
            placed_at=now, updated_at=now,
        )  # fmt: skip

    def market(self, number: int = 1, **terms: Any) -> Order:
        """The same at the market, with the broker's protection where it has one."""
        if self.broker.capabilities.protects_markets:
            terms = {"market_protection": Decimal(-1), **terms}
        return self.limit(number, "0", order_type=OrderType.MARKET, **terms)


def desk_of(name: str, running: Running) -> Desk:
    return Desk(registry.broker(name), running)


@dataclass
class Heard:
    """What a feed told."""

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

    def of(self, name: str) -> list[Tick]:
        return [one for one in self.ticks if one.instrument_id == name]

    @property
    def conditions(self) -> list[FeedCondition]:
        return [one.condition for one in self.states]


@asynccontextmanager
async def going(feed: FeedPort, heard: Heard) -> AsyncIterator[None]:
    """Run a feed within the block."""
    task = asyncio.create_task(feed.run(heard))
    try:
        yield
    finally:
        await feed.close()
        await asyncio.wait_for(task, 10)
    assert feed.state.condition is FeedCondition.CLOSED


async def until(condition: Callable[[], object], within_s: float = 45.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what comes is not of this loop
            await asyncio.sleep(0.01)
