"""Strategies before they are traded (KQ-03): payoff, margin and charges of the moment's prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_core.kernel.money import Price
from tradertape_core.ledger.charges import Leg, charges_for, schedule

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

OPTIONS = "/api/algo-workers/worker/options"
PREVIEW = f"{OPTIONS}/strategies/preview"


def preview(caller: TestClient, **body: Any) -> Any:
    found = caller.post(PREVIEW, json=body)
    assert found.status_code == 200, found.text
    return found.json()


def leg(way: str, kind: str, offset: str, **more: Any) -> dict[str, Any]:
    selection = {"option_type": kind, "offset": offset}
    return {"transaction_type": way, "selection": selection, **more}


def test_a_named_spread_is_computed_completely(worker: TestClient) -> None:
    found = preview(worker, underlying="NIFTY", spread="iron_condor", expiry="next_week", lots=2)
    assert [one["transaction_type"] for one in found["legs"]] == ["BUY", "BUY", "SELL", "SELL"]
    assert {one["quantity"] for one in found["legs"]} == {130}
    credit = sum(
        one["price"] * one["quantity"] * (1 if one["transaction_type"] == "SELL" else -1)
        for one in found["legs"]
    )
    assert found["net_premium"] == pytest.approx(credit, abs=0.01)
    assert found["max_profit"] == pytest.approx(credit, abs=0.01)
    assert found["max_loss"] == pytest.approx(credit - 100 * 130, abs=0.01)
    assert len(found["breakevens"]) == 2
    assert 0.2 < found["probability_of_profit"] < 0.9
    assert found["warnings"] == []
    curve = found["payoff"]
    assert len(curve["levels"]) == len(curve["at_expiry"]) == len(curve["now"])
    assert min(curve["at_expiry"]) == pytest.approx(found["max_loss"], abs=0.01)


def test_one_buys_at_the_ask_and_sells_at_the_bid(worker: TestClient) -> None:
    row = worker.get(f"{OPTIONS}/underlyings/NIFTY/mini-chain", params={"window": 0}).json()
    call = row["rows"][0]["CE"]
    both = preview(
        worker, underlying="NIFTY", legs=[leg("BUY", "CE", "ATM"), leg("SELL", "CE", "ATM")]
    )
    assert [one["price"] for one in both["legs"]] == [call["ask"], call["bid"]]
    own = preview(worker, underlying="NIFTY", legs=[leg("BUY", "CE", "ATM", price=1.5)])
    assert own["legs"][0]["price"] == 1.5
    assert own["max_loss"] == -1.5 * 65


def test_a_hedged_spread_needs_no_more_than_it_can_lose(worker: TestClient) -> None:
    naked = preview(worker, underlying="NIFTY", legs=[leg("SELL", "PE", "ATM")])
    hedged = preview(worker, underlying="NIFTY", spread="bull_put_spread", lots=1)
    assert hedged["margin"]["required"] == pytest.approx(-hedged["max_loss"], abs=0.01)
    assert naked["margin"]["required"] > 10 * hedged["margin"]["required"]
    assert hedged["margin"]["hedge_benefit"] > 0
    bought = preview(worker, underlying="NIFTY", legs=[leg("BUY", "CE", "ATM")])
    assert bought["margin"]["required"] == pytest.approx(-bought["max_loss"], abs=0.01)


def test_charges_are_those_of_the_brokers_orders(worker: TestClient) -> None:
    found = preview(worker, underlying="NIFTY", spread="short_straddle", broker="zerodha")
    expected = sum(
        charges_for(
            schedule("zerodha_options"), date(2026, 1, 5),
            [Leg("SELL", Price(Decimal(str(one["price"]))), one["quantity"])],
        ).total
        for one in found["legs"]
    )  # fmt: skip
    assert found["charges"]["total"] == expected / 100
    assert found["charges"]["brokerage"] == 40.0
    free = preview(worker, underlying="NIFTY", spread="short_straddle", broker="none")
    assert free["charges"]["total"] == 0.0


def test_legs_of_the_published_resolvers_are_accepted(worker: TestClient) -> None:
    """`OptionExecutionLeg.model_dump(exclude_none=True)` and `option_leg(...)`; the exchange is
    always NFO, for SENSEX too."""
    contract = worker.post(
        f"{OPTIONS}/underlyings/SENSEX/selection/resolve",
        json={"expiry": "current_week", "legs": [{"option_type": "CE", "offset": "ATM"}]},
    ).json()["resolved"][0]
    execution_leg = {
        "leg_id": "leg_0123abcd", "tradingsymbol": contract["tradingsymbol"],
        "transaction_type": "BUY", "quantity": 20, "exchange": "NFO", "product": "MIS",
        "instrument_token": contract["instrument_token"], "strike": contract["strike"],
        "option_type": "CE", "expiry_key": contract["expiry_key"], "ltp": contract["ltp"],
        "lot_size": 20, "lots": 1, "order_type": "MARKET", "metadata": {"resolver": "offset"},
    }  # fmt: skip
    built = {
        "leg_id": "b", "exchange": "NFO", "tradingsymbol": contract["tradingsymbol"],
        "transaction_type": "SELL", "order_type": "LIMIT", "quantity": 40, "variety": "regular",
        "product": "MIS", "price": contract["ltp"],
    }  # fmt: skip
    found = preview(worker, legs=[execution_leg, built], product="MIS")
    assert found["underlying"] == "SENSEX"
    assert [(one["exchange"], one["quantity"]) for one in found["legs"]] == [
        ("BFO", 20), ("BFO", 40),
    ]  # fmt: skip
    assert found["is_loss_unlimited"]
    assert [one["code"] for one in found["warnings"]] == ["unlimited_loss"]


def test_a_future_covers_a_sold_call(worker: TestClient) -> None:
    legs = [
        {"transaction_type": "BUY", "tradingsymbol": "NIFTY26JANFUT", "quantity": 65},
        leg("SELL", "CE", "ATM"),
    ]
    found = preview(worker, underlying="NIFTY", expiry="current_month", legs=legs)
    assert found["legs"][0]["instrument_type"] == "FUT"
    assert not found["is_loss_unlimited"]
    assert found["max_profit"] is not None
    assert 0.3 < found["greeks"]["delta"] / 65 < 0.7


def test_a_calendar_spread_warns_that_its_later_leg_is_valued_by_a_model(
    worker: TestClient,
) -> None:
    near = leg("SELL", "CE", "ATM")
    near["selection"]["expiry"] = "next_week"
    far = leg("BUY", "CE", "ATM")
    far["selection"]["expiry"] = "next_month"
    found = preview(worker, underlying="NIFTY", legs=[near, far])
    assert found["expiry"] == "2026-01-13"
    assert not found["payoff"]["is_exact"]
    assert [one["code"] for one in found["warnings"]] == ["several_expiries"]
    assert found["max_loss"] < 0


def test_warnings_for_expiry_today_and_for_orders_too_large(worker: TestClient, clock: Any) -> None:
    clock.advance(days=1)
    found = preview(worker, underlying="NIFTY", legs=[leg("BUY", "CE", "ATM", lots=40)])
    assert [one["code"] for one in found["warnings"]] == ["expiry_today", "over_freeze_quantity"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"underlying": "NIFTY"}, "give either legs or a spread"),
        ({"underlying": "NIFTY", "spread": "free_lunch"}, "no strategy is called"),
        ({"legs": [leg("BUY", "CE", "ATM")]}, "name an underlying"),
    ],
)
def test_an_incomplete_strategy_is_refused(
    worker: TestClient, body: dict[str, Any], message: str
) -> None:
    refused = worker.post(PREVIEW, json=body)
    assert refused.status_code == 400
    assert message in refused.json()["detail"]


def test_every_wrong_leg_is_named(worker: TestClient) -> None:
    legs = [
        leg("BUY", "CE", "ATM", quantity=40),
        leg("BUY", "CE", "OTM500"),
        {"transaction_type": "SELL", "tradingsymbol": "BANKNIFTY26JANFUT"},
        {"transaction_type": "SELL"},
    ]
    refused = worker.post(PREVIEW, json={"underlying": "NIFTY", "legs": legs})
    assert refused.status_code == 422
    problems = {one["pointer"]: one["msg"] for one in refused.json()["detail"]}
    assert problems["/legs/0/quantity"] == "quantity must be a multiple of 65, was 40"
    assert "lies outside the chain" in problems["/legs/1/offset"]
    assert problems["/legs/2"] == "NFO:BANKNIFTY26JANFUT is not an option or future on NIFTY"
    assert problems["/legs/3"] == "a leg needs a tradingsymbol, a token or a selection"


def test_the_schema_refuses_unknown_fields(worker: TestClient) -> None:
    legs = [{"transaction_type": "HOLD", "tradingsymbol": "X", "taste": "sweet"}]
    refused = worker.post(PREVIEW, json={"legs": legs})
    assert refused.status_code == 422
    assert {one["loc"][-1] for one in refused.json()["detail"]} == {"transaction_type", "taste"}


def test_a_day_between_now_and_expiry_lies_between_their_payoffs(worker: TestClient) -> None:
    """The console's slider: 0 days is now, and no day lies beyond the first expiry."""
    request = {"underlying": "NIFTY", "spread": "long_straddle", "expiry": "next_week"}
    today = preview(worker, **request, days_ahead=0)["payoff"]
    assert today["ahead"] == today["now"]
    days = {n: preview(worker, **request, days_ahead=n)["payoff"] for n in (3, 400)}
    assert days[400]["ahead"] == days[400]["at_expiry"]
    assert days[400]["days_ahead"] < 20
    # At the money a bought straddle loses with every day that passes.
    levels, atm = days[3]["levels"], preview(worker, **request)["legs"][0]["strike"]
    at = levels.index(atm)
    assert days[3]["at_expiry"][at] < days[3]["ahead"][at] < days[3]["now"][at]
    refused = worker.post(PREVIEW, json={**request, "days_ahead": -1})
    assert refused.status_code == 422
    assert "ahead" not in preview(worker, **request)["payoff"]
