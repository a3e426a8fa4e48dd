"""Baskets: several orders as one intent, endpoint 17."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Json = dict[str, Any]
RUN = {"strategy_run_id": "run-1"}


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller


def place(caller: Any, api: Any, intent: Json) -> Any:
    return caller.post(api("runs/run-1/intents"), json=intent)


def basket(orders: list[Json], **flags: bool) -> Json:
    return {
        "intent_type": "place_basket",
        "payload": {"basket": {"orders": orders, **flags}},
        "idempotency_key": "basket-001",
        "metadata": {},
    }


def test_a_basket_answers_for_each_leg(caller: Any, api: Any, buy: Any) -> None:
    """KB-02."""
    orders = [buy("x", tradingsymbol=name)["payload"]["order"] for name in ("INFY", "TCS")]
    dry = place(caller, api, basket(orders, dry_run=True) | {"idempotency_key": "basket-dry"})
    assert dry.json()["status"] == "dry_run"
    assert caller.get(api("orders"), params=RUN).json()["orders"] == []
    done = place(caller, api, basket(orders, all_or_none=True)).json()
    assert done["status"] == "accepted"
    assert [leg["status"] for leg in done["result"]["legs"]] == ["COMPLETE", "COMPLETE"]
    bad = [orders[0], {**orders[1], "quantity": -1}]
    refused = place(caller, api, basket(bad, all_or_none=True) | {"idempotency_key": "basket-002"})
    assert refused.status_code == 422
    assert len(caller.get(api("orders"), params=RUN).json()["orders"]) == 2


def test_a_leg_that_is_of_nothing_keeps_no_other_back_unless_all_must_stand(
    caller: Any, api: Any, buy: Any
) -> None:
    """KB-02: an unknown instrument is one broken leg, as a broken field is."""
    good = buy("key-00001", quantity=1)["payload"]["order"]
    unknown, broken = {**good, "tradingsymbol": "NOPE"}, {**good, "quantity": 0}

    def basket(key: str, orders: list[Json], **more: Any) -> Any:
        payload = {"basket": {"orders": orders, **more}}
        return place(caller, api, {**buy(key), "intent_type": "place_basket", "payload": payload})

    done = basket("basket-01", [unknown, good, broken]).json()
    assert done["status"] == "partial"
    assert [leg["status"] for leg in done["result"]["legs"]] == ["DENIED", "COMPLETE", "DENIED"]
    assert "NSE:NOPE" in done["result"]["legs"][0]["detail"]
    seen = basket("basket-02", [unknown, good], dry_run=True).json()
    assert [leg["status"] for leg in seen["result"]["legs"]] == ["DENIED", "DRY_RUN"]
    for orders, more in (([unknown, good], {"all_or_none": True}), ([broken, unknown], {})):
        refused = basket("basket-03", orders, **more)
        assert refused.status_code == 422
        pointers = [one["pointer"] for one in refused.json()["detail"]]
        assert f"/payload/basket/orders/{orders.index(unknown)}/tradingsymbol" in pointers
        assert len(pointers) == len(orders) - (good in orders)
    assert len(caller.get(api("orders"), params=RUN).json()["orders"]) == 1


def test_a_basket_that_costs_too_much_says_so_once(caller: Any, api: Any, buy: Any) -> None:
    """KB-02."""
    dear = buy("key-00001", quantity=600)["payload"]["order"]
    payload = {"basket": {"orders": [dear, dear]}}
    refused = place(
        caller, api, {**buy("basket-01"), "intent_type": "place_basket", "payload": payload}
    )
    assert refused.status_code == 400
    assert refused.json()["detail"].count("Insufficient funds") == 1


def test_a_broken_basket_is_reversed_where_that_is_asked_for(
    caller: Any, api: Any, buy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KB-02; D18: `unwind`."""

    def refusal(request: Any, _tick: Any) -> str | None:
        return "not now" if request.tradingsymbol == "TCS" else None

    monkeypatch.setattr("tradertape_core.execution.matching.refusal_of", refusal)
    orders = [
        buy("x", tradingsymbol=name, product="MIS")["payload"]["order"] for name in ("INFY", "TCS")
    ]
    command = basket(orders)
    for flags in ({"unwind": "reverse"}, {"unwind": "often", "all_or_none": True}):
        command["payload"]["basket"] = {"orders": orders, **flags}
        refused = place(caller, api, command)
        assert refused.json()["detail"][0]["pointer"] == "/payload/basket/unwind"
    command["payload"]["basket"] = {"orders": orders, "all_or_none": True, "unwind": "reverse"}
    done = place(caller, api, command).json()
    assert done["status"] == "rejected"
    assert done["result"]["unwind"]["status"] == "done"
    assert [leg["net_quantity"] for leg in caller.get(api("runs/run-1/pnl")).json()["legs"]] == [0]
