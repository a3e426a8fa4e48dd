"""Contracts that expired while they were held: names, worth, lots, trips and tax."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradertape_core.journal.trips import RoundTrip, round_trips
from tradertape_core.wealth.executions import Execution, split_by_kind
from tradertape_core.wealth.expiries import Terms, settled_at_expiry, terms_of
from tradertape_core.wealth.lots import build_book
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_core.wealth.tax import tax_year

D = Decimal
EXPIRY = date(2024, 4, 25)
AFTER = date(2024, 4, 26)
CALL = {"symbol": "NIFTY24APR22000CE", "isin": "", "segment": Segment.DERIVATIVES, "expiry": EXPIRY}


@pytest.mark.parametrize(
    ("symbol", "expiry", "terms"),
    [
        ("NIFTY24APR22000CE", EXPIRY, Terms("NIFTY", 1, D(22000))),
        ("NIFTY2441022000PE", date(2024, 4, 10), Terms("NIFTY", -1, D(22000))),
        ("NIFTY24O1022000PE", date(2024, 10, 10), Terms("NIFTY", -1, D(22000))),
        ("M&M24APR2050.5CE", EXPIRY, Terms("M&M", 1, D("2050.5"))),
        ("BAJAJ-AUTO24APRFUT", EXPIRY, Terms("BAJAJ-AUTO", 0)),
        ("NIFTY 25APR24 22000 CE", EXPIRY, Terms("NIFTY", 1, D(22000))),
        ("NIFTY 25APR24 FUTIDX", EXPIRY, Terms("NIFTY", 0)),
        ("NIFTY24MAY22000CE", EXPIRY, None),
        ("NIFTY24APRCE", EXPIRY, None),
        ("24APR22000CE", EXPIRY, None),
        ("SOMETHING", EXPIRY, None),
    ],
)
def test_a_contracts_name_says_its_terms(symbol: str, expiry: date, terms: Terms | None) -> None:
    assert terms_of(symbol, expiry) == terms


def test_the_worth_of_a_contract_follows_from_the_close_of_its_underlying() -> None:
    assert Terms("NIFTY", 1, D(22000)).worth(D("22100.5")) == D("100.5")
    assert Terms("NIFTY", 1, D(22000)).worth(D(21900)) == 0
    assert Terms("NIFTY", -1, D(22000)).worth(D(21900)) == 100
    assert Terms("INFY", 0).worth(D(1400)) == 1400


def settled(
    *trades: BookTrade, worth: Decimal | None = D(0), today: date = AFTER
) -> list[Execution]:
    return settled_at_expiry(split_by_kind(trades), lambda _: worth, today)


def only_trip(executions: list[Execution]) -> RoundTrip:
    (trip,) = round_trips(executions)
    return trip


def test_a_worthless_option_ends_at_its_expiry(trade) -> None:
    found = settled(trade("SELL", 75, 10, "2024-04-25", **CALL))
    trip = only_trip(found)
    assert (trip.closed_on, trip.net, trip.is_expiry) == (EXPIRY, D(750), True)
    assert trip.is_estimated
    book = build_book(found)
    assert not book.lots
    (pair,) = book.matches
    assert (pair.profit, pair.is_short, pair.closed_on) == (D(750), True, EXPIRY)
    assert tax_year(2024, book.matches, lambda _: None).derivatives.net == 750


def test_an_exercised_option_pays_its_tax_and_a_sold_one_does_not(trade) -> None:
    bought = settled(trade("BUY", 75, 10, "2024-04-24", **CALL), worth=D("100.5"))
    # 0.125% of 75 x 100.50 = 9.421875
    assert only_trip(bought).net == D("7537.50") - 750 - D("9.42")
    sold = settled(trade("SELL", 75, 10, "2024-04-24", **CALL), worth=D("100.5"))
    assert only_trip(sold).net == D(750) - D("7537.50")


def test_only_what_is_left_at_the_expiry_is_settled_after_the_trades_of_that_day(trade) -> None:
    found = settled(
        trade("BUY", 150, 10, "2024-04-24", **CALL), trade("SELL", 75, 12, "2024-04-25", **CALL)
    )
    trip = only_trip(found)
    assert [one.quantity for one in found] == [150, 75, 75]
    assert found[-1].is_expiry
    assert (trip.trades, trip.net) == (3, D(75 * 12 - 150 * 10))


def test_nothing_is_settled_before_or_without_a_worth_or_when_it_was_closed(trade) -> None:
    sold = trade("SELL", 75, 10, "2024-04-24", **CALL)
    assert len(settled(sold, today=EXPIRY)) == 1
    unknown = settled(sold, worth=None)
    assert len(unknown) == 1
    assert (only_trip(unknown).closed_on, only_trip(unknown).expiry) == (None, EXPIRY)
    assert len(settled(sold, trade("BUY", 75, 5, "2024-04-25", **CALL))) == 2
    assert len(settled(trade("BUY", 10, 5, "2024-04-25"))) == 1


def test_accounts_are_settled_apart(trade) -> None:
    found = settled(
        trade("SELL", 75, 10, "2024-04-24", **CALL),
        trade("BUY", 75, 8, "2024-04-24", **CALL, account="AB0002"),
    )
    assert sorted(one.net for one in round_trips(found) if one.net is not None) == [-600, 750]
