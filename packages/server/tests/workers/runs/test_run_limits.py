"""A run's own limits: the price band of its entries."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("risk", "price", "expected"),
    [
        ({}, 1430.0, 200),
        ({"price_band_pct": 1}, 1470.0, 400),
        ({"price_band_pct": 1}, 1490.0, 200),
        ({"price_band_pct": 20}, 1300.0, 200),
        ({}, 1420.0, 400),
    ],
)
def test_the_price_band_is_a_setting_of_the_run(
    worker: Any, new_run: Any, buy: Any, api: Any, risk: dict[str, Any], price: float, expected: int
) -> None:
    caller = worker()
    new_run(caller, runtime_state={"risk": risk})
    order = buy("key-00001", order_type="LIMIT", price=price, quantity=1)
    answer = caller.post(api("runs/run-1/intents"), json=order)
    assert answer.status_code == expected, answer.text
    if expected == 400:
        assert "Price band" in answer.text
        band = risk.get("price_band_pct", 5)
        assert f"the limit is {band:g}%: ₹{1500 * (1 - band / 100):,.2f} to" in answer.text


def test_the_price_band_is_changed_while_the_run_trades(
    worker: Any, new_run: Any, buy: Any, api: Any
) -> None:
    caller = worker()
    new_run(caller, metadata={"price_band_pct": 20})
    patch = {"patch": {"price_band_pct": 1}, "reason": "calmer"}
    assert caller.patch(api("runs/run-1/risk"), json=patch).status_code == 200
    far = buy("key-00001", order_type="LIMIT", price=1400.0, quantity=1)
    assert caller.post(api("runs/run-1/intents"), json=far).status_code == 400


@pytest.mark.parametrize("band", [0, -5, "5", True])
def test_a_band_that_is_none_is_refused(worker: Any, api: Any, band: Any) -> None:
    body = {
        "template_id": "t",
        "account_scope": "kite:paper-a",
        "runtime_state": {"risk": {"price_band_pct": band}},
    }
    answer = worker().post(api("runs"), json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["pointer"] == "/runtime_state/risk/price_band_pct"
