"""Quotes, candles and instrument files within their limits."""

from __future__ import annotations

import csv
import io

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite

DAY_LIMITS = {
    "minute": 60, "3minute": 100, "5minute": 100, "10minute": 100, "15minute": 200,
    "30minute": 200, "60minute": 400, "day": 2000,
}  # fmt: skip


@pytest.mark.parametrize(("path", "most"), [("quote", 500), ("quote/ohlc", 1000)])
def test_so_many_instruments_are_quoted_at_once(kite: ServedKite, path: str, most: int) -> None:
    keys = [f"NSE:NO-SUCH-{n}" for n in range(most + 1)]
    assert kite.data("GET", f"/{path}", params={"i": keys[:most]}) == {}
    status, kind, message = kite.error("GET", f"/{path}", params={"i": keys})
    assert (status, kind) == (400, "InputException")
    assert str(most) in message


def test_quotes_are_asked_by_name_or_token_and_unknown_ones_left_out(kite: ServedKite) -> None:
    infy = kite.sandbox.exchange.instruments.get("NSE:INFY")
    assert infy is not None
    keys = ["NSE:INFY", str(infy.instrument_token), "NSE:NO-SUCH", "x", "²", "9" * 30]
    found = kite.data("GET", "/quote/ltp", params={"i": keys})
    assert list(found) == keys[:2]
    assert {one["instrument_token"] for one in found.values()} == {infy.instrument_token}
    assert kite.error("GET", "/quote")[1] == "InputException"


def test_the_kite_path_serves_the_same(kite: ServedKite) -> None:
    assert kite.data("GET", "/kite/user/profile") == kite.data("GET", "/user/profile")


@pytest.mark.parametrize(("interval", "days"), DAY_LIMITS.items())
def test_a_request_for_candles_spans_so_many_days(
    kite: ServedKite, interval: str, days: int
) -> None:
    infy = kite.sandbox.exchange.instruments.get("NSE:INFY")
    assert infy is not None
    path = f"/instruments/historical/{infy.instrument_token}/{interval}"
    query = {"from": "2035-01-01 00:00:00", "to": "2035-01-01 00:00:00"}
    assert kite.data("GET", path, params=query) == {"candles": []}
    end = f"20{35 + (days + 2) // 365}-12-31 00:00:00"
    status, kind, message = kite.error("GET", path, params={**query, "to": end})
    assert (status, kind) == (400, "InputException")
    assert f"{days} days" in message


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("1/day", {}),
        ("{token}/2minute", {}),
        ("{token}/day", {"from": "yesterday"}),
        ("{token}/day", {"from": "2026-11-21 00:00:00"}),
        ("{token}/day", {"continuous": "1"}),
    ],
)
def test_a_request_for_candles_that_is_wrong(
    kite: ServedKite, path: str, query: dict[str, str]
) -> None:
    infy = kite.sandbox.exchange.instruments.get("NSE:INFY")
    assert infy is not None
    whole = {"from": "2026-11-10 00:00:00", "to": "2026-11-20 00:00:00", **query}
    address = f"/instruments/historical/{path.format(token=infy.instrument_token)}"
    assert kite.error("GET", address, params=whole)[:2] == (400, "InputException")


def test_the_file_lists_every_instrument_and_each_exchange_its_own(kite: ServedKite) -> None:
    listing = kite.sandbox.exchange.instruments
    plain = kite.call("GET", "/instruments", headers={"Accept-Encoding": "identity"})
    zipped = kite.call("GET", "/instruments", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.text == zipped.text
    rows = list(csv.DictReader(io.StringIO(plain.text)))
    assert [int(row["instrument_token"]) for row in rows] == [
        one.instrument_token for one in listing.all
    ]
    assert all(row["strike"] for row in rows)
    nfo = list(csv.DictReader(io.StringIO(kite.call("GET", "/instruments/NFO").text)))
    assert {row["segment"] for row in nfo} == {"NFO-FUT", "NFO-OPT"}
    assert kite.error("GET", "/instruments/LSE")[1] == "InputException"
