"""Conversions of positions that no run owns: asked of a broker first, then written into the books.

What is asked is in the timeline before it leaves, under the caller's key: a key converts once. An
answer that was lost is read from the broker's own positions, and nothing is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import grouped
from tradertape_core.ledger.conversion import Conversion, conversion_of
from tradertape_core.ledger.journal import Book, post_conversion
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import posting_queries
from tradertape_server.platform.errors import Conflict

Json = dict[str, Any]
ASKED, CONVERTED, REFUSED = "conversion_sent", "position_converted", "conversion_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedConversion:
    """quantity: units of the position, without a sign. key: the caller's, in a person's space."""

    account_id: int
    instrument: str
    old_product: Product
    new_product: Product
    quantity: int
    key: str

    @property
    def position(self) -> PositionKey:
        """The position that units leave."""
        return PositionKey(str(self.account_id), None, self.instrument, self.old_product)


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversion on its way. at_broker: units of the old product there before it was asked for;
    None on paper. is_done: it is in the books. is_new: this caller is the first to ask."""

    conversion: Conversion
    at_broker: int | None = None
    is_done: bool = False
    is_new: bool = True

    @property
    def is_overnight(self) -> bool:
        """Whether its units were carried over from a day before."""
        day = self.conversion.at.astimezone(IST).date()
        return self.conversion.lots[0].at.astimezone(IST).date() < day


def ask(wanted: WantedConversion, at_broker: int | None = None) -> Command[Asked]:
    """Check a conversion and write down that it is asked for; one on paper is done at once."""

    def decide(uow: UnitOfWork) -> Asked:
        known = _known(uow, wanted)
        if known is not None:
            return known
        conversion = _checked(uow, wanted)
        if at_broker is None:
            _demand_possible_on_paper(uow, wanted, conversion)
            _post(uow, wanted, conversion)
            return Asked(conversion, is_done=True)
        asked = Asked(conversion, at_broker)
        _demand_of_one_day(asked)
        words = f"Conversion sent to the broker: {_words(conversion)}"
        _note(uow, wanted, ASKED, words, conversion, at_broker=at_broker)
        return asked

    return Command(decide)


def record(wanted: WantedConversion, asked: Asked, *, refused: str | None = None) -> Command[None]:
    """Write what the broker did into the books, once. refused: why it did not."""

    def decide(uow: UnitOfWork) -> None:
        known = _known(uow, wanted)
        if known is not None and known.is_done:
            return
        if refused is not None:
            words = f"Not converted: {_words(asked.conversion)} ({refused})"
            _note(uow, wanted, REFUSED, words, asked.conversion)
        else:
            _post(uow, wanted, asked.conversion)

    return Command(decide)


def _known(uow: UnitOfWork, wanted: WantedConversion) -> Asked | None:
    """What became of the conversion of a key before. Raises Conflict for another under it."""
    story = posting_queries.story(
        uow.session, account_id=wanted.account_id, run_id=None,
        event_types=(ASKED, CONVERTED, REFUSED),
    )  # fmt: skip
    told = [(one, cast("Json", one.payload)) for one in story]
    mine = [
        (one, payload)
        for one, payload in told
        if payload["conversion"]["conversion_id"] == wanted.key
    ]
    if not mine:
        return None
    last, payload = mine[-1]
    found = from_document(Conversion, payload["conversion"])
    terms = (found.instrument, found.old_product, found.new_product, abs(found.quantity))
    if terms != (wanted.instrument, wanted.old_product, wanted.new_product, wanted.quantity):
        raise Conflict("This Idempotency-Key was used for another conversion.", code="key_reused")
    if last.event_type == REFUSED:
        raise Conflict(f"{last.summary}. Use a new key to ask again.", code="not_converted")
    at_broker: int | None = mine[0][1].get("at_broker")
    is_done = last.event_type == CONVERTED
    return Asked(found, at_broker, is_done=is_done, is_new=False)


def _checked(uow: UnitOfWork, wanted: WantedConversion) -> Conversion:
    state, key = uow.account(wanted.account_id), wanted.position
    there = replace(key, product=wanted.new_product)
    position = state.positions.get(key) or Position(key=key)
    side = Side.SELL if position.quantity > 0 else Side.BUY
    resting = state.margins.pending(wanted.instrument, wanted.old_product, side, None)
    free = abs(position.quantity) - resting
    if position.is_open and resting and wanted.quantity > free:
        raise Conflict(
            f"Open orders close {grouped(resting)} of {wanted.instrument} ({wanted.old_product}): "
            "cancel them first.",
            code="open_orders",
        )
    return conversion_of(
        position, state.positions.get(there) or Position(key=there), wanted.quantity,
        conversion_id=wanted.key, is_derivative=uow.known(wanted.instrument).is_derivative,
        at=uow.now,
    )  # fmt: skip


def _demand_of_one_day(asked: Asked) -> None:
    days = {lot.at.astimezone(IST).date() for lot in asked.conversion.lots}
    today = asked.conversion.at.astimezone(IST).date()
    if len(days) > 1 and today in days:
        bought = sum(
            abs(lot.quantity)
            for lot in asked.conversion.lots
            if lot.at.astimezone(IST).date() == today
        )
        raise Conflict(
            f"{grouped(bought)} of these units are of today, the others were carried over: brokers "
            "convert them one after the other. Convert today's first.",
            code="two_days",
        )


def _demand_possible_on_paper(
    uow: UnitOfWork, wanted: WantedConversion, conversion: Conversion
) -> None:
    instrument = uow.known(wanted.instrument)
    if uow.market.phase(instrument, uow.now) is not PhaseKind.CONTINUOUS:
        raise Conflict("Positions are converted while the market is open.", code="market_closed")
    state = uow.account(wanted.account_id)
    old, new = (
        int(state.margins.need(_as_order(conversion, product), None, uow.now))
        for product in (wanted.old_product, wanted.new_product)
    )
    free = int(state.margins.available(state.cash_paise, uow.now))
    if new - old > free:
        raise Conflict(
            f"{wanted.new_product} needs ₹{grouped((new - old) // 100)} more, and "
            f"₹{grouped(max(0, free) // 100)} is available.",
            code="insufficient_funds",
        )


def _as_order(conversion: Conversion, product: Product) -> OrderRequest:
    exchange, _, symbol = conversion.instrument.partition(":")
    side = Side.BUY if conversion.quantity > 0 else Side.SELL
    return OrderRequest(
        exchange=exchange, tradingsymbol=symbol, side=side, quantity=abs(conversion.quantity),
        product=product, order_type=OrderType.MARKET,
    )  # fmt: skip


def _post(uow: UnitOfWork, wanted: WantedConversion, conversion: Conversion) -> None:
    state, key = uow.account(wanted.account_id), wanted.position
    kind = uow.known(wanted.instrument).instrument_type
    for posted in post_conversion(conversion, key, Book(state.positions), kind=kind):
        uow.post(posted)
    _note(uow, wanted, CONVERTED, f"Converted: {_words(conversion)}", conversion)


def _note(
    uow: UnitOfWork, wanted: WantedConversion, event_type: str, words: str, conversion: Conversion,
    **more: Any,
) -> None:  # fmt: skip
    uow.note(
        account_id=wanted.account_id, run_id=None, kind="execution", event_type=event_type,
        source="trading", summary=words, resource=("position", wanted.instrument),
        payload={
            "product": wanted.old_product.value, "became": wanted.new_product.value,
            "conversion": to_document(conversion), **more,
        },
    )  # fmt: skip


def _words(conversion: Conversion) -> str:
    return (
        f"{grouped(abs(conversion.quantity))} {conversion.instrument} from "
        f"{conversion.old_product} to {conversion.new_product}"
    )
