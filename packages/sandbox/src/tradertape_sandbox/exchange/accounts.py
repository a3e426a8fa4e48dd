"""Accounts: money, positions and the order book of one user at one broker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.kernel.money import Paise, paise_from_rupees
from tradertape_core.ledger.billing import exchange_of, fill_charges, schedule_for
from tradertape_core.ledger.charges import Charges
from tradertape_core.ledger.day_charges import depository_due, intraday_difference
from tradertape_core.ledger.journal import (
    Book,
    LedgerAccount,
    Postings,
    post_charges,
    post_fill_of,
)
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey, Today, key_of
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Fill, Order, Product
from tradertape_sandbox.exchange.books import BookedTrade, OrderRecord
from tradertape_sandbox.exchange.events import AccountKey

# Whose charges the accounts of a door pay.
TARIFFS: Mapping[str, str] = {"kite": "zerodha", "upstox": "upstox", "groww": "groww"}


@dataclass(frozen=True, slots=True)
class Carried:
    """What a position was when the day began: units, below 0 when short, and their cost."""

    quantity: int = 0
    cost_paise: int = 0


@dataclass(slots=True)
class Account:
    """One account. `cash_paise` is what was paid in and earned less what was paid, charges too.

    carried: positions as they were when the day began. past_trades: those of earlier days.
    opening_lots: shares that the account was opened with, by instrument.
    """

    key: AccountKey
    opening_paise: int
    cash_paise: int
    day: date
    day_opening_paise: int = 0
    payin_paise: int = 0
    positions: dict[PositionKey, Position] = field(default_factory=dict[PositionKey, Position])
    carried: dict[PositionKey, Carried] = field(default_factory=dict[PositionKey, Carried])
    orders: dict[str, OrderRecord] = field(default_factory=dict[str, OrderRecord])
    gtts: dict[int, Gtt] = field(default_factory=dict[int, Gtt])
    past_trades: list[BookedTrade] = field(default_factory=list[BookedTrade])
    opening_lots: list[tuple[str, Lot]] = field(default_factory=list[tuple[str, Lot]])
    authorised: dict[str, int] = field(default_factory=dict[str, int])
    charges_today: Charges = field(default_factory=Charges)

    @property
    def tariff(self) -> str:
        """The broker whose charges it pays: a name of `core.ledger.billing.BROKERS`."""
        return TARIFFS.get(self.key.broker, "none")

    def position(self, instrument: str, product: Product) -> Position:
        """What is held of an instrument with a product; flat where nothing is."""
        key = self.position_key(instrument, product)
        return self.positions.get(key) or Position(key=key)

    def position_key(self, instrument: str, product: Product) -> PositionKey:
        """Name a position of this account."""
        return PositionKey(str(self.key), None, instrument, product)

    def book_fill(self, order: Order, fill: Fill, instrument: Instrument) -> Postings:
        """Post a fill and what it costs. order: after the fill."""
        terms = schedule_for(self.tariff, fill.product, instrument.instrument_type)
        earlier = tuple(one for one in order.fills if one.trade_id != fill.trade_id)
        charges = fill_charges(terms, earlier, fill)
        before = self.positions.get(key_of(fill)) or Position(key=key_of(fill))
        postings = post_fill_of(before, fill, charges, kind=instrument.instrument_type)
        self.charges_today = self.charges_today + charges
        self.post(postings)
        return postings

    def post(self, postings: Postings) -> None:
        """Take postings of the ledger in: the cash that moved, and the position after them."""
        self.cash_paise += sum(
            entry.paise for entry in postings.entries if entry.account is LedgerAccount.CASH
        )
        if postings.vacated is not None:
            self.positions.pop(postings.vacated, None)
        if postings.position is not None:
            self.positions[postings.position.key] = postings.position

    def pay_in(self, rupees: Decimal) -> None:
        """Add money (below 0: take it out)."""
        paise = paise_from_rupees(rupees)
        self.cash_paise += paise
        self.payin_paise += paise

    def hold(self, instrument: str, quantity: int, price: Decimal, at: datetime) -> None:
        """Add delivered shares, bought at a price on an earlier day; no money moves."""
        position = self.position(instrument, Product.CNC)
        cost = Paise(round(price * quantity * 100))
        lot = Lot(f"opening-{instrument}-{len(position.lots)}", at, quantity, cost)
        self.opening_lots.append((instrument, lot))
        lots = tuple(sorted((*position.lots, lot), key=lambda one: one.at))
        bought = position.bought.plus(quantity, cost)
        today = Today(day=self.day, overnight_quantity=position.quantity + quantity)
        held = replace(position, lots=lots, bought=bought, today=today)
        self.positions[held.key] = held
        self.carried[held.key] = Carried(held.quantity, held.cost_paise)

    def end_day(self, at: datetime) -> None:
        """Charge what depends on the whole day: shares sold from the depository, and delivery
        trades that were intraday after all."""
        for key, position in list(self.positions.items()):
            if key.product is not Product.CNC or position.today.day != self.day:
                continue
            delivery = schedule_for(self.tariff, Product.CNC, InstrumentType.EQ)
            intraday = schedule_for(self.tariff, Product.MIS, InstrumentType.EQ)
            exchange = exchange_of(key.instrument)
            due = depository_due(delivery, self.day, [position.today])
            due = due + intraday_difference(delivery, intraday, position.today, exchange=exchange)
            if due != Charges():
                name = f"day:{self.day}:{key.instrument}"
                book = Book({key: position})
                self.post(post_charges(key, due, book, reference=name, at=at))

    def begin_day(self, day: date) -> None:
        """Carry what is held into another day; flat positions and ended orders are forgotten."""
        self.day = day
        self.day_opening_paise = self.cash_paise
        self.payin_paise = 0
        self.charges_today = Charges()
        self.positions = {
            key: replace(position, today=Today(day=day, overnight_quantity=position.quantity))
            for key, position in self.positions.items()
            if position.is_open
        }
        self.carried = {
            key: Carried(position.quantity, position.cost_paise)
            for key, position in self.positions.items()
        }
        over = [record for record in self.orders.values() if not record.order.is_open]
        self.past_trades += [trade for record in over for trade in record.trades]
        self.orders = {name: record for name, record in self.orders.items() if record.order.is_open}
