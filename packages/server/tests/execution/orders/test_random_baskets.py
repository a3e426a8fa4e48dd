"""Baskets of any legs of which the venue refuses any: each leg's state is told as it is (FAULTS
§2)."""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from typing import Any

import pytest

from tradertape_core.execution import matching
from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import OrderRequest
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.service import RunRef

BASKETS = 500 if "TRADERTAPE_SOAK" in os.environ else 25
PRICES = {"INFY": 1500, "TCS": 3000}
WHY = "the venue does not like it"


def some_legs(draw: random.Random, order: Any) -> list[dict[str, Any]]:
    """Two to five legs, each of another quantity: at the market, resting, immediate, hopeless."""
    legs = []
    for quantity in draw.sample(range(1, 9), draw.randint(2, 5)):
        symbol, side = draw.choice(list(PRICES)), draw.choice(("BUY", "SELL"))
        away = draw.choice((-20, 0, 20))
        kinds: list[dict[str, Any]] = [
            {"order_type": "MARKET"},
            {"order_type": "LIMIT", "price": PRICES[symbol] + away},
            {"order_type": "LIMIT", "price": PRICES[symbol] + away, "validity": "IOC"},
        ]
        kind = draw.choices(kinds, (4, 2, 1))[0]
        legs.append(
            order(tradingsymbol=symbol, transaction_type=side, quantity=quantity, product="MIS")
            | kind
        )
    if draw.random() < 0.15:
        draw.choice(legs).update(order_type="LIMIT", price=1500.03)  # our own check refuses it
    return legs


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_each_legs_true_state_is_told(
    execution: Any, account: int, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: Counter[str] = Counter()
    for seed in range(BASKETS):
        draw = random.Random(seed)
        legs = some_legs(draw, order)
        refused = draw.choice(legs)["quantity"] if draw.random() < 0.7 else 0

        def refusal(request: OrderRequest, _tick: Tick | None, bad: int = refused) -> str | None:
            return WHY if request.quantity == bad else None

        monkeypatch.setattr(matching, "refusal_of", refusal)
        run = RunRef(account_id=account, run_id=f"run-{seed}")
        ends[a_basket(execution, run, legs, draw, f"seed {seed}")] += 1
    sys.stdout.write(f"\n{dict(ends)}\n")
    assert set(ends) >= {"refused", "accepted", "partial", "rejected"}


def a_basket(execution: Any, run: RunRef, legs: Any, draw: random.Random, seed: str) -> str:
    all_or_none = draw.random() < 0.7
    unwind = "reverse" if all_or_none and draw.random() < 0.6 else "none"
    command = {"key": "basket-1", "all_or_none": all_or_none, "unwind": unwind}
    try:
        answer = execution.place_basket(run, legs, **command)
    except (InvalidDocument, OrderDenied):
        assert execution.orders(run_id=run.run_id) == [], f"{seed}: refused, and yet sent"
        return "refused"
    result = answer.document["result"]
    orders = {one.order_id: one for one in execution.orders(run_id=run.run_id)}
    reversals = set(result.get("unwind", {}).get("orders", ()))
    told = {leg["order_id"]: leg for leg in result["legs"] if leg["order_id"] is not None}
    assert set(told) | reversals == set(orders), f"{seed}: orders that were told, and that are"
    for name, leg in told.items():
        assert leg["status"] == orders[name].status, seed
        assert leg["filled_quantity"] == orders[name].filled_quantity, seed
        assert (leg["detail"] == WHY) == (orders[name].status == "REJECTED"), seed
    if all_or_none and len(told) < len(legs):
        assert told == {}, f"{seed}: one leg could not stand, and others were sent"
    broke = any(leg["status"] == "REJECTED" for leg in told.values())
    if unwind == "reverse" and broke:
        assert execution.positions(run_id=run.run_id, open_only=True) == [], seed
        assert execution.orders(run_id=run.run_id, open_only=True) == [], seed
    assert execution.place_basket(run, legs, **command).body == answer.body, seed
    return result["status"]
