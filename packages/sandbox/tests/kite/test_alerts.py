"""Alerts: what is compared, and when they tell."""

from __future__ import annotations

from decimal import Decimal

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite

FORM = {
    "name": "SBIN at 900",
    "type": "simple",
    "lhs_exchange": "NSE",
    "lhs_tradingsymbol": "SBIN",
    "lhs_attribute": "LastTradedPrice",
    "operator": ">=",
    "rhs_type": "constant",
    "rhs_constant": "900",
}


def set_price(kite: ServedKite, price: int) -> None:
    kite.sandbox.exchange.market.set_price("NSE:SBIN", Decimal(price))
    kite.step()


def test_an_alert_tells_each_time_its_condition_comes_true(kite: ServedKite) -> None:
    set_price(kite, 890)
    number = kite.data("POST", "/alerts", data=FORM)["uuid"]
    counts: list[int] = []
    for price in (895, 900, 901, 899, 905):
        set_price(kite, price)
        counts.append(kite.data("GET", f"/alerts/{number}")["alert_count"])
    assert counts == [0, 1, 1, 1, 2]
    told = kite.data("GET", f"/alerts/{number}/history")
    assert [one["meta"][0]["last_price"] for one in told] == [900, 905]
    assert told[0]["condition"] == 'LastTradedPrice("NSE:SBIN") >= 900'


def test_an_alert_that_is_true_from_the_start_waits_for_the_next_time(kite: ServedKite) -> None:
    set_price(kite, 950)
    number = kite.data("POST", "/alerts", data=FORM)["uuid"]
    set_price(kite, 951)
    assert kite.data("GET", f"/alerts/{number}")["alert_count"] == 0


def test_alerts_are_changed_and_deleted(kite: ServedKite) -> None:
    first = kite.data("POST", "/alerts", data=FORM)["uuid"]
    other = {
        "rhs_type": "instrument", "rhs_exchange": "INDICES", "rhs_tradingsymbol": "NIFTY 50",
        "rhs_attribute": "DayHighPrice",
    }  # fmt: skip
    changed = kite.data("PUT", f"/alerts/{first}", data={**FORM, **other})
    assert (changed["rhs_type"], changed["rhs_tradingsymbol"]) == ("instrument", "NIFTY 50")
    second = kite.data("POST", "/alerts", data=FORM)["uuid"]
    assert [one["uuid"] for one in kite.data("GET", "/alerts")] == [first, second]
    assert kite.error("DELETE", "/alerts", params={"uuid": [first, "unknown"]})[0] == 404
    assert kite.data("DELETE", "/alerts", params={"uuid": [first, second]}) is None
    assert kite.data("GET", "/alerts") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "ato"},
        {"operator": "~"},
        {"lhs_attribute": "Mood"},
        {"lhs_tradingsymbol": "NO-SUCH"},
        {"rhs_type": "both"},
        {"rhs_constant": ""},
        {"rhs_constant": "high"},
        {"name": ""},
    ],
)
def test_an_alert_that_is_wrong_is_refused(kite: ServedKite, changes: dict[str, str]) -> None:
    status, kind, _ = kite.error("POST", "/alerts", data={**FORM, **changes})
    assert (status, kind) == (400, "InputException")
