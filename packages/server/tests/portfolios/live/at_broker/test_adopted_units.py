"""Units that were adopted or written off follow a later split or bonus (D11, PO-03)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_server.features.market.corporate_facts import Rescaling

from .conftest import BrokerDesk
from .test_actions_by_hand import SCOPE, Case

MORE = 30  # units that the broker holds beside a portfolio's


@pytest.fixture
def case(desk: BrokerDesk) -> Case:
    """A portfolio's position, and units beside it that were adopted the day before today."""
    made = Case(desk)
    hold(made, made.held["open_quantity"] + MORE)
    made.checked()
    body = {
        "account_scope": SCOPE, "instrument": made.name, "action": "adopt", "difference": MORE,
    }  # fmt: skip
    adopted = made.post("corrections", body)
    assert adopted.status_code == 200, adopted.text
    assert made.checked() == []
    desk.clock.advance(days=1)
    made.ex_date = desk.clock.now().astimezone(IST).date()
    return made


def hold(case: Case, units: int, average: float = 500.0) -> None:
    case.broker.hold(case.signal["symbol"], units, average)


def announce(case: Case) -> None:
    """A data set has a bonus of 1:1, and our positions go through it."""
    symbol = case.signal["symbol"]
    case.facts.known = [Rescaling(f"bonus:{symbol}:x", symbol, case.ex_date, "bonus", 2, 1)]


def test_po_03_adopted_units_are_doubled_by_a_bonus_of_the_data_set(case: Case) -> None:
    held = case.held["open_quantity"]
    hold(case, held + 2 * MORE)  # the position's bonus is another test's
    (before,) = case.checked()
    assert (before["our_quantity"], before["difference"]) == (held + MORE, MORE)
    announce(case)
    assert case.checked() == []
    case.desk.clock.advance(hours=12)
    assert case.checked() == []  # on the next day it is not doubled once more
    (row,) = case.corrections()
    assert row["units"] == MORE  # the record stays what it was made as
    undone = case.post(f"corrections/{row['id']}/undo", None)
    assert undone.status_code == 200, undone.text
    assert case.checked()[0]["difference"] == 2 * MORE


def test_po_03_units_adopted_on_the_ex_date_stay(case: Case) -> None:
    case.ex_date -= timedelta(days=1)  # the day of the adoption
    announce(case)
    hold(case, case.held["open_quantity"] + MORE)
    assert case.checked() == []


def test_po_03_a_bonus_by_hand_reaches_positions_and_adopted_units_together(case: Case) -> None:
    held = case.held["open_quantity"]
    hold(case, 2 * (held + MORE))
    (item,) = case.checked()
    assert item["difference"] == held + MORE
    wanted = case.wanted(difference=held + MORE)
    shown = case.post("corporate-actions/preview", wanted).json()
    assert (shown["adopted"], shown["adopted_after"], shown["refused"]) == (MORE, 2 * MORE, None)
    assert shown["quantity_after"] == 2 * (held + MORE)
    done = case.post("corporate-actions", wanted)
    assert done.status_code == 200, done.text
    assert case.checked() == []
    announce(case)  # the data set has it days later
    assert case.checked() == []
    applied = case.corrections()[0]
    assert case.post(f"corrections/{applied['id']}/undo", None).status_code == 200
    case.facts.known = []
    assert case.checked()[0]["difference"] == held + MORE


def test_po_03_a_bonus_by_hand_of_adopted_units_alone_is_taken_back(case: Case) -> None:
    """No position of the instrument is open."""
    case.name, held = "NSE:OTHERCO", case.held["open_quantity"]
    case.broker.hold("OTHERCO", MORE, 500.0)
    # The portfolio's shares are none of this test's: only the other share is looked at.
    case.checked()
    body = {
        "account_scope": SCOPE, "instrument": case.name, "action": "adopt", "difference": MORE,
    }  # fmt: skip
    assert case.post("corrections", body).status_code == 200
    case.desk.clock.advance(days=1)
    case.ex_date = case.desk.clock.now().astimezone(IST).date()
    case.broker.hold("OTHERCO", 3 * MORE, 500.0)
    case.checked()
    wanted = case.wanted(new=3, difference=2 * MORE)
    done = case.post("corporate-actions", wanted)
    assert done.status_code == 200, done.text
    assert case.checked() == []
    applied = case.corrections()[0]
    assert (applied["action"], applied["units"]) == ("apply_corporate_action", 2 * MORE)
    assert case.post(f"corrections/{applied['id']}/undo", None).status_code == 200
    assert case.checked()[0]["difference"] == 2 * MORE
    assert case.desk.position(case.portfolio)["open_quantity"] == held
