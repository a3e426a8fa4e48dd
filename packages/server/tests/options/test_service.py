"""The workers' options, routes 41 to 49 of the contract (KQ-01, KQ-02), on the simulated market.

The clock shows 10:00 on Monday, 2026-01-05; NIFTY's next expiry is the day after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

OPTIONS = "/api/algo-workers/worker/options"
NIFTY = f"{OPTIONS}/underlyings/NIFTY"


def fetch(caller: TestClient, path: str, **query: Any) -> Any:
    found = caller.get(f"{NIFTY}/{path}", params=query)
    assert found.status_code == 200, found.text
    return found.json()


def resolve(caller: TestClient, *legs: dict[str, Any], expiry: str = "current_week") -> Any:
    return caller.post(f"{NIFTY}/selection/resolve", json={"expiry": expiry, "legs": list(legs)})


def test_a_session_has_what_a_strategy_needs_first(worker: TestClient) -> None:
    session = fetch(worker, "session")
    assert session["underlying"] == "NIFTY"
    assert (session["exchange"], session["lot_size"], session["strike_step"]) == ("NFO", 65, 50.0)
    assert session["simulated"]
    assert session["is_open"]
    assert abs(session["atm_strike"] - session["spot_ltp"]) <= 25.0
    assert session["expiry_words"] == {
        "nearest": "2026-01-06", "current_week": "2026-01-06", "next_week": "2026-01-13",
        "current_month": "2026-01-27", "next_month": "2026-02-24",
    }  # fmt: skip


def test_expiries_have_the_four_keys_of_the_strict_model_and_no_other(worker: TestClient) -> None:
    found = fetch(worker, "expiries")
    assert set(found) == {"underlying", "expiries", "spot_ltp", "updated_at"}
    assert found["expiries"][:2] == ["2026-01-06", "2026-01-13"]
    assert found["expiries"] == sorted(found["expiries"])


def test_a_chain_holds_calls_and_puts_with_prices_and_greeks(worker: TestClient) -> None:
    chain = fetch(worker, "chain", expiry="current_week")
    assert chain["expiry"] == "2026-01-06"
    assert chain["forward_source"] == "parity"
    strikes = [row["strike"] for row in chain["rows"]]
    assert strikes == sorted(strikes)
    assert [row["strike"] for row in chain["rows"] if row["is_atm"]] == [chain["atm_strike"]]
    middle = chain["rows"][strikes.index(chain["atm_strike"])]
    call, put = middle["CE"], middle["PE"]
    assert call["bid"] < call["ask"]
    assert call["bid"] <= call["ltp"] <= call["ask"]
    assert call["iv"] == pytest.approx(put["iv"], abs=1.0)
    assert call["delta"] - put["delta"] == pytest.approx(1.0, abs=0.02)
    assert call["theta"] < 0 < call["vega"]
    assert call["oi"] % 65 == put["volume"] % 65 == 0


def test_an_empty_expiry_is_the_nearest(worker: TestClient) -> None:
    assert fetch(worker, "chain", expiry="")["expiry"] == "2026-01-06"
    assert fetch(worker, "chain")["expiry"] == "2026-01-06"


def test_a_mini_chain_is_the_middle_of_the_chain(worker: TestClient) -> None:
    whole = fetch(worker, "chain", expiry="next_week")
    mini = fetch(worker, "mini-chain", expiry="next_week", window=2)
    strikes = [row["strike"] for row in whole["rows"]]
    at = strikes.index(whole["atm_strike"])
    assert mini["rows"] == whole["rows"][at - 2 : at + 3]
    assert mini["max_pain"] == whole["max_pain"]
    assert len(fetch(worker, "mini-chain")["rows"]) == 11
    assert worker.get(f"{NIFTY}/mini-chain", params={"window": -1}).status_code == 422


def test_greeks_are_those_of_the_chain_with_their_units(worker: TestClient) -> None:
    chain, greeks = fetch(worker, "chain"), fetch(worker, "greeks", expiry="nearest")
    assert set(greeks["units"]) == {"iv", "delta", "gamma", "theta", "vega", "rho"}
    for row, figures in zip(chain["rows"], greeks["greeks"], strict=True):
        assert figures["strike"] == row["strike"]
        for name, value in figures["CE"].items():
            assert row["CE"][name] == value


def test_ratio_and_max_pain_follow_from_the_chain(worker: TestClient) -> None:
    rows = fetch(worker, "chain")["rows"]
    ratio, pain = fetch(worker, "analytics/pcr"), fetch(worker, "analytics/max-pain")
    calls, puts = (sum(row[kind]["oi"] for row in rows) for kind in ("CE", "PE"))
    assert (ratio["call_oi"], ratio["put_oi"]) == (calls, puts)
    assert ratio["pcr"] == pytest.approx(puts / calls, abs=1e-4)

    def payout(settled: float) -> float:
        return sum(
            row["CE"]["oi"] * max(settled - row["strike"], 0.0)
            + row["PE"]["oi"] * max(row["strike"] - settled, 0.0)
            for row in rows
        )

    assert pain["max_pain"] == min((row["strike"] for row in rows), key=payout)
    assert pain["payouts"][0]["payout"] == pytest.approx(payout(rows[0]["strike"]))
    assert abs(pain["max_pain"] / ratio["spot_ltp"] - 1) < 0.04


def test_contracts_come_back_in_the_order_of_the_legs(worker: TestClient) -> None:
    """The fields the published resolvers read."""
    found = resolve(
        worker,
        {"option_type": "PE", "moneyness": "-2_strike"},
        {"option_type": "CE", "offset": "ATM"},
        {"option_type": "CE", "delta_target": 0.30},
        {"option_type": "CE", "strike": 18_500, "expiry": "next_week"},
    ).json()
    put, atm, delta, later = found["resolved"]
    assert atm["strike"] - put["strike"] == 100.0
    assert put["option_type"] == "PE"
    assert abs(abs(delta["delta"]) - 0.30) == pytest.approx(
        delta["resolution_meta"]["delta_gap"], abs=1e-4
    )
    assert (later["strike"], later["expiry_key"]) == (18_500.0, "2026-01-13")
    assert [leg["resolver"] for leg in found["resolved"]] == ["offset", "offset", "delta", "strike"]
    for leg in found["resolved"]:
        assert leg["lot_size"] == 65
        assert leg["tradingsymbol"].startswith("NIFTY26")
        assert leg["exchange"] == "NFO"
        assert leg["ltp"] > 0


def test_every_leg_without_a_contract_is_named(worker: TestClient) -> None:
    refused = resolve(
        worker,
        {"option_type": "CE", "offset": "ATM"},
        {"option_type": "CE", "strike": 18_501},
        {"option_type": "FUT", "offset": "ATM"},
        {"option_type": "PE", "delta_target": 0.3, "max_delta_gap": 1e-9},
        {"option_type": "PE", "offset": "ATM", "expiry": "someday"},
    )
    assert refused.status_code == 422
    problems = {one["pointer"]: one["msg"] for one in refused.json()["detail"]}
    assert set(problems) == {
        "/legs/1/strike", "/legs/2/option_type", "/legs/3/delta_target",
        "/legs/4/expiry",
    }  # fmt: skip
    assert "nearest are 18450, 18500, 18550, 18600" in problems["/legs/1/strike"]
    assert "listed: 2026-01-06" in problems["/legs/4/expiry"]


def test_an_unknown_underlying_is_refused_with_the_known_ones(worker: TestClient) -> None:
    unknown = worker.get(f"{OPTIONS}/underlyings/GOLD/session")
    assert unknown.status_code == 404
    assert "BANKNIFTY" in unknown.json()["detail"]
    other_day = worker.get(f"{NIFTY}/chain", params={"expiry": "2026-01-07"})
    assert other_day.status_code == 400
    assert "no expiry on 2026-01-07; listed: 2026-01-06, 2026-01-13" in other_day.json()["detail"]
    weekly = worker.get(f"{OPTIONS}/underlyings/BANKNIFTY/chain", params={"expiry": "current_week"})
    assert "no weekly expiries; ask for current_month" in weekly.json()["detail"]


def test_other_exchanges_and_index_names_work_too(worker: TestClient) -> None:
    sensex = worker.get(f"{OPTIONS}/underlyings/SENSEX/session").json()
    assert (sensex["exchange"], sensex["nearest_expiry"]) == ("BFO", "2026-01-08")
    by_index = worker.get(f"{OPTIONS}/underlyings/NIFTY 50/expiries").json()
    assert by_index["underlying"] == "NIFTY"


def test_after_its_close_an_expiry_is_over(worker: TestClient, clock: Any) -> None:
    """15:30 on the day of expiry; the simulated market continues."""
    clock.advance(days=1, hours=5, minutes=29)
    assert fetch(worker, "chain")["expiry"] == "2026-01-06"
    clock.advance(minutes=1)
    assert fetch(worker, "chain")["expiry"] == "2026-01-13"


def test_prices_move_with_the_market(worker: TestClient, clock: Any) -> None:
    before = fetch(worker, "mini-chain", window=0)
    clock.advance(minutes=30)
    after = fetch(worker, "mini-chain", window=0, expiry=before["expiry"])
    assert after["spot_ltp"] != before["spot_ltp"]
    assert after["days_to_expiry"] < before["days_to_expiry"]
    assert after["updated_at"] > before["updated_at"]


def test_a_token_without_the_scope_sees_no_options(make_worker: Callable[..., TestClient]) -> None:
    refused = make_worker("paper").get(f"{NIFTY}/session")
    assert refused.status_code == 403


@pytest.mark.parametrize("overrides", [{"feed": "off"}])
def test_without_prices_the_chain_is_unavailable(worker: TestClient) -> None:
    silent = worker.get(f"{NIFTY}/chain")
    assert silent.status_code == 503
    assert "No price of NSE:NIFTY 50 is known yet" in silent.json()["detail"]


def test_the_console_reads_the_same_chain(worker: TestClient, signed_in: TestClient) -> None:
    assert signed_in.get("/api/options/NIFTY/chain").json() == fetch(worker, "chain")
    small = signed_in.get("/api/options/NIFTY/chain", params={"window": 1}).json()
    assert len(small["rows"]) == 3
    assert "NIFTY" in signed_in.get("/api/options/underlyings").json()
    spreads = signed_in.get("/api/options/spreads").json()
    assert {"name": "iron_condor", "title": "Iron condor", "outlook": "still"} in spreads
