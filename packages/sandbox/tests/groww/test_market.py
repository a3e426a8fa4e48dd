"""Prices, candles, contracts and the instrument file."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from packages.sandbox.tests.groww.served_groww import ServedGroww

from tradertape_core.market.instrument import InstrumentType
from tradertape_sandbox.wire.groww.names import groww_symbol, trading_symbol

SHARE = {"exchange": "NSE", "segment": "CASH", "groww_symbol": "NSE-INFY"}


def candles(groww: ServedGroww, interval: str, start: str, end: str) -> list[list[Any]]:
    query = {**SHARE, "candle_interval": interval, "start_time": start, "end_time": end}
    reply = groww.payload("GET", "/historical/candles", params=query)
    assert (reply["start_time"], reply["end_time"]) == (start, end)
    return reply["candles"]


def times(rows: list[list[Any]]) -> list[str]:
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("interval", "part", "rows_of_part"),
    [("2minute", "1minute", 2), ("4hour", "1hour", 4), ("10minute", "5minute", 2)],
)
def test_longer_candles_are_made_of_shorter_ones(
    groww: ServedGroww, interval: str, part: str, rows_of_part: int
) -> None:
    day = ("2026-11-20 09:15:00", "2026-11-20 15:30:00")
    long, short = candles(groww, interval, *day), candles(groww, part, *day)
    first = short[:rows_of_part]
    assert long[0] == [
        first[0][0],
        first[0][1],
        max(row[2] for row in first),
        min(row[3] for row in first),
        first[-1][4],
        sum(row[5] for row in first),
        None,
    ]
    assert sum(row[5] for row in long) == sum(row[5] for row in short)
    assert len(long) == -(-len(short) // rows_of_part)


def test_weeks_and_months_begin_at_their_first_session(groww: ServedGroww) -> None:
    span = ("2026-08-01 00:00:00", "2026-11-20 15:30:00")
    days, months = candles(groww, "1day", *span), candles(groww, "1month", *span)
    weeks = candles(groww, "1week", *span)
    assert [text[:7] for text in times(months)] == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert set(times(months)) | set(times(weeks)) <= set(times(days))
    starts = [datetime.fromisoformat(text) for text in times(weeks)]
    assert all(a.isocalendar()[:2] < b.isocalendar()[:2] for a, b in pairwise(starts))
    for part in (weeks, months):
        assert sum(row[5] for row in part) == sum(row[5] for row in days)


@pytest.mark.parametrize(
    ("interval", "start", "words"),
    [
        ("1minute", "2026-10-01 00:00:00", "30 days"),
        ("15minute", "2026-08-01 00:00:00", "90 days"),
        ("1day", "2026-01-01 00:00:00", "180 days"),
        ("1day", "2019-12-31 00:00:00", "2020"),
        ("1day", "2026-11-21 00:00:00", "before end_time"),
        ("7minute", "2026-11-01 00:00:00", "1minute, 2minute"),
        ("1day", "yesterday", "2025-09-24 10:30:00"),
    ],
)
def test_what_candles_are_refused_for(
    groww: ServedGroww, interval: str, start: str, words: str
) -> None:
    query = {
        **SHARE, "candle_interval": interval, "start_time": start,
        "end_time": "2026-11-20 15:30:00",
    }  # fmt: skip
    status, code, message = groww.error("GET", "/historical/candles", params=query)
    assert (status, code) == (400, "GA001")
    assert words in message


def test_times_are_text_seconds_or_milliseconds(groww: ServedGroww) -> None:
    start = datetime.fromisoformat("2026-11-20T09:15:00+05:30")
    forms = ["2026-11-20 09:15:00", str(int(start.timestamp())), f"{int(start.timestamp())}000"]
    query = {
        "exchange": "NSE", "segment": "CASH", "trading_symbol": "INFY",
        "interval_in_minutes": 5, "end_time": "2026-11-20 15:30:00",
    }  # fmt: skip
    replies = [
        groww.payload("GET", "/historical/candle/range", params={**query, "start_time": form})
        for form in forms
    ]
    assert replies[0]["candles"][0][0] == int(start.timestamp())
    assert replies[0] == replies[1] == replies[2]


def test_a_contract_has_open_interest_in_its_candles(groww: ServedGroww) -> None:
    future = next(
        one
        for one in groww.sandbox.exchange.instruments.derivatives("NIFTY")
        if one.instrument_type is InstrumentType.FUT
    )
    query = {
        "exchange": "NSE", "segment": "FNO", "groww_symbol": groww_symbol(future),
        "candle_interval": "1minute", "start_time": "2026-11-23 09:15:00",
        "end_time": "2026-11-23 11:00:00",
    }  # fmt: skip
    rows = groww.payload("GET", "/historical/candles", params=query)["candles"]
    assert rows
    assert all(isinstance(row[6], int) for row in rows)


def test_the_instrument_file_names_everything_once(groww: ServedGroww) -> None:
    reply = groww.call("GET", "/instruments/instrument.csv", headers={"Authorization": ""})
    assert reply.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    listed = groww.sandbox.exchange.instruments.all
    assert len(rows) == len(listed)
    for columns in (
        ("exchange", "segment", "trading_symbol"),
        ("groww_symbol",),
        ("exchange", "segment", "exchange_token"),
    ):
        assert len({tuple(row[name] for name in columns) for row in rows}) == len(rows), columns
    by_symbol = {(row["exchange"], row["segment"], row["trading_symbol"]): row for row in rows}
    nifty = by_symbol["NSE", "CASH", "NIFTY"]
    assert (nifty["instrument_type"], nifty["buy_allowed"]) == ("IDX", "0")
    option = next(one for one in listed if one.is_option and one.underlying == "NIFTY")
    row = by_symbol["NSE", "FNO", trading_symbol(option)]
    assert row["underlying_exchange_token"] == nifty["exchange_token"]
    assert row["expiry_date"] == option.expiry.isoformat() if option.expiry else False
    assert row["lot_size"] == str(option.lot_size)


def test_a_symbol_of_the_other_segment_or_form_is_refused(groww: ServedGroww) -> None:
    for symbols, code in (("NSE_NOSUCH", "GA004"), ("INFY", "GA001"), ("NSE_", "GA001")):
        query = {"segment": "CASH", "exchange_symbols": symbols}
        assert groww.error("GET", "/live-data/ltp", params=query)[1] == code


def test_a_quote_of_an_index_and_of_an_option(groww: ServedGroww) -> None:
    index = groww.payload("GET", "/live-data/quote", params={
        "exchange": "NSE", "segment": "CASH", "trading_symbol": "NIFTY"})  # fmt: skip
    assert index["last_price"] > 0
    assert index["implied_volatility"] is None
    day = groww.payload("GET", "/historical/expiries", params={
        "exchange": "NSE", "underlying_symbol": "NIFTY"})["expiries"][0]  # fmt: skip
    chain = groww.payload(
        "GET", "/option-chain/exchange/NSE/underlying/NIFTY", params={"expiry_date": day}
    )
    near = min(chain["strikes"], key=lambda text: abs(float(text) - chain["underlying_ltp"]))
    side = chain["strikes"][near]["PE"]
    option = groww.payload("GET", "/live-data/quote", params={
        "exchange": "NSE", "segment": "FNO", "trading_symbol": side["trading_symbol"]})  # fmt: skip
    assert option["implied_volatility"] == pytest.approx(side["greeks"]["iv"], rel=0.05)
    path = (
        f"/live-data/greeks/exchange/NSE/underlying/NIFTY/trading_symbol/{side['trading_symbol']}"
        f"/expiry/{day}"
    )
    greeks = groww.payload("GET", path)
    assert set(greeks) == {"delta", "gamma", "theta", "vega", "rho", "iv"}
    assert -1 < greeks["delta"] < 0
    assert groww.error("GET", path.replace(day, "soon"))[:2] == (400, "GA001")
    assert groww.error("GET", path.replace("PE/", "XX/"))[:2] == (404, "GA004")
