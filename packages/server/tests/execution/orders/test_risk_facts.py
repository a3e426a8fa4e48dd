"""What an order may not be, it may not become either: by a change, or in parts, as a basket."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tradertape_core.risk.rules import RiskLimits
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.orders.risk_facts import Risk


def limit(order, price, **changes):
    return order(order_type="LIMIT", price=price, **changes)


def limited(run, **limits):
    return replace(run, risk=Risk(limits=RiskLimits(**limits)))


def refused(error) -> list[str]:
    return [one.reason for one in error.value.denials]


def test_a_sale_is_not_changed_to_more_than_is_held(execution, run, order):
    execution.place(run, order(), key="key-0001")
    sale = limit(order, 1510, transaction_type="SELL", quantity=4)
    body = execution.place(run, sale, key="key-0002").document
    execution.place(run, sale, key="key-0003")
    with pytest.raises(OrderDenied) as error:
        execution.modify("run-1", body["order_id"], {"quantity": 7})
    assert refused(error) == ["insufficient_holdings"]
    assert "only 6 " in str(error.value), "the other sale has 4"
    assert execution.modify("run-1", body["order_id"], {"quantity": 6}).request.quantity == 6


def test_an_order_is_not_changed_to_one_that_would_have_been_refused(execution, run, order):
    small = limited(run, max_order_value_paise=20_000_00)
    body = execution.place(small, limit(order, 1490), key="key-0001").document
    with pytest.raises(OrderDenied) as error:
        execution.modify("run-1", body["order_id"], {"quantity": 14}, risk=small.risk)
    assert refused(error) == ["max_order_value"]
    with pytest.raises(OrderDenied) as error:
        execution.modify("run-1", body["order_id"], {"price": 1300}, risk=small.risk)
    assert refused(error) == ["price_band"]
    assert execution.modify("run-1", body["order_id"], {"quantity": 13}, risk=small.risk)


def test_what_closes_a_position_may_be_changed_whatever_the_limits_say(execution, run, order):
    execution.place(run, order(product="MIS"), key="key-0001")
    halted = Risk(halted="for a test", limits=RiskLimits(max_order_value_paise=1))
    sale = limit(order, 1510, transaction_type="SELL", product="MIS", quantity=4)
    body = execution.place(replace(run, risk=halted), sale, key="key-0002").document
    changed = execution.modify("run-1", body["order_id"], {"quantity": 10}, risk=halted)
    assert changed.request.quantity == 10
    with pytest.raises(OrderDenied) as error:
        execution.modify("run-1", body["order_id"], {"quantity": 11}, risk=halted)
    assert refused(error) == ["trading_halted", "max_order_value"]


@pytest.mark.parametrize("all_or_none", [True, False])
def test_two_legs_do_not_sell_the_same_shares(execution, run, order, all_or_none):
    execution.place(run, order(), key="key-0001")
    legs = [order(transaction_type="SELL"), order(transaction_type="SELL")]
    if all_or_none:
        with pytest.raises(OrderDenied) as error:
            execution.place_basket(run, legs, key="key-0002", all_or_none=True)
        assert "insufficient_holdings" in refused(error)
        assert execution.positions(run_id="run-1")[0].quantity == 10
        return
    told = execution.preview_basket(run, legs)["basket"]["orders"]
    errors = [[w["code"] for w in one["warnings"] if w["severity"] == "error"] for one in told]
    assert errors == [[], ["insufficient_holdings"]]
    body = execution.place_basket(run, legs, key="key-0002").document
    assert [leg["status"] for leg in body["result"]["legs"]] == ["COMPLETE", "DENIED"]
    assert execution.positions(run_id="run-1")[0].quantity == 0


def test_two_legs_are_not_both_the_exit_of_one_position(execution, run, order):
    execution.place(run, order(product="MIS"), key="key-0001")
    halted = replace(run, risk=Risk(halted="for a test"))
    leg = order(product="MIS", transaction_type="SELL")
    body = execution.place_basket(halted, [leg, leg], key="key-0002").document
    assert [one["status"] for one in body["result"]["legs"]] == ["COMPLETE", "DENIED"]
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_a_leg_that_is_refused_leaves_its_room_to_the_next(execution, run, order):
    execution.place(run, order(), key="key-0001")
    sale = order(transaction_type="SELL")
    legs = [{**sale, "order_type": "LIMIT", "price": 1500.02}, sale]
    body = execution.place_basket(run, legs, key="key-0002").document
    assert [leg["status"] for leg in body["result"]["legs"]] == ["DENIED", "COMPLETE"]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_positions": 1}, "max_positions"),
        ({"max_orders_per_day": 1}, "max_orders_reached"),
        ({"allocation_paise": 17_000_00}, "allocation_cap_reached"),
    ],
)
def test_the_legs_of_a_basket_count_together(execution, run, order, limits, reason):
    legs = [order(), order(tradingsymbol="TCS", quantity=1)]
    with pytest.raises(OrderDenied) as error:
        execution.place_basket(limited(run, **limits), legs, key="key-0001", all_or_none=True)
    assert reason in refused(error)


def test_orders_that_rest_use_up_an_allocation(execution, run, order):
    """Else a run would have as many times its allocation as it has orders waiting."""
    capped = limited(run, allocation_paise=20_000_00)
    execution.place(capped, limit(order, 1490), key="key-0001")
    with pytest.raises(OrderDenied) as error:
        execution.place(capped, limit(order, 1490), key="key-0002")
    assert refused(error) == ["allocation_cap_reached"]
    execution.place(capped, limit(order, 1490, quantity=3), key="key-0003")


def test_an_order_that_nobody_can_price_is_not_taken(execution, run, order, market):
    """It would need no money, whatever its quantity."""
    market.prices.clear()
    market.open = False
    with pytest.raises(OrderDenied) as error:
        execution.place(run, order(variety="amo", quantity=1_000_000), key="key-0001")
    assert refused(error) == ["market_data_stale"]
    execution.place(run, limit(order, 1490, variety="amo", quantity=1), key="key-0002")


def test_a_stop_beside_a_resting_target_is_refused_for_its_units_not_its_price(
    execution, run, order
):
    """Both cannot be sold: what the target already sells is named, and a GTT has both."""
    execution.place(run, order(), key="key-0001")
    target = limit(order, 1620, transaction_type="SELL")
    assert execution.place(run, target, key="key-0002").document["status"] == "OPEN"
    stop = order(transaction_type="SELL", order_type="SL-M", trigger_price=1380.0)
    with pytest.raises(OrderDenied) as error:
        execution.place(run, stop, key="key-0003")
    assert refused(error) == ["insufficient_holdings"]
    assert "only 0 " in str(error.value)
    part = order(transaction_type="SELL", order_type="SL-M", trigger_price=1380.0, quantity=4)
    smaller = limit(order, 1620, transaction_type="SELL", quantity=6)
    execution.cancel("run-1", execution.orders(run_id="run-1", open_only=True)[0].order_id)
    execution.place(run, smaller, key="key-0004")
    assert execution.place(run, part, key="key-0005").document["status"] == "TRIGGER PENDING"
