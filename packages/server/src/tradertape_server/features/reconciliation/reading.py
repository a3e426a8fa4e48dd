"""What a comparison is made of: the brokers' rows and our books, by account and instrument."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.position import Position
from tradertape_core.orders.order import Order, Product, Side
from tradertape_core.portfolio.reconciliation import AtBroker, Evidence, Ours, OwnOrder
from tradertape_server.features.execution.orders.views import public_run_id
from tradertape_server.features.holdings.schemas import BrokerOrderOut, HoldingOut, PositionOut

_DELIVERY = (Product.CNC, Product.MTF)
BY_HAND = "by hand or GTT"
Ratio = tuple[Decimal, str]
Corrected = Mapping[str, Sequence[tuple[str, int]]]  # by instrument: owner and units


@dataclass(slots=True)
class Rows:
    """The brokers' rows of one account."""

    holdings: list[HoldingOut] = field(default_factory=list[HoldingOut])
    positions: list[PositionOut] = field(default_factory=list[PositionOut])
    orders: list[BrokerOrderOut] = field(default_factory=list[BrokerOrderOut])

    @property
    def all(self) -> Iterable[HoldingOut | PositionOut | BrokerOrderOut]:
        """Every row."""
        return (*self.holdings, *self.positions, *self.orders)

    @property
    def is_stale(self) -> bool:
        """Whether any of them is from before the broker stopped answering."""
        return any(row.stale for row in self.all)

    @property
    def read_at(self) -> datetime | None:
        """When the oldest of them was read."""
        return min((row.as_of for row in self.all), default=None)


@dataclass(frozen=True, slots=True)
class Place:
    """One instrument of one account, in both books. price: the broker's last."""

    instrument: str
    isin: str
    ours: Ours
    broker: AtBroker
    known: Evidence
    price: Decimal


def by_account(
    holdings: Sequence[HoldingOut],
    positions: Sequence[PositionOut],
    orders: Sequence[BrokerOrderOut],
) -> dict[str, Rows]:
    """The rows by the scope of their account."""
    found: dict[str, Rows] = defaultdict(Rows)
    for holding in holdings:
        found[holding.account].holdings.append(holding)
    for position in positions:
        found[position.account].positions.append(position)
    for order in orders:
        found[order.account].orders.append(order)
    return dict(found)


def places(
    rows: Rows,
    positions: Sequence[Position],
    own_orders: Mapping[str, Order],
    isin_of: Callable[[str], str],
    ratios_of: Callable[[str, Sequence[Position]], tuple[Ratio, ...]],
    now: datetime,
    corrected: Corrected = MappingProxyType({}),
    from_before: Mapping[str, int] = MappingProxyType({}),
) -> list[Place]:
    """Every instrument that either side holds.

    positions: ours at the account, closed ones too. own_orders: today's, by our id. corrected: what
    a person adopted or wrote off of an instrument. from_before: units that an earlier comparison
    knew to be from before our first trade.
    """
    mine: dict[str, list[Position]] = defaultdict(list)
    for one in positions:
        mine[one.key.instrument].append(one)
    there = {f"{row.exchange}:{row.symbol}" for row in (*rows.holdings, *_net(rows))}
    names = there | {name for name, held in mine.items() if any(o.is_open for o in held)}
    names |= corrected.keys()
    isins = {f"{row.exchange}:{row.symbol}": row.isin for row in rows.holdings if row.isin}
    found: list[Place] = []
    for name in sorted(names):
        isin = isins.get(name) or isin_of(name)
        known = _evidence(name, isin, rows, mine, own_orders, isins, ratios_of)
        broker, held = _at_broker(name, rows), mine.get(name, [])
        before = max(from_before.get(name, 0), _settled_before(broker, held, now))
        found.append(
            Place(
                instrument=name,
                isin=isin,
                ours=_corrected(
                    _ours(held, _todays(name, own_orders, now)),
                    corrected.get(name, ()),
                ),
                broker=broker,
                known=replace(known, from_before=before),
                price=_price(name, rows),
            )
        )
    return found


def _settled_before(broker: AtBroker, positions: Sequence[Position], now: datetime) -> int:
    """Units in the broker's holdings where our first trade is of today: none of ours is there."""
    day = now.astimezone(IST).date()
    is_first_day = bool(positions) and all(
        one.today.day == day and (one.bought, one.sold) == (one.today.bought, one.today.sold)
        for one in positions
    )
    if not is_first_day:
        return 0
    return broker.holding + broker.t1 + broker.pledged + broker.funded


def _ours(positions: Sequence[Position], orders: Sequence[Order]) -> Ours:
    held = [one for one in positions if one.is_open]
    fills = [fill for order in orders for fill in order.fills]
    units = sum(one.quantity for one in held)
    cost = sum(one.cost_paise for one in held)
    lots = [lot.at for one in held for lot in one.lots]
    times = [*lots, *(fill.at for fill in fills)]
    has_traded = bool(positions)
    return Ours(
        quantity=units,
        average_price=Decimal(cost) / 100 / units if units else Decimal(0),
        by_owner=tuple((owner_of(one), one.quantity) for one in held),
        # One that was closed on a former day was traded here all the same.
        last_fill_at=max(times, default=_LONG_AGO if has_traded else None),
        fills=tuple(_signed(fill.side.value, fill.quantity) for fill in fills),
    )


def _corrected(ours: Ours, by_owner: Sequence[tuple[str, int]]) -> Ours:
    """Our books with what a person adopted or wrote off: known units, from no trade of ours."""
    if not by_owner:
        return ours
    return replace(
        ours,
        quantity=ours.quantity + sum(units for _, units in by_owner),
        by_owner=(*ours.by_owner, *by_owner),
        last_fill_at=ours.last_fill_at or _LONG_AGO,
    )


_LONG_AGO = datetime(2000, 1, 1, tzinfo=IST)


def owner_of(position: Position) -> str:
    """Who holds a position: a run's name, or by hand."""
    return BY_HAND if position.key.run_id is None else public_run_id(position.key.run_id)


def _net(rows: Rows) -> list[PositionOut]:
    return [row for row in rows.positions if row.kind == "net"]


def _at_broker(name: str, rows: Rows) -> AtBroker:
    held = [row for row in rows.holdings if f"{row.exchange}:{row.symbol}" == name]
    plain = [row for row in held if row.product != Product.MTF]
    funded = [row for row in held if row.product == Product.MTF]
    open_ones = [row for row in _net(rows) if f"{row.exchange}:{row.symbol}" == name]
    prices = [row.average_price for row in (*held, *open_ones) if row.average_price]
    return AtBroker(
        holding=sum(row.quantity for row in plain),
        t1=sum(row.t1_quantity for row in plain),
        pledged=sum(row.pledged_quantity for row in held),
        funded=sum(row.quantity + row.t1_quantity for row in funded),
        position=sum(_beside_holdings(row) for row in open_ones),
        average_price=prices[0] if prices else Decimal(0),
    )


def _beside_holdings(row: PositionOut) -> int:
    """Units of a position that no holding has. A delivery sale is a position below 0, and its
    shares are off the holdings already."""
    return max(row.quantity, 0) if row.product in _DELIVERY else row.quantity


def _price(name: str, rows: Rows) -> Decimal:
    found = [
        row.last_price
        for row in (*rows.holdings, *rows.positions)
        if f"{row.exchange}:{row.symbol}" == name and row.last_price
    ]
    return found[0] if found else Decimal(0)


def _evidence(
    name: str, isin: str, rows: Rows, mine: Mapping[str, list[Position]],
    own_orders: Mapping[str, Order], isins: Mapping[str, str],
    ratios_of: Callable[[str, Sequence[Position]], tuple[Ratio, ...]],
) -> Evidence:  # fmt: skip
    of_name = [row for row in rows.orders if f"{row.exchange}:{row.symbol}" == name]
    external = sum(
        _signed(row.side, row.filled_quantity) for row in of_name if row.source == "external"
    )
    orders = tuple(
        _own_order(row, order)
        for row in of_name
        if (order := own_orders.get(row.our_order_id or "")) is not None
    )
    renamed = tuple(
        (other, _at_broker(other, rows).quantity)
        for other, known in isins.items()
        if isin and known == isin and other != name and other not in mine
    )
    return Evidence(
        external=external, orders=orders, renamed=renamed,
        ratios=ratios_of(name, mine.get(name, [])),
    )  # fmt: skip


def _own_order(row: BrokerOrderOut, order: Order) -> OwnOrder:
    return OwnOrder(
        order_id=order.order_id,
        ours=_signed(row.side, order.filled_quantity),
        broker=_signed(row.side, row.filled_quantity),
        wanted=_signed(row.side, order.request.quantity),
        in_doubt=order.in_doubt,
    )


def _todays(name: str, own_orders: Mapping[str, Order], now: datetime) -> list[Order]:
    today = now.astimezone(IST).date()
    return [
        one
        for one in own_orders.values()
        if one.request.instrument == name and one.placed_at.astimezone(IST).date() == today
    ]


def _signed(side: str, quantity: int) -> int:
    return quantity if side == Side.BUY else -quantity
