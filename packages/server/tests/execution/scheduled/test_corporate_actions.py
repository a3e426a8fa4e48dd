"""Splits, bonuses and dividends of what paper accounts hold (FAULTS §4, docs/paper-venue.md)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.scheduled.corporate_actions import CorporateActions
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.market.corporate_facts import Payment, Rescaling

EX = date(2026, 1, 6)  # the frozen clock starts the day before


class Facts:
    """What a test says happened."""

    def __init__(self) -> None:
        self.version = "1"
        self.all: list[Rescaling | Payment] = []

    def tell(self, *facts: Rescaling | Payment) -> None:
        self.all += facts
        self.version = f"{len(self.all) + 1}"

    def rescalings(self, symbols, until):
        return [f for f in self._of(symbols, until) if isinstance(f, Rescaling)]

    def payments(self, symbols, until):
        return [f for f in self._of(symbols, until) if isinstance(f, Payment)]

    def _of(self, symbols, until):
        return [f for f in self.all if f.symbol in symbols and f.ex_date <= until]


def split(new: int, old: int, kind: str = "split", symbol: str = "INFY") -> Rescaling:
    return Rescaling(f"{kind}:{symbol}:{EX}", symbol, EX, kind, new, old)


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def jobs(execution, clock, facts):
    return ExecutionJobs(
        execution, nse_calendar(), clock, chores=[CorporateActions(execution, facts)]
    )


@pytest.fixture
def night(clock, jobs):
    """Until eight in the morning of the ex date, and what is done then."""

    def night() -> None:
        clock.advance(hours=22)
        jobs.run_once()

    return night


def held(execution, run_id="run-1"):
    [position] = execution.positions(run_id=run_id, open_only=True)
    return position


def told(execution, event_type):
    return [e for e in execution.events(run_id="run-1") if e.event_type == event_type]


@pytest.mark.parametrize(
    ("fact", "quantity"),
    [(split(10, 1), 100), (split(2, 1, "bonus"), 20), (split(1, 5, "consolidation"), 2)],
)
def test_units_change_over_night_and_their_cost_stays_to_the_paisa(
    execution, run, order, facts, night, fact, quantity
):
    execution.place(run, order(), key="key-0001")
    before, cash = held(execution), execution.funds(run.account_id).cash_paise
    facts.tell(fact)
    night()
    after = held(execution)
    assert (after.quantity, after.cost_paise) == (quantity, before.cost_paise)
    assert (after.realised_paise, execution.funds(run.account_id).cash_paise) == (0, cash)
    [event] = told(execution, "position_adjusted")
    assert event.summary == (
        f"{fact.kind.title()} {fact.new}:{fact.old}: 10 NSE:INFY became {quantity}"
    )


def test_a_fraction_is_paid_at_the_price_after_the_action(execution, run, order, facts, night):
    execution.place(run, order(quantity=5), key="key-0001")
    cash = execution.funds(run.account_id).cash_paise
    facts.tell(split(3, 2, "bonus"))
    night()
    assert held(execution).quantity == 7
    # Half a share of 1,000.00, which is 1,500.00 on the old basis; it cost 333.34 a half.
    assert execution.funds(run.account_id).cash_paise - cash == 50_000
    assert held(execution).realised_paise == 50_000 - 50_002


def test_it_happens_once_whatever_is_restarted_and_told_again(
    execution, start, run, order, facts, night, clock
):
    execution.place(run, order(), key="key-0001")
    facts.tell(split(10, 1))
    night()
    facts.tell()  # another version of the same facts
    execution.trader.stop()
    again = start()
    others = ExecutionJobs(again, nse_calendar(), clock, chores=[CorporateActions(again, facts)])
    for _ in range(3):
        clock.advance(hours=20)
        others.run_once()
    assert held(again).quantity == 100
    assert len(told(again, "position_adjusted")) == 1


def test_what_was_bought_on_the_day_or_in_another_share_is_left_alone(
    execution, run, order, facts, night, clock, market, jobs
):
    execution.place(run, order(tradingsymbol="TCS"), key="key-0001")
    night()
    clock.advance(hours=3)
    market.refresh()
    execution.place(run, order(), key="key-0002")
    facts.tell(split(10, 1), split(2, 1, "bonus", "ELSE"))
    clock.advance(minutes=1)
    jobs.run_once()
    assert [p.quantity for p in execution.positions(run_id="run-1")] == [10, 10]


def gtt(order, price):
    return {
        "type": "single",
        "condition": {
            "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [price],
            "last_price": 1500.0,
        },
        "orders": [order(order_type="LIMIT", price=price)],
    }  # fmt: skip


def test_orders_and_triggers_from_before_end_and_later_ones_do_not(
    execution, run, order, facts, night, market, jobs, clock
):
    market.open = False
    amo = execution.place(run, order(variety="amo"), key="key-0001").document["order_id"]
    trigger = execution.create_gtt(run.account_id, gtt(order, 1400.0))
    facts.tell(split(10, 1))
    night()
    assert execution.order("run-1", amo).status == "CANCELLED AMO"
    assert execution.get_gtt(run.account_id, trigger).status == "disabled"
    new = execution.place(run, order(variety="amo"), key="key-0002").document["order_id"]
    later = execution.create_gtt(run.account_id, gtt(order, 1400.0))
    facts.tell(split(2, 1, "bonus"))
    clock.advance(minutes=1)
    jobs.run_once()
    assert execution.order("run-1", new).status == "AMO REQ RECEIVED"
    assert execution.get_gtt(run.account_id, later).status == "active"


def test_a_dividend_is_paid_once_and_belongs_to_the_run(
    execution, run, order, facts, night, jobs, clock
):
    execution.place(run, order(), key="key-0001")
    trigger = execution.create_gtt(run.account_id, gtt(order, 1400.0))
    cash = execution.funds(run.account_id).cash_paise
    facts.tell(Payment("dividend:INFY", "INFY", EX, Decimal("22.5")))
    night()
    clock.advance(hours=30)
    jobs.run_once()
    assert execution.funds(run.account_id).cash_paise - cash == 22_500
    assert execution.pnl(run).totals.realised_paise == 22_500
    [event] = told(execution, "dividend_paid")
    assert event.summary == "Dividend of ₹22.5 a share of NSE:INFY: ₹225.00"
    assert execution.get_gtt(run.account_id, trigger).status == "active"


def test_a_trade_voided_after_a_split_is_taken_out_of_it(execution, run, order, facts, night):
    first = execution.place(run, order(), key="key-0001").document["order_id"]
    execution.place(run, order(quantity=4), key="key-0002")
    facts.tell(split(10, 1), Payment("dividend:INFY", "INFY", EX, Decimal(1)))
    night()
    assert (held(execution).quantity, held(execution).realised_paise) == (140, 14_000)
    cash = execution.funds(run.account_id).cash_paise
    execution.void(first, f"{first}-1")
    # What 4 shares alone would have come to: the dividend of the other units goes back too.
    assert (held(execution).quantity, held(execution).realised_paise) == (40, 4_000)
    assert held(execution).cost_paise == 4 * 150_005
    assert execution.funds(run.account_id).cash_paise > cash
