"""A restart changes no fill: the same ticks and commands, with the venue restored at every step.

A venue is restored from its orders and from what it gave to be stored, then told the latest tick
again, as a server tells it. Prices are close together, so that orders of every kind meet them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.execution import engine
from tradertape_core.execution.decision import Facts
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.resting_state import BookState, RestingState
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.commands import CancelOrder, ModifyOrder, PlaceOrder
from tradertape_core.orders.fields import read_order
from tradertape_core.orders.order import Change, Order, OrderType, Validity
from tradertape_core.orders.reports import ExecutionReport
from tradertape_core.orders.transitions import evolve

START = datetime(2026, 8, 18, 4, 0, tzinfo=UTC)
OPENS = [START + timedelta(seconds=seconds) for seconds in (20, 60)]
INFY = Instrument(
    exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
)
FACTS = Facts(instrument=INFY)
ORDER = {
    "exchange": "NSE",
    "tradingsymbol": "INFY",
    "transaction_type": "BUY",
    "product": "MIS",
}
MANY = settings(max_examples=4 * settings.default.max_examples)
RULES = (
    PaperRules(),
    PaperRules(partial_fills=True),
    PaperRules(queue_share=Decimal(1)),
    PaperRules(partial_fills=True, queue_share=Decimal(1)),
)


@dataclass(frozen=True)
class Quote:
    """A tick to come: its price and spread in steps, what is shown and traded, its age."""

    last: int
    spread: int
    sides: str = "both"  # or bid, ask, none
    shown: int = 10
    traded: int = 0
    age_s: int = 0


@dataclass(frozen=True)
class Place:
    """An order to come; quote: a tick that the venue first hears of with it."""

    fields: tuple[tuple[str, Any], ...]
    quote: Quote | None = None


@dataclass(frozen=True)
class Alter:
    """A change of one of the orders so far."""

    number: int
    change: Change


@dataclass(frozen=True)
class Withdraw:
    """A cancel of one of the orders so far."""

    number: int


@dataclass(frozen=True)
class Wait:
    """Seconds that pass; sessions open and orders expire meanwhile."""

    seconds: int


@dataclass(frozen=True)
class Phase:
    """The beginning or the end of an auction."""

    in_auction: bool


Step = Quote | Place | Alter | Withdraw | Wait | Phase


def rupees(steps: int) -> Decimal:
    return Decimal(1000) + Decimal(steps) / 20


def next_open(_instrument: Instrument, placed_at: datetime) -> datetime | None:
    return next((one for one in OPENS if one > placed_at), None)


@dataclass
class World:
    """A venue, its orders and its clock; restarts: before every step; tells_first: each tick is
    told before an order comes with it."""

    rules: PaperRules
    restarts: bool = False
    tells_first: bool = False
    now: datetime = START
    orders: dict[str, Order] = field(default_factory=dict)
    states: dict[str, RestingState] = field(default_factory=dict)
    books: dict[str, BookState] = field(default_factory=dict)
    latest: Tick | None = None
    latest_in_auction: bool = False
    in_auction: bool = False
    volume: int = 0
    seq: int = 0

    def __post_init__(self) -> None:
        self.venue = SimulatedVenue(self.rules, next_open)

    def run(self, steps: Sequence[Step]) -> World:
        for step in steps:
            if self.restarts:
                self.restart()
            self.hear(self.venue.expire(self.now))
            self.do(step)
            self.store()
        return self

    def do(self, step: Step) -> None:
        match step:
            case Quote():
                self.tick(step)
                self.hear(self.venue.on_tick(self.latest, self.now, in_auction=self.in_auction))
            case Place():
                self.place(step)
            case Alter():
                self.alter(step)
            case Withdraw():
                order = self.at(step.number)
                if order is not None:
                    asked = CancelOrder(order_id=order.order_id)
                    self.send(engine.cancel(asked, order, self.now))
            case Wait():
                self.now += timedelta(seconds=step.seconds)
                self.hear(self.venue.expire(self.now))
                if any(one <= self.now for one in OPENS) and not self.in_auction:
                    self.hear(self.venue.open_session(self.now))
            case Phase():
                if self.in_auction and not step.in_auction:
                    self.hear(self.venue.match_auction({INFY.id: rupees(0)}, self.now))
                self.in_auction = step.in_auction

    def restart(self) -> None:
        self.venue = SimulatedVenue(self.rules, next_open)
        self.venue.restore(
            self.orders.values(), {INFY.id: INFY}, self.now, states=self.states, books=self.books
        )
        if self.latest is not None:
            in_auction = self.latest_in_auction
            self.hear(self.venue.expire(self.now))
            again = self.venue.on_tick(self.latest, self.now, in_auction=in_auction)
            assert again == (), "a tick that was met before the restart has no further effect"

    def store(self) -> None:
        changes = self.venue.changes()
        self.venue.stored(changes)
        self.books |= {**changes.added_books, **changes.changed_books}
        assert changes.changed.keys() <= self.states.keys()
        assert not changes.added.keys() & self.states.keys()
        self.states |= {**changes.added, **changes.changed}
        for order_id in changes.removed:
            del self.states[order_id]
        assert not self.venue.has_changes
        assert set(self.states) == {name for name in self.orders if name in self.venue}

    def tick(self, quote: Quote) -> None:
        self.now += timedelta(seconds=1)
        self.volume += quote.traded
        self.seq += 1
        bid, ask = rupees(quote.last - quote.spread), rupees(quote.last + quote.spread)
        self.latest_in_auction = self.in_auction
        self.latest = Tick(
            instrument_token=INFY.instrument_token,
            instrument_id=INFY.id,
            last_price=rupees(quote.last),
            bid=bid if quote.sides in ("both", "bid") else None,
            ask=ask if quote.sides in ("both", "ask") else None,
            bid_quantity=quote.shown,
            ask_quantity=quote.shown,
            volume=self.volume,
            seq=self.seq,
            at=self.now - timedelta(seconds=quote.age_s),
        )

    def place(self, step: Place) -> None:
        order_id = str(1001 + len(self.orders))
        asked = PlaceOrder(
            order_id=order_id,
            account="1",
            run_id="run",
            key=order_id,
            venue="paper",
            request=read_order(dict(step.fields)),
        )
        if step.quote is not None:
            self.tick(step.quote)
        decision = engine.place(asked, FACTS, self.now)
        if decision.denials:
            return
        order = self.orders[order_id] = evolve(None, decision.events[0])
        if step.quote is not None and self.tells_first:
            self.hear(self.venue.on_tick(self.latest, self.now, in_auction=self.in_auction))
        is_told = step.quote is None and self.venue.latest(INFY.id) is not None
        tick = None if is_told else self.latest
        self.hear(self.venue.submit(order, INFY, tick, self.now, in_auction=self.in_auction))

    def at(self, number: int) -> Order | None:
        found = [one for one in self.orders.values() if one.is_open]
        return found[number % len(found)] if found else None

    def alter(self, step: Alter) -> None:
        order = self.at(step.number)
        if order is not None:
            asked = ModifyOrder(order_id=order.order_id, change=step.change)
            self.send(engine.modify(asked, order, FACTS, self.now))

    def send(self, decision: engine.Decision) -> None:
        for event in decision.events:
            self.orders[event.order_id] = evolve(self.orders[event.order_id], event)
        for request in decision.requests:
            if isinstance(request, engine.Alter):
                reports = self.venue.modify(
                    request.order_id,
                    request.ask,
                    request.change,
                    self.now,
                    in_auction=self.in_auction,
                )
            else:
                reports = self.venue.cancel(request.order_id, request.ask, self.now)
            self.hear(reports)

    def hear(self, reports: Sequence[ExecutionReport]) -> None:
        for report in reports:
            for event in engine.apply(report, self.orders[report.order_id], self.now):
                self.orders[event.order_id] = evolve(self.orders[event.order_id], event)


# --- steps ----------------------------------------------------------------------------------------

near = st.integers(-6, 6)
prices = near.map(rupees)


quotes = st.builds(
    Quote,
    last=near,
    spread=st.integers(0, 4),
    sides=st.sampled_from(["both", "both", "both", "bid", "ask", "none"]),
    shown=st.integers(1, 20),
    traded=st.sampled_from([0, 0, 1, 5, 40]),
    age_s=st.sampled_from([0, 0, 0, 0, 7]),
)


@st.composite
def orders(draw: st.DrawFn) -> Place:
    kind = draw(st.sampled_from([*OrderType]))
    fields: dict[str, Any] = {
        **ORDER,
        "transaction_type": draw(st.sampled_from(["BUY", "SELL"])),
        "order_type": kind.value,
        "quantity": draw(st.integers(4, 24)),
        "variety": draw(st.sampled_from(["regular", "regular", "regular", "amo", "iceberg"])),
        "validity": draw(st.sampled_from(["DAY", "DAY", "DAY", "IOC", "TTL"])),
        "market_protection": draw(st.sampled_from([-1, -1, 0, Decimal("0.1")])),
    }
    if kind.has_limit:
        fields["price"] = draw(prices)
    if kind.has_trigger:
        fields["trigger_price"] = fields.get("price", draw(prices))
    if fields["validity"] == "TTL":
        fields["validity_ttl"] = 1
    if fields["variety"] == "iceberg":
        fields |= {"iceberg_legs": draw(st.integers(2, 4)), "order_type": "LIMIT"}
        fields.setdefault("price", draw(prices))
        fields.pop("trigger_price", None)
        if fields["validity"] == "IOC":
            fields["validity"] = "DAY"
    if fields["order_type"] in ("LIMIT", "SL"):
        del fields["market_protection"]
    return Place(tuple(fields.items()), draw(st.none() | quotes))


def changes() -> st.SearchStrategy[Change]:
    return st.one_of(
        st.builds(Change, quantity=st.integers(1, 30)),
        st.builds(Change, price=prices),
        st.builds(Change, trigger_price=prices),
        st.just(Change(validity=Validity.TTL, validity_ttl=1)),
        st.builds(Change, order_type=st.just(OrderType.LIMIT), price=prices),
        st.builds(Change, order_type=st.just(OrderType.SL_M), trigger_price=prices),
    )


steps = st.one_of(
    quotes,
    quotes,
    orders(),
    orders(),
    st.builds(Alter, st.integers(0, 9), changes()),
    st.builds(Withdraw, st.integers(0, 9)),
    st.builds(Wait, st.sampled_from([1, 4, 20, 61])),
    st.builds(Phase, st.booleans()),
)
days = st.lists(steps, min_size=4, max_size=30)


@pytest.mark.parametrize("rules", RULES, ids=["whole", "partial", "queue", "partial-queue"])
@MANY
@given(day=days)
def test_a_restart_at_every_step_changes_nothing(rules: PaperRules, day: list[Step]) -> None:
    ran_through, restarted = World(rules).run(day), World(rules, restarts=True).run(day)
    assert restarted.orders == ran_through.orders


@pytest.mark.parametrize("rules", RULES, ids=["whole", "partial", "queue", "partial-queue"])
@MANY
@given(day=days)
def test_a_tick_reaches_what_rests_however_the_venue_hears_of_it(
    rules: PaperRules, day: list[Step]
) -> None:
    first_seen, told = World(rules).run(day), World(rules, tells_first=True).run(day)
    assert first_seen.orders == told.orders


# --- each tick once -------------------------------------------------------------------------------

Telling = Literal["tick", "arrival", "again", "restart"]


@MANY
@given(tellings=st.lists(st.sampled_from(get_args(Telling)), max_size=30))
def test_a_resting_order_meets_every_tick_once_and_in_order(tellings: list[Telling]) -> None:
    """Tick n shows n units at the order's price: what it took tells which ticks it met."""
    at = World(PaperRules(partial_fills=True))
    limit = {"order_type": "LIMIT", "price": rupees(0), "quantity": 10_000}
    at.place(Place(tuple({**ORDER, **limit}.items()), Quote(last=9, spread=0)))
    far = {**ORDER, "order_type": "LIMIT", "price": rupees(-100), "quantity": 1}
    shown = 0
    for telling in tellings:
        quote = Quote(last=0, spread=0, shown=shown + 1)
        match telling:
            case "tick":
                at.do(quote)
            case "arrival":
                at.do(Place(tuple(far.items()), quote))
            case "again":
                at.hear(at.venue.on_tick(at.latest, at.now))
            case "restart":
                at.restart()
        at.store()
        shown += telling in ("tick", "arrival")
    assert [fill.quantity for fill in at.orders["1001"].fills] == [*range(1, shown + 1)]
