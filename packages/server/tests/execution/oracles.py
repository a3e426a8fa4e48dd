"""What must be true of the tables of execution after anything: run it after every scenario."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, func, select
from sqlalchemy.orm import Session

from tradertape_core.execution.decision import tag_for
from tradertape_core.ledger.journal import LedgerAccount
from tradertape_core.orders.codec import event_from
from tradertape_core.orders.family import summary as family_summary
from tradertape_core.orders.order import Order
from tradertape_core.orders.transitions import fold
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.mapping import order_of, position_of
from tradertape_server.features.execution.store.models import (
    AccountCash,
    ExecutionCursor,
    ExecutionEvent,
    FillRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PositionRow,
    PostingRow,
)
from tradertape_server.features.execution.store.timeline_text import class_name
from tradertape_server.platform.database.engine import Base, Database

WITH_MONEY = frozenset(
    {
        "execution_events",
        "execution_positions",
        "fills",
        "gtt_triggers",
        "intents",
        "orders",
        "outbox",
        "traded_instruments",
    }
)


def check(database: Database, *, is_quiet: bool = True) -> None:
    """Every law at once. is_quiet: nothing is on its way, so the outbox must be empty."""
    with database.read() as session:
        entries_balance(session)
        cash_is_the_sum_of_postings(session)
        the_timeline_has_no_gap(session)
        fills_are_unique_and_of_known_orders(session)
        positions_are_the_sum_of_fills(session)
        what_marks_paid_is_kept_apart(session)
        orders_are_the_fold_of_their_events(session)
        every_intent_has_its_orders(session)
        no_float_is_stored(session)
        if is_quiet:
            assert session.scalars(select(OutboxRow)).all() == []


def entries_balance(session: Session) -> None:
    """Debits equal credits, entry by entry and so in all."""
    query = select(PostingRow.account_id, PostingRow.entry, func.sum(PostingRow.amount_paise))
    for account, entry, rest in session.execute(
        query.group_by(PostingRow.account_id, PostingRow.entry)
    ):
        assert rest == 0, f"{entry} of account {account} is off by {rest} paise"
    fills = set(session.execute(select(FillRow.account_id, FillRow.trade_id)))
    posted = {
        (account, entry.removeprefix("fill:"))
        for account, entry in session.execute(select(PostingRow.account_id, PostingRow.entry))
        if entry.startswith("fill:")
    }
    reversed_ones = {
        (account, entry.removeprefix("reversal:"))
        for account, entry in session.execute(select(PostingRow.account_id, PostingRow.entry))
        if entry.startswith("reversal:")
    }
    assert posted - reversed_ones == fills, "fills and ledger entries differ"


def cash_is_the_sum_of_postings(session: Session) -> None:
    """The balance that is kept, of every account that has one, is what its postings add up to."""
    kept = {row.account_id: row.paise for row in session.scalars(select(AccountCash))}
    summed = {number: repository.summed_cash(session, number) for number in kept}
    assert kept == summed
    traded = set(session.scalars(select(FillRow.account_id)))
    assert traded <= set(kept), "an account that traded has a balance"


def the_timeline_has_no_gap(session: Session) -> None:
    numbers = list(session.scalars(select(ExecutionEvent.seq).order_by(ExecutionEvent.seq)))
    assert numbers == list(range(1, len(numbers) + 1))
    assert session.get_one(ExecutionCursor, 1).last_seq == len(numbers)


def fills_are_unique_and_of_known_orders(session: Session) -> None:
    fills = session.scalars(select(FillRow)).all()
    trades = Counter((fill.account_id, fill.trade_id) for fill in fills)
    assert all(count == 1 for count in trades.values())
    orders = {row.order_id: order_of(row) for row in session.scalars(select(OrderRow))}
    filled: Counter[str] = Counter()
    for fill in fills:
        filled[fill.order_id] += fill.quantity
    for name, order in orders.items():
        if not order.slices:
            assert filled[name] == order.filled_quantity <= order.request.quantity
    assert set(filled) <= set(orders)


def positions_are_the_sum_of_fills(session: Session) -> None:
    held: defaultdict[tuple[int, str, str, str], int] = defaultdict(int)
    for fill in session.scalars(select(FillRow)):
        key = (fill.account_id, fill.run_id or "", fill.instrument, fill.product)
        held[key] += fill.quantity if fill.side == "BUY" else -fill.quantity
    rows = session.scalars(select(PositionRow)).all()
    known = {(r.account_id, r.run_id, r.instrument, r.product): r for r in rows}
    assert set(held) <= set(known)  # of a position whose only trade was voided a row is left
    for key, row in known.items():
        # Corporate actions and expiries move units without a trade.
        position = position_of(row)
        assert row.quantity == held[key] + position.adjusted_quantity == position.quantity
        assert row.is_open == (row.quantity != 0)


def what_marks_paid_is_kept_apart(session: Session) -> None:
    """The ledger holds what open futures were paid before it is realised, run by run."""
    query = select(
        PostingRow.account_id,
        PostingRow.run_id,
        PostingRow.instrument,
        func.sum(PostingRow.amount_paise),
    )
    query = query.where(PostingRow.ledger == LedgerAccount.MARK_TO_MARKET)
    paid: Counter[tuple[int, str, str | None]] = Counter()
    for row in session.scalars(select(PositionRow)):
        paid[row.account_id, row.run_id, row.instrument] -= position_of(row).mtm_paise
    for account, run_id, instrument, balance in session.execute(
        query.group_by(PostingRow.account_id, PostingRow.run_id, PostingRow.instrument)
    ):
        assert paid[account, run_id or "", instrument] == balance


def orders_are_the_fold_of_their_events(session: Session) -> None:
    """The cache can be thrown away: the log gives it back."""
    for row in session.scalars(select(OrderRow)):
        assert order_of(row) == rebuilt(session, row.order_id)


def rebuilt(session: Session, order_id: str) -> Order:
    """An order from the log alone."""
    story = repository.order_events(session, order_id)
    order = fold(event_from(class_name(one.event_type), one.payload) for one in story)
    if not order.slices:
        return order
    children = [
        rebuilt(session, child.order_id) for child in repository.children(session, order_id)
    ]
    return family_summary(order, children)


def every_intent_has_its_orders(session: Session) -> None:
    """One order for each leg of an intent, and none beside: nothing lost, nothing doubled."""
    for intent in session.scalars(select(IntentRow)):
        for leg in intent.details.get("legs", ()):
            if leg["order_id"] is None:
                continue
            order = repository.order(session, leg["order_id"])
            assert order is not None, f"order {leg['order_id']} of key {intent.key} is lost"
            index = leg["index"] if intent.kind == "place_basket" else 0
            tag = tag_for(str(intent.account_id), intent.run_id, intent.key, leg=index)
            assert order.tag == tag
            same = select(func.count()).where(OrderRow.tag == tag)
            assert session.scalar(same) == 1


def no_float_is_stored(session: Session) -> None:
    """Prices are texts of decimals, amounts and quantities whole numbers (FAULTS, R1)."""
    columns = [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if table.name in WITH_MONEY and isinstance(column.type, JSON)
    ]
    for column in columns:
        for document in session.scalars(select(column)):
            found = list(floats_in(document, f"{column.table.name}.{column.name}"))
            assert not found, f"floats are stored: {found}"


def floats_in(value: Any, path: str) -> Iterator[str]:
    """Where a document holds floats, beside what a worker said and an answer as it was given."""
    if isinstance(value, float):
        yield f"{path}={value}"
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in ("metadata", "preview"):
                yield from floats_in(member, f"{path}.{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from floats_in(member, f"{path}[{index}]")
