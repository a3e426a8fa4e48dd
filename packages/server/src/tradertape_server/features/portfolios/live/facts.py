"""What execution knows of one position: its triggers, orders, fills and cash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.ledger.position import Position
from tradertape_core.ledger.write_off import WriteOff
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Fill, Order, Product, Side
from tradertape_core.portfolio.orders import Executed
from tradertape_server.features.execution.run_record import read_run
from tradertape_server.features.portfolios.models import PortfolioSignal


@dataclass(frozen=True, slots=True)
class Booked:
    """A fill with what it cost."""

    fill: Fill
    charges_paise: int


@dataclass(slots=True, kw_only=True)
class RunFacts:
    """All of one run id. position: open or closed, None before the first fill.

    write_offs: units that left without a trade, and those that returned, oldest first.
    by_key: the orders of each idempotency key, oldest first; unanswered: keys of exits that may
    still place orders.
    """

    run_id: str
    position: Position | None
    orders: dict[str, Order]
    fills: list[Booked]
    gtts: dict[int, Gtt]
    write_offs: list[WriteOff] = field(default_factory=list[WriteOff])
    by_key: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    unanswered: frozenset[str] = frozenset()

    def key_of(self, order_id: str) -> str:
        """The key under which an order was placed; "" where none is known."""
        return next((key for key, orders in self.by_key.items() if order_id in orders), "")

    def root_of(self, order_id: str) -> str:
        """The order itself, or the one it is a slice of."""
        order = self.orders.get(order_id)
        return order_id if order is None else order.parent_order_id or order_id

    def orders_of(self, row: PortfolioSignal) -> list[Order]:
        """The orders that were placed for a signal, oldest first."""
        names: list[str] = []
        gtt = self.gtts.get(row.gtt_id) if row.gtt_id is not None else None
        if gtt is not None:
            names = [one.order_id for one in gtt.results if one.order_id]
        elif row.placement_key is not None:
            names = list(self.by_key.get(row.placement_key, ()))
        if row.order_id is not None and row.order_id not in names and gtt is None:
            names.append(row.order_id)
        return [self.orders[name] for name in names if name in self.orders]

    def executed(self, row: PortfolioSignal) -> Executed | None:
        """How far the orders of a signal are; None while it has none."""
        orders = self.orders_of(row)
        if not orders:
            return None
        is_working = row.placement_key in self.unanswered
        return Executed.of(orders, wanted=row.quantity, is_working=is_working)


def gather(
    session: Session, account_id: int, run_id: str, *, gtt_ids: Collection[int | None]
) -> RunFacts:
    """Read everything that execution has stored of a run id."""
    record = read_run(
        session, account_id, run_id, gtt_ids=[one for one in gtt_ids if one is not None]
    )
    facts = RunFacts(
        run_id=run_id,
        position=record.positions[0] if record.positions else None,
        orders={one.order_id: one for one in record.orders},
        fills=[
            Booked(_fill(row, str(account_id), run_id), row.charges_paise) for row in record.fills
        ],
        gtts=record.gtts,
        write_offs=record.write_offs,
    )
    waiting: set[str] = set()
    for intent in record.intents:
        legs = [leg["order_id"] for leg in intent.details.get("legs", ()) if leg.get("order_id")]
        facts.by_key[intent.key] = [*legs, *intent.details.get("orders", ())]
        if intent.answer is None:
            waiting.add(intent.key)
    facts.unanswered = frozenset(waiting)
    return facts


def _fill(row: Any, account: str, run_id: str) -> Fill:
    return Fill(
        trade_id=row.trade_id, order_id=row.order_id, account=account, run_id=run_id,
        instrument=row.instrument, product=Product(row.product), side=Side(row.side),
        quantity=row.quantity, price=row.price, at=row.at,
    )  # fmt: skip
