"""Trades an exchange took back: their entries are reversed, and the position is what it would be.

Nothing is erased but the row of the fill: the ledger keeps what was posted and its reversal, the
timeline both events. What later trades, splits and expiries did with the voided units is worked
out anew from the timeline, in the order it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.billing import schedule_for, void_refund
from tradertape_core.ledger.charges import Charges
from tradertape_core.ledger.conversion import Conversion
from tradertape_core.ledger.corporate import CashDividend, CorporateAction
from tradertape_core.ledger.journal import (
    Book,
    Entry,
    LedgerAccount,
    Movement,
    PostingKind,
    Postings,
    post_void,
)
from tradertape_core.ledger.mark_to_market import DailyMark
from tradertape_core.ledger.position import key_of
from tradertape_core.ledger.settlement import Settlement
from tradertape_core.ledger.write_off import WriteOff
from tradertape_core.orders.codec import from_document
from tradertape_core.orders.events import FillVoided
from tradertape_core.orders.order import Fill, Order
from tradertape_server.features.execution.ports import TimelineEvent
from tradertape_server.features.execution.state.working_state import WorkingState
from tradertape_server.features.execution.store import posting_queries
from tradertape_server.features.execution.store.staged_writes import Row

WRITTEN_OFF, WRITE_OFF_UNDONE = "units_written_off", "write_off_undone"
TAKEN_IN = "units_taken_in"  # of holdings that were bought elsewhere
# What moves a position, by its event in the timeline: the part of the payload, and what it is.
MOVES: dict[str, tuple[str, type[Movement]]] = {
    "order_filled": ("fill", Fill),
    "position_marked": ("mark", DailyMark),
    "position_settled": ("settlement", Settlement),
    "position_adjusted": ("action", CorporateAction),
    "dividend_paid": ("dividend", CashDividend),
    "position_converted": ("conversion", Conversion),
    WRITTEN_OFF: ("write_off", WriteOff),
    WRITE_OFF_UNDONE: ("write_off", WriteOff),
    TAKEN_IN: ("write_off", WriteOff),
}
VOIDED = "fill_voided"


def reversal_of(state: WorkingState, order: Order, event: FillVoided) -> Sequence[Postings]:
    """Return the entries that reverse what a fill posted. order: after the event."""
    fill = event.fill
    instrument = state.known(fill.instrument)
    broker = state.account(int(order.account)).broker
    terms = schedule_for(broker, fill.product, instrument.instrument_type)
    refund = void_refund(terms, (*order.fills, fill), fill) + _demat(state, fill)
    key = key_of(fill)
    return post_void(
        fill,
        _original(state, fill),
        list(_history(state, fill)),
        Book({key: state.position(key)}),
        refund=refund,
        kind=instrument.instrument_type,
        at=state.now,
    )


def _original(state: WorkingState, fill: Fill) -> Postings:
    """The entries of a fill as they were written, or are about to be."""
    account_id, name = int(fill.account), f"{PostingKind.FILL}:{fill.trade_id}"
    waiting = [
        (row["ledger"], row["amount_paise"])
        for row in state.staged.postings
        if row["account_id"] == account_id and row["entry"] == name
    ]
    lines = waiting or posting_queries.entry(state.session, account_id, name)
    if not lines:
        raise InvariantBroken(f"trade {fill.trade_id} was never posted")
    return Postings(
        kind=PostingKind.FILL,
        reference=fill.trade_id,
        account=fill.account,
        run_id=fill.run_id,
        at=fill.at,
        instrument=fill.instrument,
        entries=tuple(Entry(LedgerAccount(ledger), Paise(paise)) for ledger, paise in lines),
    )


def _history(state: WorkingState, voided: Fill) -> Iterator[Movement]:
    """All that moved the position but the voided trade and those voided before, oldest first."""
    stored = posting_queries.story(
        state.session,
        account_id=int(voided.account),
        run_id=voided.run_id,
        event_types=(*MOVES, VOIDED),
    )
    ours = [one for one in state.staged.events if _is_of(one, voided)]
    story: Sequence[TimelineEvent] = [*stored, *ours]
    gone = {voided.trade_id, *_trades(one for one in story if one.event_type == VOIDED)}
    for one in story:
        part, kind = MOVES.get(one.event_type, ("", None))
        if kind is None:
            continue
        moved = from_document(kind, cast("Row", one.payload[part]))
        if isinstance(moved, Fill):
            is_same = key_of(moved) == key_of(voided) and moved.trade_id not in gone
        else:
            is_same = voided.product.value in (one.payload["product"], one.payload.get("became"))
            is_same = is_same and moved.instrument == voided.instrument
        if is_same:
            yield moved


def _trades(events: Iterable[TimelineEvent]) -> Iterator[str]:
    for event in events:
        yield from_document(Fill, cast("Row", event.payload["fill"])).trade_id


def _is_of(event: TimelineEvent, fill: Fill) -> bool:
    return event.account_id == int(fill.account) and event.run_id == fill.run_id


def _demat(state: WorkingState, fill: Fill) -> Charges:
    """The depository's charge that came with the fill, if any."""
    waiting = [row["charges"] for row in state.staged.fills if row["trade_id"] == fill.trade_id]
    charges = waiting[0] if waiting else posting_queries.fill_charges(state.session, fill)
    return Charges(demat=Paise(charges.get("demat", 0)))


def unlist(state: WorkingState, fill: Fill) -> None:
    """Take a fill out of the list of executions; the ledger keeps its entries."""
    staged = state.staged.fills
    kept = [row for row in staged if row["trade_id"] != fill.trade_id]
    if len(kept) == len(staged):
        posting_queries.drop_fill(state.session, fill)
    staged[:] = kept
