"""An entry from the cart to the position (SG-05, SG-07, PO-01)."""

from __future__ import annotations

import pytest

from .conftest import LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_sg_07_a_triggered_entry_is_bought_and_its_position_is_guarded(desk: LiveDesk) -> None:
    portfolio = desk.deploy_live()
    assert portfolio["is_executed"]
    _, (one,) = desk.placed(portfolio)
    assert (one["status"], one["gtt_status"], one["stage"]) == ("approved", "active", "placed")
    assert one["placement_key"] == f"sig:{one['id']}:a1"
    gtt = desk.container.execution.get_gtt(portfolio["account_id"], one["gtt_id"])
    assert float(gtt.request.trigger_values[0]) == one["trigger_price"]

    desk.trade(one["symbol"], one["trigger_price"])
    one = desk.signal(one["id"])
    assert (one["status"], one["gtt_status"], one["stage"]) == ("executed", "filled", "filled")
    assert one["filled_quantity"] == one["quantity"]
    held = desk.position(portfolio)
    assert (held["status"], held["open_quantity"]) == ("open", one["quantity"])
    assert held["entry_order_id"] == one["order_id"]
    assert held["signal_id"] == one["id"]
    assert held["average_price"] == pytest.approx(one["average_price"])
    assert held["protection_status"] == ("armed" if one["stop_price"] else "unarmed")
