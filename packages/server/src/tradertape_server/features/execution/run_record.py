"""Everything that is stored of one run id, read in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy.orm import Session

from tradertape_core.ledger.position import Position
from tradertape_core.ledger.write_off import WriteOff
from tradertape_core.orders.codec import from_document
from tradertape_core.orders.gtt import Gtt
from tradertape_core.orders.order import Order
from tradertape_server.features.execution.state.fill_reversal import WRITE_OFF_UNDONE, WRITTEN_OFF
from tradertape_server.features.execution.store import gtt_store, posting_queries, repository
from tradertape_server.features.execution.store.models import FillRow, IntentRow
from tradertape_server.features.execution.store.staged_writes import Row


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Orders and fills oldest first, positions with those that are closed, triggers by id.

    write_offs: units that left without a trade, and those that returned, oldest first.
    """

    orders: list[Order]
    fills: Sequence[FillRow]
    positions: list[Position]
    intents: Sequence[IntentRow]
    gtts: dict[int, Gtt]
    write_offs: list[WriteOff]


def read_run(
    session: Session, account_id: int, run_id: str, *, gtt_ids: Collection[int]
) -> RunRecord:
    """Read a run of an account. gtt_ids: its triggers; those that are gone are left out."""
    found = {one: repository.gtt(session, account_id, one) for one in gtt_ids}
    orders = repository.orders(session, run_id=run_id, account_id=account_id)
    return RunRecord(
        orders=orders,
        fills=repository.fills(session, run_id=run_id, account_id=account_id) if orders else (),
        positions=repository.positions(session, run_id=run_id, account_id=account_id),
        intents=repository.intents(session, run_id),
        gtts={one: gtt for one, gtt in found.items() if gtt is not None},
        write_offs=_write_offs(session, account_id, run_id) if orders else [],
    )


def _write_offs(session: Session, account_id: int, run_id: str) -> list[WriteOff]:
    told = posting_queries.story(
        session, account_id=account_id, run_id=run_id, event_types=(WRITTEN_OFF, WRITE_OFF_UNDONE)
    )
    return [from_document(WriteOff, cast("Row", one.payload["write_off"])) for one in told]


def trigger_of(session: Session, order: Order) -> Gtt | None:
    """The trigger that placed an order, whether or not it is still kept for a position."""
    return gtt_store.that_placed(session, order)


def cash_of_runs(session: Session, account_id: int, prefix: str) -> int:
    """What the runs whose ids begin with `prefix` have moved of an account's cash, in paise."""
    return posting_queries.cash_of_runs(session, account_id, prefix)


def triggers_of(session: Session, account_ids: Collection[int]) -> dict[int, list[Gtt]]:
    """The active triggers of accounts, by account, oldest first."""
    found: dict[int, list[Gtt]] = {one: [] for one in account_ids}
    for gtt in repository.gtts(session, active_only=True):
        if int(gtt.account) in found:
            found[int(gtt.account)].append(gtt)
    return found
