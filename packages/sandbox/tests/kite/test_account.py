"""What the official client has no method for: the full profile, summaries, allotments."""

from __future__ import annotations

from datetime import timedelta

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite, served_kite

FUND = "INF000S01024"


def test_the_full_profile_adds_to_the_profile(kite: ServedKite) -> None:
    profile = kite.data("GET", "/user/profile")
    full = kite.data("GET", "/user/profile/full")
    assert set(full) > set(profile)
    assert {name: full[name] for name in profile if name != "meta"} == {
        name: value for name, value in profile.items() if name != "meta"
    }
    assert full["meta"] == {"poa": "physical", "silo": "", "account_blocks": []}


def test_margins_of_one_segment_are_those_of_all(kite: ServedKite) -> None:
    both = kite.data("GET", "/user/margins")
    assert {name: kite.data("GET", f"/user/margins/{name}") for name in both} == both
    assert kite.error("GET", "/user/margins/currency")[:2] == (400, "InputException")


def test_the_summary_and_the_short_form_are_of_the_same_holdings(kite: ServedKite) -> None:
    rows = {row["tradingsymbol"]: row for row in kite.data("GET", "/portfolio/holdings")}
    short = kite.data("GET", "/portfolio/holdings/compact")
    assert {row["tradingsymbol"]: (row["quantity"], row["t1_quantity"]) for row in short} == {
        name: (row["quantity"], row["t1_quantity"]) for name, row in rows.items()
    }
    kite.sandbox.exchange.clock.run(0.0)  # prices stand still while both are asked for
    rows = {row["tradingsymbol"]: row for row in kite.data("GET", "/portfolio/holdings")}
    summary = kite.data("GET", "/portfolio/holdings/summary")
    worth = sum(row["last_price"] * row["quantity"] for row in rows.values())
    paid = sum(row["average_price"] * row["quantity"] for row in rows.values())
    assert summary["current_value"] == pytest.approx(worth, abs=0.01)
    assert summary["invested_amount"] == pytest.approx(paid, abs=0.01)
    assert summary["total_pnl"] == pytest.approx(worth - paid, abs=0.02)


def test_an_authorisation_is_asked_for_and_confirmed_on_a_page(kite: ServedKite) -> None:
    request_id = kite.data("POST", "/portfolio/holdings/authorise")["request_id"]
    page = "/connect/portfolio/authorise/holdings"
    reply = kite.call("GET", f"{page}/sandbox/{request_id}", headers={"Authorization": ""})
    assert (reply.status_code, reply.headers["content-type"][:9]) == (200, "text/html")
    assert kite.error("GET", f"{page}/another/{request_id}")[:2] == (400, "InputException")


def test_a_login_without_an_address_to_return_to_shows_the_token() -> None:
    kite = served_kite()
    reply = kite.call("POST", "/connect/login", params={"api_key": "sandbox"})
    target = reply.headers["location"]
    assert "/connect/finish?" in target
    token = target.partition("request_token=")[2].partition("&")[0]
    assert token in kite.call("GET", "/connect/finish", params={"request_token": token}).text


def test_a_holding_of_a_fund_has_its_allotments(kite: ServedKite) -> None:
    form = {"tradingsymbol": FUND, "transaction_type": "BUY", "amount": "2000"}
    number = kite.data("POST", "/mf/orders", data=form)["order_id"]
    assert kite.data("GET", "/mf/allotments") == []
    kite.clock.at += timedelta(days=1)
    kite.sign_in()
    allotted = kite.data("GET", "/mf/allotments")
    assert [row["order_id"] for row in allotted] == [number]
    assert kite.data("GET", f"/mf/holdings/{FUND}") == allotted
    assert [row["tradingsymbol"] for row in kite.data("GET", "/mf/holdings")] == [FUND]
    assert kite.error("GET", "/mf/holdings/INF000S01032")[0] == 404
