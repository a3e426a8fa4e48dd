"""The port of a broker: what every adapter offers, in the words of core.

Every call may take seconds and has a time limit of its own; each raises what `errors` names, and
nothing else. The orders' half has the shape of the server's gateway of venues. A caller takes a
broker from `registry` and needs to know nothing of it but its capabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from tradertape_brokers.feed import FeedPort, TickMode
from tradertape_brokers.gtts import GttPort
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.marketdata import InstrumentsPort, QuotesPort
from tradertape_brokers.portfolio import ConversionPort, FundsPort, PortfolioPort
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginFlow, Session, SessionPort
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import (
    Change,
    Order,
    OrderType,
    Product,
    Validity,
    Variety,
)
from tradertape_core.orders.reports import ExecutionReport, VenueOrder

FindInstrument: TypeAlias = Callable[[str], Instrument | None]  # by id: `NSE:INFY`


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a broker can do; callers ask this and never which broker it is.

    tag_length: characters of the tag our orders are found by. protects_markets: MARKET and SL-M
    orders may carry a market protection. modifications: how often an order may be changed.
    candle_days: of each interval the broker has, the days of one request. feed_instruments: how
    many the feed takes at most, 0 without a feed. charges: core's table of what its orders cost.
    gtt_limit_is_trigger: the limit of what a trigger places is the trigger's own price.
    gtt_most, gtt_days: how many triggers an account may have waiting, and for how long each.
    address_rule: where and how the address of a program that places orders is registered.
    mutual_funds: units of funds can be read (`Connection.funds`).
    """

    exchanges: frozenset[str]
    products: frozenset[Product]
    order_types: frozenset[OrderType]
    varieties: frozenset[Variety]
    validities: frozenset[Validity]
    tag_length: int
    modifications: int
    protects_markets: bool = False
    slices: bool = False
    gtt_single: bool = False
    gtt_two_leg: bool = False
    gtt_limit_is_trigger: bool = False
    gtt_most: int = 250
    gtt_days: int = 365
    updates_orders: bool = False  # by a postback or a socket, unasked
    candle_days: Mapping[Interval, int] = field(default_factory=dict[Interval, int])
    tick_modes: frozenset[TickMode] = frozenset()
    feed_instruments: int = 0
    charges: str = "none"
    address_rule: str = ""
    mutual_funds: bool = False


class OrderPort(Protocol):
    """Orders of one account."""

    def submit(self, order: Order, *, is_exit: bool = False) -> ExecutionReport | None:
        """Send a new order with its tag, once. is_exit: it only takes from a position."""
        ...

    def modify(self, order: Order, ask: int, change: Change) -> ExecutionReport | None:
        """Change an order by its `venue_order_id`."""
        ...

    def cancel(self, order: Order, ask: int) -> ExecutionReport | None:
        """Cancel an order by its `venue_order_id`."""
        ...

    def order_book(self) -> Sequence[VenueOrder]:
        """Today's orders of the account, from every terminal, with their trades."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Postback:
    """An order's update that the broker has sent to our address.

    is_verified: its checksum proves the sender. Without the API secret it cannot be checked: then
    it is a hint to read the order book, and nothing else.
    """

    user_id: str
    order: VenueOrder
    is_verified: bool


class PostbackPort(Protocol):
    """Reads the broker's calls to our address."""

    def read(self, body: bytes, api_secret: Secret | None) -> Postback:
        """Read a postback. Raises Refused for a wrong checksum or a body that cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One account at a broker: a port of each kind, None where the broker has none."""

    orders: OrderPort
    portfolio: PortfolioPort | None = None
    funds: FundsPort | None = None
    conversions: ConversionPort | None = None
    instruments: InstrumentsPort | None = None
    quotes: QuotesPort | None = None
    gtts: GttPort | None = None
    feed: FeedPort | None = None


class Broker(Protocol):
    """A broker: `registry.broker` gives one by its name."""

    @property
    def name(self) -> str:
        """The word for it in addresses, tables and settings: `kite`."""
        ...

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    @property
    def login(self) -> LoginFlow:
        """How the user signs in."""
        ...

    @property
    def postbacks(self) -> PostbackPort | None:
        """Who reads its postbacks, if it sends any."""
        ...

    def limiter(self) -> Limiter:
        """Return a new limiter with its limits: one per account, shared by all callers."""
        ...

    def session(self, hosts: Hosts) -> SessionPort:
        """Return the door to sign in at."""
        ...

    def connect(
        self,
        session: Session,
        hosts: Hosts,
        limiter: Limiter,
        clock: Clock,
        find: FindInstrument | None = None,
    ) -> Connection:
        """Return an account's ports; asks the broker nothing yet.

        find: instruments of the broker's own list, for brokers whose orders name them otherwise.
        """
        ...
