"""Contracts without a closing trade: settled by the market's close, or by what a person states."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.wealth.conftest import SESSIONS, SPLIT_ON, Uploaded

from tradertape_core.kernel.clock import IST
from tradertape_core.wealth.records import Segment

EXPIRY = SESSIONS[18]  # the index closes at 1,200, INFY at 110 after its 2:1 split: at 220 that day
NAME = f"{EXPIRY:%y%b}".upper()


def option(symbol: str, expiry: date = EXPIRY) -> dict[str, Any]:
    return {
        "symbol": symbol, "isin": "", "segment": Segment.DERIVATIVES, "exchange": "NSE",
        "expiry": expiry,
    }  # fmt: skip


def get(client: TestClient, page: str, **query: Any) -> Any:
    answer = client.get(f"/api/wealth/{page}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(client: TestClient, symbol: str, price: str | None) -> int:
    body = {"symbol": symbol, "price": price}
    return client.put("/api/wealth/settlements", json=body).status_code


def test_a_contract_ends_at_the_close_of_its_underlying_on_the_day_it_expired(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    assert EXPIRY < SPLIT_ON
    day = EXPIRY - timedelta(days=1)
    records.of[me] = Uploaded(
        trades=(
            trade("SELL", 75, 10, day, **option(f"NIFTY{NAME}1150CE")),
            trade("SELL", 75, 10, day, **option(f"NIFTY{NAME}1150PE")),
            trade("BUY", 100, 200, day, **option(f"INFY{NAME}FUT")),
        )
    )
    found = {one["symbol"]: one for one in get(signed_in, "settlements")}
    assert {name: one["price"] for name, one in found.items()} == {
        f"NIFTY{NAME}1150CE": "50", f"NIFTY{NAME}1150PE": "0", f"INFY{NAME}FUT": "220",
    }  # fmt: skip
    assert found[f"NIFTY{NAME}1150CE"]["quantity"] == "-75"
    assert not any(one["is_stated"] for one in found.values())
    assert get(signed_in, "holdings")["contract_count"] == 0
    pairs = {one["symbol"]: one for one in get(signed_in, "realised")["items"]}
    profits = {name: float(one["profit"]) for name, one in pairs.items()}
    assert profits == {
        f"NIFTY{NAME}1150CE": -3000, f"NIFTY{NAME}1150PE": 750, f"INFY{NAME}FUT": 2000,
    }  # fmt: skip
    summary = get(signed_in, "summary")
    assert summary["trades"] == 3
    assert any("at the close of their underlying" in text for text in summary["warnings"])


def test_what_a_person_states_counts_and_can_be_taken_back(
    signed_in: TestClient, me: int, records, trade
) -> None:
    symbol = f"BANKNIFTY{NAME}1150CE"  # nothing is known of its index
    records.of[me] = Uploaded(trades=(trade("SELL", 75, 10, EXPIRY, **option(symbol)),))
    assert get(signed_in, "settlements") == []
    assert get(signed_in, "holdings")["contracts"][0]["is_expired"]
    assert any("state their settlement" in text for text in get(signed_in, "summary")["warnings"])
    assert state(signed_in, symbol, "2.50") == 204
    (settled,) = get(signed_in, "settlements")
    assert (settled["price"], settled["is_stated"], settled["expiry"]) == (
        "2.5", True, EXPIRY.isoformat(),
    )  # fmt: skip
    assert float(get(signed_in, "realised")["items"][0]["profit"]) == 562.5
    assert state(signed_in, symbol, "0") == 204
    assert float(get(signed_in, "realised")["items"][0]["profit"]) == 750
    assert state(signed_in, symbol, None) == 204
    assert get(signed_in, "settlements") == []
    assert get(signed_in, "holdings")["contract_count"] == 1


def test_what_a_person_states_counts_before_the_market(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    symbol = f"NIFTY{NAME}1150CE"
    records.of[me] = Uploaded(trades=(trade("BUY", 75, 10, EXPIRY, **option(symbol)),))
    assert get(signed_in, "settlements")[0]["price"] == "50"
    assert state(signed_in, symbol, "49.95") == 204
    assert get(signed_in, "settlements")[0]["price"] == "49.95"


@pytest.mark.parametrize("price", ["-1", "NaN", "1.23456", "100000000", "x"])
def test_a_price_that_cannot_be_is_refused(signed_in: TestClient, price: str) -> None:
    assert state(signed_in, "X", price) == 422


def test_only_an_expired_contract_of_ones_own_is_settled(
    signed_in: TestClient, me: int, records, trade, sign_in
) -> None:
    later = date(2090, 1, 26)
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 75, 10, EXPIRY, **option("MINE24JANFUT")),
            trade("BUY", 75, 10, EXPIRY, **option("OPEN", later)),
        )
    )
    assert state(signed_in, "OPEN", "0") == 404
    assert state(signed_in, "INFY", "0") == 404
    assert state(sign_in("other@example.com"), "MINE24JANFUT", "0") == 404
    assert state(signed_in, "MINE24JANFUT", "0") == 204


def test_a_contract_expires_at_midnight_in_india_and_holdings_turn_long_term(
    signed_in: TestClient, me: int, records, trade, clock, sign_in
) -> None:
    """The clock passes midnight, then the end of the financial year: each day has a book."""
    begins = clock.now().astimezone(IST)
    last = begins.date()
    records.of[me] = Uploaded(
        trades=(
            trade("SELL", 75, 10, last, **option("NIFTYLASTDAY", last)),
            trade("BUY", 10, 100, last - timedelta(days=365)),
        )
    )
    assert not get(signed_in, "holdings")["contracts"][0]["is_expired"]
    assert state(signed_in, "NIFTYLASTDAY", "0") == 404
    midnight = datetime.combine(last + timedelta(days=1), time(), IST)
    clock.advance(seconds=(midnight - begins).total_seconds() - 1)
    assert not get(signed_in, "holdings")["contracts"][0]["is_expired"]
    clock.advance(seconds=2)
    found = get(signed_in, "holdings")
    assert found["contracts"][0]["is_expired"]
    assert found["holdings"][0]["long_term_quantity"] == "10"
    assert state(signed_in, "NIFTYLASTDAY", "0") == 204
    assert get(signed_in, "realised")["items"][0]["bought_on"] == last.isoformat()
    year = get(signed_in, "tax")
    clock.advance(days=400)  # another financial year: what was realised stays in its own
    assert get(sign_in("person@example.com"), "tax") == year


def test_a_clock_that_is_set_back_over_midnight_takes_nothing_away(
    signed_in: TestClient, me: int, records, trade, clock
) -> None:
    yesterday = (clock.now().astimezone(IST) - timedelta(days=1)).date()
    records.of[me] = Uploaded(
        trades=(trade("SELL", 75, 10, yesterday, **option("NIFTYGONE", yesterday)),)
    )
    assert state(signed_in, "NIFTYGONE", "0") == 204
    assert len(get(signed_in, "settlements")) == 1
    clock.set_wrong(days=-1)
    assert get(signed_in, "settlements") == []  # it has not expired yet
    clock.set_wrong(days=1)
    assert get(signed_in, "settlements")[0]["is_stated"]
