"""A share, a future, a moment and orders for the tests of the engine and the paper market."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Facts
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.resting_orders import NextOpen
from tradertape_core.execution.resting_state import BookState, RestingState
from tradertape_core.execution.simulated import SimulatedVenue, any_open
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tick import Tick
from tradertape_core.orders.commands import PlaceOrder
from tradertape_core.orders.fields import read_order
from tradertape_core.orders.order import Order
from tradertape_core.orders.reports import ExecutionReport
from tradertape_core.orders.transitions import evolve

_NOON = datetime(2026, 8, 18, 6, 30, tzinfo=UTC)
_MARKET = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "product": "MIS",
    "order_type": "MARKET",
    "quantity": 10,
}
_PRICES = ("bid", "ask", "lower_circuit", "upper_circuit")


@pytest.fixture
def noon() -> datetime:
    return _NOON


@pytest.fixture
def later() -> Callable[[float], datetime]:
    """The moment some seconds after noon."""
    return lambda seconds: _NOON + timedelta(seconds=seconds)


@pytest.fixture
def infy() -> Instrument:
    return Instrument(
        exchange="NSE",
        tradingsymbol="INFY",
        instrument_token=408065,
        exchange_token=1594,
        tick_size=Decimal("0.05"),
    )


@pytest.fixture
def nifty() -> Instrument:
    return Instrument(
        exchange="NFO",
        tradingsymbol="NIFTY26AUGFUT",
        instrument_token=14866434,
        exchange_token=58072,
        tick_size=Decimal("0.1"),
        lot_size=65,
        freeze_quantity=1800,
        segment="NFO-FUT",
        instrument_type=InstrumentType.FUT,
        expiry=date(2026, 8, 25),
        underlying="NIFTY",
    )


@pytest.fixture
def tick(infy: Instrument) -> Callable[..., Tick]:
    """A tick; without bid and ask the feed has no quotes. `after`: seconds past noon."""

    def made(last: str | float, *, after: float = 0, **more: object) -> Tick:
        instrument = more.pop("instrument", infy)
        prices = {name: Decimal(str(more.pop(name))) for name in _PRICES if name in more}
        return Tick(
            instrument_token=instrument.instrument_token,
            instrument_id=instrument.id,
            last_price=Decimal(str(last)),
            at=_NOON + timedelta(seconds=after),
            **prices,
            **more,
        )

    return made


@pytest.fixture
def command() -> Callable[..., PlaceOrder]:
    """A command from the fields that differ from a market order to buy ten INFY."""

    def made(
        order_id: str = "1001", *, venue: str = "paper", leg: int = 0, **fields: object
    ) -> PlaceOrder:
        return PlaceOrder(
            order_id=order_id,
            account="kite:paper-a",
            run_id="run-1",
            key=f"key-{order_id}",
            venue=venue,
            request=read_order(_MARKET | fields),
            leg=leg,
        )

    return made


@pytest.fixture
def placed(command: Callable[..., PlaceOrder], infy: Instrument) -> Callable[..., Order]:
    """A placed order that its venue has not answered yet."""

    def made(order_id: str = "1001", **fields: object) -> Order:
        instrument = fields.pop("instrument", infy)
        asked = command(order_id, **fields)
        decision = engine.place(asked, Facts(instrument=instrument), _NOON)
        assert not decision.denials, decision.denials
        return evolve(None, decision.events[0])

    return made


class Market:
    """The paper venue, our side of its orders, and what is stored of both."""

    def __init__(
        self,
        instrument: Instrument,
        rules: PaperRules | None = None,
        next_open: NextOpen = any_open,
    ) -> None:
        self.venue = SimulatedVenue(rules, next_open)
        self.instrument = instrument
        self.next_open = next_open
        self.now = _NOON
        self.orders: dict[str, Order] = {}
        self.states: dict[str, RestingState] = {}
        self.books: dict[str, BookState] = {}

    def restarted(self, now: datetime, *never_sent: Order) -> Market:
        """The market after a restart: of the venue nothing is left but what is stored."""
        found = Market(self.instrument, self.venue.rules, self.next_open)
        found.orders, found.now = dict(self.orders), now
        found.states, found.books = dict(self.states), dict(self.books)
        found.venue.restore(
            [*never_sent, *found.orders.values()],
            {self.instrument.id: self.instrument},
            now,
            states=found.states,
            books=found.books,
        )
        return found

    def place(self, order: Order, tick: Tick | None, now: datetime) -> Order:
        self.orders[order.order_id] = order
        self.hear(self.venue.submit(order, self.instrument, tick, now), now)
        return self.orders[order.order_id]

    def move(self, tick: Tick, now: datetime | None = None) -> Order:
        moment = now or tick.at
        self.hear(self.venue.on_tick(tick, moment), moment)
        return next(iter(self.orders.values()))

    def hear(self, reports: Iterable[ExecutionReport], now: datetime) -> None:
        self.now = now
        for report in reports:
            for event in engine.apply(report, self.orders[report.order_id], now):
                self.orders[event.order_id] = evolve(self.orders[event.order_id], event)
        self.store()

    def store(self) -> None:
        """Store what the venue would lose with a restart."""
        changes = self.venue.changes()
        self.venue.stored(changes)
        self.books |= {**changes.added_books, **changes.changed_books}
        assert changes.changed.keys() <= self.states.keys()
        assert not changes.added.keys() & self.states.keys()
        self.states |= {**changes.added, **changes.changed}
        for order_id in changes.removed:
            del self.states[order_id]
        assert not self.venue.has_changes


@pytest.fixture
def market(infy: Instrument) -> Market:
    return Market(infy)


@pytest.fixture
def strict(infy: Instrument) -> Market:
    """A market that fills no more than it shows, and queues behind everybody."""
    return Market(infy, PaperRules(partial_fills=True, queue_share=Decimal(1)))
