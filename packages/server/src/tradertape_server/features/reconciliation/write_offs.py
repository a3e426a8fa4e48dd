"""Units that a person writes off leave the positions that hold them, and return when it is undone.

Which owner's they were nobody knows: those bought first leave first, as at the depository. What no
position holds stays a correction beside the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradertape_core.execution.reconcile import EXTERNAL_RUN
from tradertape_core.kernel.format import grouped, inr
from tradertape_core.ledger.journal import Book, post_write_off
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.ledger.write_off import WriteOff, write_off_of
from tradertape_core.market.instrument import InstrumentType
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.order import Product, Side
from tradertape_server.features.execution.gtt import at_broker
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.fill_reversal import WRITE_OFF_UNDONE, WRITTEN_OFF
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.platform.errors import Conflict

Json = dict[str, Any]
# Why units cannot return to the owner of a run id; "" where they can.
WhyNotBack = Callable[[UnitOfWork, str], str]


def anybody(_uow: UnitOfWork, _run_id: str) -> str:
    """Where no owner is ever over."""
    return ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What leaves: units of an instrument, as the person was shown them. held: units of the
    positions then. price: of a sale elsewhere, rupees a share; None: not known."""

    account_id: int
    instrument: str
    units: int
    held: int
    price: Decimal | None


def holders(positions: Sequence[Position], instrument: str) -> list[Position]:
    """Long positions of our own in an instrument, the one with the oldest units first."""
    found = [
        one
        for one in positions
        if one.key.instrument == instrument and one.key.run_id != EXTERNAL_RUN and one.quantity > 0
    ]
    return sorted(found, key=lambda one: (one.lots[0].at, one.key.run_id or ""))


def units_of(positions: Sequence[Position]) -> int:
    """Units of positions together."""
    return sum(one.quantity for one in positions)


def left_of(row: Correction) -> int:
    """Units of a write-off that have left positions."""
    return int((row.action_terms or {}).get("left", 0)) if row.action == "write_off" else 0


def command(
    wanted: Wanted, made: Callable[[], Correction], record: Callable[[UnitOfWork, Correction], None]
) -> Command[None]:
    """Take the units out of the positions and store the correction, in one transaction.

    made: the correction, anew for each attempt. Raises Conflict where the positions are others by
    now, or open orders sell the units.
    """

    def decide(uow: UnitOfWork) -> None:
        held = holders(uow.positions_in(wanted.instrument, wanted.account_id), wanted.instrument)
        if units_of(held) != wanted.held:
            raise Conflict(
                f"Our books have {units_of(held)} units of {wanted.instrument} now, and had "
                f"{wanted.held} when they were compared. Check again first."
            )
        parts = _parts(held, wanted.units)
        for position, units in parts:
            _demand_free(uow, position, units)
        row = made()
        uow.session.add(row)
        uow.session.flush()  # the number is the name of what leaves
        moves = [_take(uow, position, units, wanted, row) for position, units in parts]
        row.action_terms = {"left": sum(units for _, units in parts), "moves": moves}
        record(uow, row)

    return Command(decide)


def undo_command(
    account_id: int, terms: Json, find: Callable[[UnitOfWork], Correction], why_not: WhyNotBack,
    record: Callable[[UnitOfWork, Correction], None],
) -> Command[None]:  # fmt: skip
    """Give the units back. Raises Conflict where that is no longer possible."""

    def decide(uow: UnitOfWork) -> None:
        row = find(uow)
        back = [_back(uow, account_id, move, why_not) for move in terms["moves"]]
        for position, one in back:
            _give_back(uow, position, one)
        record(uow, row)

    return Command(decide)


def _parts(held: Sequence[Position], units: int) -> list[tuple[Position, int]]:
    """What leaves each position."""
    found: list[tuple[Position, int]] = []
    for position in held:
        part = min(units, position.quantity)
        if part:
            found.append((position, part))
        units -= part
    return found


def _take(uow: UnitOfWork, position: Position, units: int, wanted: Wanted, row: Correction) -> Json:
    key = position.key
    one = write_off_of(
        position, units, wanted.price, write_off_id=f"correction:{row.id}", at=uow.now
    )
    uow.post(post_write_off(one, key, Book({key: position}), kind=_kind(uow, key.instrument)))
    if units == position.quantity:
        _end_triggers(uow, key)
    at = (
        "at their cost: the price of their sale is not known"
        if wanted.price is None
        else f"at {inr(wanted.price)} a share, as they were sold elsewhere"
    )
    words = f"{grouped(units)} {key.instrument} ({key.product}) written off by {row.made_by}, {at}"
    _note(uow, key, WRITTEN_OFF, words, one)
    return {
        "run_id": key.run_id, "product": key.product.value, "actions": len(position.actions),
        "write_off": to_document(one),
    }  # fmt: skip


def _demand_free(uow: UnitOfWork, position: Position, units: int) -> None:
    """Raise Conflict where open orders sell more than what is left afterwards."""
    key = position.key
    selling = sum(
        one.request.quantity - one.filled_quantity
        for one in uow.account(int(key.account)).orders.values()
        if (one.run_id, one.request.instrument, one.request.product, one.request.side)
        == (key.run_id, key.instrument, key.product, Side.SELL)
        and one.is_open and not one.slices
    )  # fmt: skip
    if selling > position.quantity - units:
        raise Conflict(
            f"Open orders sell {grouped(selling)} of {key.instrument}: wait for them, or cancel "
            "them first.",
            code="open_orders",
        )


def _end_triggers(uow: UnitOfWork, key: PositionKey) -> None:
    """Have what rests at the broker to sell a position withdrawn: nothing of it is left."""
    for gtt in uow.gtts.of(int(key.account)):
        sells = all(one.side is Side.SELL for one in gtt.request.orders)
        is_same = (gtt.run_id, gtt.request.instrument) == (key.run_id, key.instrument)
        if gtt.is_active and sells and is_same:
            at_broker.cancel_soon(uow, gtt)


def _back(
    uow: UnitOfWork, account_id: int, move: Json, why_not: WhyNotBack
) -> tuple[Position, WriteOff]:  # fmt: skip
    """A position and what it gets back. Raises Conflict where it cannot."""
    was = from_document(WriteOff, move["write_off"])
    key = PositionKey(str(account_id), move["run_id"], was.instrument, Product(move["product"]))
    position = uow.position(key)
    reason = "" if key.run_id is None else why_not(uow, key.run_id)
    if position.quantity < 0:
        reason = "The position is short now."
    if len(position.actions) != move["actions"]:
        reason = "It has been through a split or bonus since."
    if reason:
        raise Conflict(f"The units of {key.instrument} cannot be given back. {reason}")
    return position, was.undoing(uow.now)


def _give_back(uow: UnitOfWork, position: Position, one: WriteOff) -> None:
    key = position.key
    uow.post(post_write_off(one, key, Book({key: position}), kind=_kind(uow, key.instrument)))
    words = f"{grouped(one.quantity)} {key.instrument} ({key.product}): the write-off was undone"
    _note(uow, key, WRITE_OFF_UNDONE, words, one)


def _kind(uow: UnitOfWork, name: str) -> InstrumentType:
    instrument = uow.find(name)
    return InstrumentType.EQ if instrument is None else instrument.instrument_type


def _note(uow: UnitOfWork, key: PositionKey, event_type: str, words: str, one: WriteOff) -> None:
    uow.note(
        account_id=int(key.account), run_id=key.run_id, kind="execution", event_type=event_type,
        source="reconciliation", summary=words, resource=("position", key.instrument),
        payload={"product": key.product.value, "write_off": to_document(one)},
    )  # fmt: skip
