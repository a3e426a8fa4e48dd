"""A run's own limits: the price band of its entries."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.features.auth.token_limits import TokenLimits

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


@pytest.mark.parametrize(
    ("given", "in_force"),
    [
        ({}, 8),
        ({"metadata": {"price_band_pct": 3}}, 3),
        ({"runtime_state": {"risk": {"price_band_pct": 2, "lots": 1}}}, 2),
        ({"runtime_state": {"risk": {"lots": 1}}}, 8),
    ],
)
def test_a_token_gives_its_band_to_the_runs_that_set_none(
    worker: Any, new_run: Any, buy: Any, api: Any, given: dict[str, Any], in_force: float
) -> None:
    caller = worker(limits=TokenLimits.of(8, None))
    made = new_run(caller, **given)
    for run in (made, caller.get(api("runs/run-1")).json()):
        assert run["limits"]["price_band_pct"] == in_force
        assert run["limits"]["option_price_band_pct"] == 40
    assert made["runtime_state"].get("risk", {}).get("lots") == given.get("runtime_state", {}).get(
        "risk", {}
    ).get("lots")
    for key, distance in (("key-00001", in_force - 0.5), ("key-00002", in_force + 0.5)):
        price = 1500 * (1 - distance / 100)
        order = buy(key, order_type="LIMIT", price=price, quantity=1)
        answer = caller.post(api("runs/run-1/intents"), json=order)
        assert answer.status_code == (200 if distance < in_force else 400), answer.text


def test_a_tokens_band_is_for_its_own_runs_and_is_changed_like_any(
    worker: Any, new_run: Any, api: Any
) -> None:
    caller, other = worker(limits=TokenLimits.of(8, None)), worker()
    new_run(caller, "run-1")
    assert new_run(other, "run-2")["limits"]["price_band_pct"] == 5
    claimed = other.post(api("runs/run-1/claim-session"), json={"worker_id": "w"})
    assert claimed.status_code == 200, claimed.text
    assert other.get(api("runs/run-1")).json()["limits"]["price_band_pct"] == 8
    patch = {"patch": {"price_band_pct": 3}, "reason": "calmer"}
    nonce = {"X-Worker-Session-Nonce": claimed.json()["worker_session_nonce"]}
    assert other.patch(api("runs/run-1/risk"), json=patch, headers=nonce).status_code == 200
    assert caller.get(api("runs/run-1")).json()["limits"]["price_band_pct"] == 3


def test_the_bands_of_a_token_are_no_limit_for_an_exit(
    worker: Any, new_run: Any, buy: Any, api: Any
) -> None:
    caller = worker(limits=TokenLimits.of(1, None))
    new_run(caller)
    bought = caller.post(api("runs/run-1/intents"), json=buy("key-00001", product="MIS"))
    assert bought.status_code == 200
    target = buy("key-00002", order_type="LIMIT", price=1650.0, transaction_type="SELL")
    target["payload"]["order"]["product"] = "MIS"
    assert caller.post(api("runs/run-1/intents"), json=target).status_code == 200
    below = {"transaction_type": "SELL", "product": "MIS", "trigger_price": 1380.0, "price": 1375.0}
    stop = buy("key-00003", order_type="SL", **below)
    answer = caller.post(api("runs/run-1/intents"), json=stop)
    assert answer.status_code == 200, answer.text
