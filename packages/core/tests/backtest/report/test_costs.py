"""Charges by kind add up to the charges, and are those of the contract note."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tradertape_core.backtest.report.costs import components
from tradertape_core.ledger.charges import Leg, charges_for, schedule


@pytest.mark.parametrize("name", ["zerodha_equity_delivery", "upstox_equity_delivery"])
def test_components_are_those_of_a_contract_note_to_the_paisa(run_of, name):
    trade = {"entry": 1, "exit": 3, "price": 1523.45, "exit_price": 1604.2, "quantity": 37}
    terms = schedule(name)
    run = run_of([1000.0] * 5, trades=[trade], charges=name)
    bought = Leg("BUY", Decimal("1523.45"), 37)
    sold = Leg("SELL", Decimal("1604.2"), 37)
    days = [run.panel.dates[row].item() for row in (1, 3)]
    notes = [
        charges_for(terms, days[0], [bought]),
        charges_for(terms, days[1], [sold], demat_debits=[sold.value]),
    ]
    total = sum(note.total for note in notes) / 100
    run = run_of([1000.0] * 5, trades=[trade | {"charges": total}], charges=name)
    found = components(run.simulation, run.panel, run.config)
    assert found.pop("demat_and_other") == notes[1].demat / 100
    for kind, rupees in found.items():
        assert rupees == sum(getattr(note, kind) for note in notes) / 100, kind


def test_components_add_up_to_all_charges_whatever_they_were(busy_run):
    found = components(busy_run.simulation, busy_run.panel, busy_run.config)
    assert sum(found.values()) == pytest.approx(400 * 35)


def test_a_run_without_charges_has_none_of_any_kind(run_of):
    run = run_of([1000.0] * 3, trades=[{"entry": 0, "exit": 1}], charges="none")
    assert set(components(run.simulation, run.panel, run.config).values()) == {0}
