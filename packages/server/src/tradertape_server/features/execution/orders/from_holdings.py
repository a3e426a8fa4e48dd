"""Shares that an account's broker has and our books do not: a person's own sale takes them in.

They were bought before, or in the broker's app. The books would have a short sale where the broker
has none, with a profit that nobody made. So they enter the person's own position at the broker's
average price with the order that sells them, and the sale closes it as any other.
"""

from __future__ import annotations

from datetime import timedelta

from tradertape_core.kernel.format import grouped, inr
from tradertape_core.kernel.money import Price, notional
from tradertape_core.ledger.drift import DELIVERED, place_name
from tradertape_core.ledger.journal import Book, post_write_off
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.ledger.write_off import WriteOff, apply_write_off
from tradertape_core.orders.codec import to_document
from tradertape_core.orders.order import OrderRequest, Side
from tradertape_server.features.execution.state.fill_reversal import TAKEN_IN
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork

_BEFORE = timedelta(days=1)  # they are older than what was bought here, and than today


def units(uow: UnitOfWork, account_id: int, run_id: str | None, request: OrderRequest) -> int:
    """Units that an order would take in: what it sells beyond the books, as far as the broker has
    more than those. 0 for anything but a person's own sale of delivered shares at a broker."""
    shares = uow.shares_there(account_id, (request.instrument, request.product))
    is_sale = request.side is Side.SELL and request.product in DELIVERED and run_id is None
    if shares is None or not is_sale:
        return 0
    account = uow.account(account_id)
    name = place_name((request.instrument, request.product))
    booked = sum(
        max(one.quantity, 0)  # what another terminal sold is gone there already
        for one in account.positions.values()
        if place_name((one.key.instrument, one.key.product)) == name
    )
    missing = request.quantity - account.margins.free_holdings(request, run_id)
    return max(min(missing, shares.units - booked), 0)


def with_them(
    uow: UnitOfWork, account_id: int, run_id: str | None, request: OrderRequest, position: Position
) -> Position:
    """The position an order closes some of, with what the order would take in."""
    count = units(uow, account_id, run_id, request)
    if not count:
        return position
    return apply_write_off(position, _entering(uow, position, count, "preview"))


def take_in(uow: UnitOfWork, account_id: int, request: OrderRequest, order_id: str) -> None:
    """Stage what an order of nobody's run takes in; before the order itself."""
    count = units(uow, account_id, None, request)
    if not count:
        return
    key = PositionKey(str(account_id), None, request.instrument, request.product)
    position = uow.position(key)
    one = _entering(uow, position, count, f"holding:{order_id}")
    kind = uow.known(request.instrument).instrument_type
    uow.post(post_write_off(one, key, Book({key: position}), kind=kind))
    words = (
        f"{grouped(count)} {key.instrument} ({key.product}) of your holdings taken into the books "
        f"at your broker's average price of {inr(one.lots[0].cost / count / 100)}, to be sold"
    )
    uow.note(
        account_id=account_id, run_id=None, kind="execution", event_type=TAKEN_IN,
        source="order", summary=words, resource=("position", key.instrument),
        payload={"product": key.product.value, "write_off": to_document(one)},
    )  # fmt: skip


def _entering(uow: UnitOfWork, position: Position, count: int, name: str) -> WriteOff:
    """The movement by which they enter: as lots that return."""
    key = position.key
    shares = uow.shares_there(int(key.account), (key.instrument, key.product))
    if shares is None:
        raise ValueError("the broker's shares are not known")
    oldest = min((lot.at for lot in position.lots), default=uow.now)
    cost = notional(Price(shares.average), count)
    lot = Lot(trade_id=name, at=min(oldest, uow.now) - _BEFORE, quantity=count, cost=cost)
    return WriteOff(
        write_off_id=name, instrument=key.instrument, lots=(lot,), value=cost, at=uow.now,
        is_undone=True,
    )  # fmt: skip
