"""Whatever of one account's cannot be done: it is put aside, and nobody else's stop waits for it.

Each test poisons one thing of the account `sick`, and looks at the stop, the resting order and the
new orders of the account `well`. Once the poison is out, a start does what was put aside.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest
from packages.server.tests.doubles.accounts import paper_account
from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from tradertape_core.execution import engine
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.orders.order import Fill
from tradertape_core.orders.reports import ExecutionReport
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state import fill_booking
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.store.models import (
    GttRow,
    IntentRow,
    OrderRow,
    OutboxRow,
    PositionRow,
    SetAsideRow,
)
from tradertape_server.features.execution.venues.paper import PaperExchange

WITHIN_S = 5.0  # the machine of a test is shared; a pause would last until the next command
Document = dict[str, Any]


@dataclass
class Ward:
    """Two accounts of which one is poisoned, and what each of them waits for."""

    service: ExecutionService
    start: Callable[..., ExecutionService]
    market: Any
    order: Callable[..., Document]
    sick: RunRef
    well: RunRef
    keys: Iterator[str]

    def place(self, run: RunRef, **changes: Any) -> str:
        reply = self.service.place(run, self.order(**changes), key=next(self.keys))
        return reply.document["order_id"]

    def stop(self, run: RunRef) -> int:
        """A GTT that sells what the run holds at 1450."""
        condition = {"exchange": "NSE", "tradingsymbol": "INFY", "last_price": 1500.0}
        leg = self.order(order_type="LIMIT", price=1450.0, transaction_type="SELL")
        document = {
            "type": "single",
            "condition": {**condition, "trigger_values": [1450.0]},
            "orders": [leg],
        }
        return self.service.create_gtt(run.account_id, document)

    def set_up(self, run: RunRef) -> tuple[int, str]:
        """A position with a stop at 1450, and a purchase that rests at 1460."""
        self.place(run)
        return self.stop(run), self.place(run, order_type="LIMIT", price=1460)

    def crash_to(self, price: str) -> None:
        """The price falls; what follows is on disk when this returns."""
        began_s = monotonic()
        self.market.trade("NSE:INFY", price)
        for _ in range(3):
            self.service.trader.execute(Command(lambda _uow: None))
        assert monotonic() - began_s < WITHIN_S

    def demand_well(self, stop: int, resting: str) -> None:
        """The neighbour's stop and order were executed, and it can still trade."""
        fired = self.service.get_gtt(self.well.account_id, stop)
        assert (fired.status, fired.results[0].reason) == ("triggered", None)
        assert self.service.order(self.well.run_id, resting).status == "COMPLETE"
        fresh = self.service.order(self.well.run_id, self.place(self.well))
        assert fresh.status == "COMPLETE"

    def put_aside(self) -> list[tuple[str, str, int | None]]:
        """What was put aside, as it is stored."""
        self.service.trader.execute(Command(lambda _uow: None))
        self.service.trader.execute(Command(lambda _uow: None))
        with self.service.database.read() as session:
            rows = session.scalars(select(SetAsideRow).order_by(SetAsideRow.id)).all()
            return [(row.kind, row.reason, row.account_id) for row in rows]

    def told(self) -> list[str]:
        """What the poisoned account's timeline says of it."""
        events = self.service.events(account_id=self.sick.account_id)
        return [one.summary for one in events if one.event_type == "set_aside"]

    def restart(self) -> None:
        self.service.trader.stop()
        self.service = self.start()


@pytest.fixture
def ward(execution, start, market, order, user_id) -> Ward:
    sick, well = (
        RunRef(account_id=paper_account(execution, user_id, scope), run_id=scope[-5:])
        for scope in ("kite:the-sick", "kite:the-well")
    )
    keys = (f"key-{number:05}" for number in range(1000))
    return Ward(execution, start, market, order, sick, well, keys)


def only_of(ward: Ward, account: str) -> bool:
    return account == str(ward.sick.account_id)


# --- commands and triggers ------------------------------------------------------------------------


def test_a_trigger_whose_order_clashes_is_put_aside(ward, monkeypatch):
    real, clashing = engine.tag_for, ward.sick

    def tag_for(account: str, run_id: str | None, key: str, **place: int) -> str:
        if only_of(ward, account) and key.startswith("server:gtt"):
            run_id, key = clashing.run_id, "key-00000"
        return real(account, run_id, key, **place)

    sick, _ = ward.set_up(ward.sick)
    stop, resting = ward.set_up(ward.well)
    monkeypatch.setattr(engine, "tag_for", tag_for)
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    [(kind, reason, account_id)] = ward.put_aside()
    assert (kind, account_id) == ("trigger", ward.sick.account_id)
    assert reason.startswith("IntegrityError")
    assert "IntegrityError" in ward.told()[0]
    assert ward.service.trader.pauses == 0
    assert ward.service.get_gtt(ward.sick.account_id, sick).status == "active"
    count = ward.service.trader.quarantine.count
    ward.crash_to("1449.00")
    assert ward.service.trader.quarantine.count == count, "it is not tried at each tick"
    monkeypatch.undo()
    ward.restart()
    ward.crash_to("1448.00")
    assert ward.service.get_gtt(ward.sick.account_id, sick).status == "triggered"


def test_a_trigger_that_is_put_aside_is_tried_again_later(ward, monkeypatch, clock):
    sick, _ = ward.set_up(ward.sick)
    fire = type(ward.service.gtt).fire
    tried: list[int] = []

    def failing(self: Any, uow: Any, trigger_id: int, leg: int) -> None:
        tried.append(trigger_id)
        raise KeyError("a defect")

    monkeypatch.setattr(type(ward.service.gtt), "fire", failing)
    ward.crash_to("1450.00")
    ward.crash_to("1449.00")
    assert tried == [sick]
    clock.advance(seconds=6)
    ward.market.refresh()
    ward.crash_to("1448.00")
    assert tried == [sick, sick]
    monkeypatch.setattr(type(ward.service.gtt), "fire", fire)
    clock.advance(seconds=11)
    ward.market.refresh()
    ward.crash_to("1447.00")
    assert ward.service.get_gtt(ward.sick.account_id, sick).status == "triggered"


def test_a_command_with_a_number_that_no_column_holds_fails_alone(ward):
    stop, resting = ward.set_up(ward.well)

    def overflow(uow: Any) -> None:
        uow.session.execute(update(SetAsideRow).values(times=2**70))

    with pytest.raises((OverflowError, DataError)):
        ward.service.trader.execute(Command(overflow))
    assert [kind for kind, _, _ in ward.put_aside()] == ["command"]
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    assert ward.service.trader.pauses == 0


def test_a_command_that_fails_while_it_is_written_fails_alone(ward, monkeypatch):
    """All commands of a batch are written with one statement a table."""
    stop, resting = ward.set_up(ward.well)

    def later(uow: Any) -> None:
        def fail(_session: Any) -> None:
            raise ZeroDivisionError("a defect")

        uow.later(fail)

    with pytest.raises(ZeroDivisionError):
        ward.service.trader.execute(Command(later))
    assert [kind for kind, _, _ in ward.put_aside()] == ["command"]
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    assert ward.service.trader.pauses == 0


def test_a_refusal_is_not_put_aside(ward):
    with pytest.raises(Exception, match="only 0"):
        ward.place(ward.sick, transaction_type="SELL")
    assert ward.put_aside() == []


# --- what the paper market reports ----------------------------------------------------------------


def poison_fills(ward: Ward, monkeypatch: Any, poison: Callable[[Any], Any]) -> None:
    real = fill_booking.book

    def book(order: Any, fill: Fill, *rest: Any, **more: Any) -> Any:
        booked = real(order, fill, *rest, **more)
        return poison(booked) if only_of(ward, fill.account) else booked

    monkeypatch.setattr(fill_booking, "book", book)


def overflowing(booked: Any) -> Any:
    entries = booked.postings.entries
    huge = tuple(replace(one, paise=2**70 if one.paise > 0 else -(2**70)) for one in entries[:2])
    return replace(booked, postings=replace(booked.postings, entries=huge))


def defective(_booked: Any) -> Any:
    raise ZeroDivisionError("a defect")


@pytest.mark.parametrize("poison", [overflowing, defective])
def test_a_fill_that_cannot_be_booked_takes_its_order_from_the_market(ward, monkeypatch, poison):
    sick_stop, sick_order = ward.set_up(ward.sick)
    stop, resting = ward.set_up(ward.well)
    poison_fills(ward, monkeypatch, poison)
    ward.crash_to("1460.00")  # both purchases fill
    ward.crash_to("1450.00")  # both stops
    ward.demand_well(stop, resting)
    found = ward.put_aside()
    assert {(kind, account) for kind, _, account in found} == {("order", ward.sick.account_id)}
    assert len(found) == 2, "the purchase, and the order of the stop"
    assert len(ward.told()) == 2
    assert ward.service.order(ward.sick.run_id, sick_order).is_open
    count = ward.service.trader.quarantine.count
    ward.crash_to("1440.00")
    assert ward.service.trader.quarantine.count == count
    assert ward.service.trader.pauses == 0
    monkeypatch.undo()
    ward.restart()
    ward.crash_to("1441.00")
    assert ward.service.order(ward.sick.run_id, sick_order).status == "COMPLETE"
    fired = ward.service.get_gtt(ward.sick.account_id, sick_stop)
    assert not ward.service.order(ward.sick.run_id, fired.results[0].order_id or "").in_doubt


def test_an_order_that_is_put_aside_can_be_cancelled(ward, monkeypatch):
    _, resting = ward.set_up(ward.sick)
    with monkeypatch.context() as poisoned:
        poison_fills(ward, poisoned, defective)
        fresh = ward.order(order_type="LIMIT", price=1500.05)
        placed = ward.service.place(ward.sick, fresh, key="fresh-0001").document
        assert placed["status"] == "PUT ORDER REQ RECEIVED", "placed, and nothing known of it"
        ward.crash_to("1460.00")
    unfilled = [one for one in ward.service.orders(open_only=True) if not one.has_fills]
    assert len(unfilled) == 2
    for one in unfilled:
        ward.market.trade("NSE:INFY", "1500.00")
        ended = ward.service.cancel(ward.sick.run_id, one.order_id)
        assert ended.status in ("CANCELLED", "COMPLETE"), one.order_id
    assert resting in {one.order_id for one in unfilled}


@pytest.mark.parametrize("price", ["NaN", "-5", "123456789012345678901234567890"])
def test_a_fill_at_a_price_that_is_none_stops_nobody(ward, monkeypatch, price):
    ward.set_up(ward.sick)
    stop, resting = ward.set_up(ward.well)
    real = PaperExchange.on_ticks
    theirs = {one.order_id for one in ward.service.orders(account_id=ward.sick.account_id)}

    def on_ticks(self: PaperExchange, ticks: Any) -> list[ExecutionReport]:
        return [
            replace(one, trades=tuple(replace(t, price=Decimal(price)) for t in one.trades))
            if one.order_id in theirs
            else one
            for one in real(self, ticks)
        ]

    monkeypatch.setattr(PaperExchange, "on_ticks", on_ticks)
    ward.crash_to("1460.00")
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    assert ward.service.trader.pauses == 0
    assert ("order", ward.sick.account_id) in {(k, a) for k, _, a in ward.put_aside()}
    monkeypatch.undo()
    ward.restart()


def test_a_report_on_an_order_that_nobody_placed_stops_nobody(ward, monkeypatch, clock):
    stop, resting = ward.set_up(ward.well)
    real = PaperExchange.on_ticks
    stray = ExecutionReport(order_id="nobody-s", at=clock.now(), sequence=1)

    def on_ticks(self: PaperExchange, ticks: Any) -> list[ExecutionReport]:
        return [*real(self, ticks), stray]

    monkeypatch.setattr(PaperExchange, "on_ticks", on_ticks)
    ward.crash_to("1460.00")
    ward.crash_to("1450.00")
    monkeypatch.undo()
    ward.demand_well(stop, resting)
    assert ("order", None) in {(kind, account) for kind, _, account in ward.put_aside()}
    assert ward.service.trader.pauses == 0


def test_an_order_that_the_market_cannot_match_is_found_among_the_others(ward, monkeypatch):
    _, sick = ward.set_up(ward.sick)
    stop, resting = ward.set_up(ward.well)
    real = SimulatedVenue.on_tick

    def on_tick(self: SimulatedVenue, *tick: Any, **more: Any) -> Any:
        if sick in self:
            raise ZeroDivisionError("a defect")
        return real(self, *tick, **more)

    monkeypatch.setattr(SimulatedVenue, "on_tick", on_tick)
    ward.market.trade("NSE:INFY", "1460.00")
    for _ in range(2):  # the first may be in a batch before the tick's
        with contextlib.suppress(TradingPaused, ZeroDivisionError):
            ward.service.trader.execute(Command(lambda _uow: None))
    ward.crash_to("1459.00")
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    assert ward.service.trader.pauses == 1, "then the others are restored without it"
    monkeypatch.undo()
    ward.restart()
    ward.crash_to("1449.00")
    assert ward.service.order(ward.sick.run_id, sick).status == "COMPLETE"


# --- rows that make no sense ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    [OrderRow, PositionRow, GttRow, OutboxRow, IntentRow],
    ids=lambda one: one.__tablename__,
)
def test_a_row_that_cannot_be_read_concerns_its_account_alone(ward, database, table):
    _, sick = ward.set_up(ward.sick)
    stop, resting = ward.set_up(ward.well)
    ward.service.trader.stop()
    with database.write() as session:
        if table is OutboxRow:
            session.add(
                OutboxRow(
                    account_id=ward.sick.account_id, order_id=sick, action="nonsense", ask=1,
                    venue="paper", payload={}, status="sending", created_at=ward.market.clock.now(),
                )
            )  # fmt: skip
        rows = session.scalars(select(table).where(table.account_id == ward.sick.account_id)).all()
        kept = [{c.key: getattr(row, c.key) for c in table.__table__.columns} for row in rows]
        for row in rows:
            if table is IntentRow:
                row.details, row.answer, row.status_code = {"legs": [{}]}, None, None
            elif table is not OutboxRow:
                row.document = {"nonsense": True}
    ward.service = ward.start()
    ward.crash_to("1460.00")
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    assert {account for _, _, account in ward.put_aside()} <= {ward.sick.account_id, None}
    assert ward.put_aside()
    ward.service.trader.stop()
    key = list(table.__table__.primary_key.columns.keys())
    with database.write() as session:
        for values in kept if table is not OutboxRow else ():
            same = [getattr(table, name) == values[name] for name in key]
            session.execute(update(table).where(*same).values(**values))
        for row in session.scalars(select(OutboxRow)):
            session.delete(row)
    ward.service = ward.start()
    assert ward.service.order(ward.sick.run_id, sick).order_id == sick


# --- listeners, and the table ---------------------------------------------------------------------


def test_a_listener_that_fails_stops_nobody(ward):
    def listener(_events: Any) -> None:
        raise ZeroDivisionError("a defect")

    stop, resting = ward.set_up(ward.well)
    ward.service.trader.listen(listener)
    ward.crash_to("1450.00")
    ward.demand_well(stop, resting)
    assert {kind for kind, _, _ in ward.put_aside()} == {"listener"}
    assert ward.service.trader.pauses == 0


def test_what_is_stored_of_a_failure_has_no_values_of_rows(ward, database):
    def collide(uow: Any) -> None:
        uow.later(lambda session: session.add(SetAsideRow(kind="secret-value", name="n")))

    with pytest.raises(Exception, match=r"NOT NULL|null value"):
        ward.service.trader.execute(Command(collide))
    [(_, reason, _)] = ward.put_aside()
    assert "secret-value" not in reason
    with database.read() as session:
        row = session.scalars(select(SetAsideRow)).one()
    assert (row.times, row.kind) == (1, "command")
