"""Upstox's instrument file, and which of its rows is which instrument."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.test_orders import FUTURE, INDEX, INFY, KEYS, share

from tradertape_brokers import errors as e
from tradertape_brokers.upstox.instruments import (
    BadFile,
    UpstoxInstruments,
    checked,
    download,
    listed,
    parse,
)
from tradertape_brokers.upstox.keys import FoundKeys, Keys
from tradertape_core.market.instrument import Instrument, InstrumentType

SHARE_ROW: dict[str, Any] = {
    "segment": "NSE_EQ", "name": "INFOSYS LIMITED", "exchange": "NSE", "isin": "INE009A01021",
    "instrument_type": "EQ", "instrument_key": INFY, "lot_size": 1, "freeze_quantity": 100000.0,
    "exchange_token": "1594", "tick_size": 10.0, "trading_symbol": "INFY", "short_name": "INFY",
}  # fmt: skip
OPTION_ROW: dict[str, Any] = {
    "weekly": False, "segment": "NSE_FO", "name": "NIFTY", "exchange": "NSE",
    "expiry": 1795631399000, "instrument_type": "CE", "asset_symbol": "NIFTY",
    "underlying_symbol": "NIFTY", "instrument_key": "NSE_FO|43920", "lot_size": 65,
    "freeze_quantity": 1800.0, "exchange_token": "43920", "minimum_lot": 65, "tick_size": 5.0,
    "trading_symbol": "NIFTY 24000 CE 25 NOV 26", "strike_price": 24000.5,
}  # fmt: skip
INDEX_ROW: dict[str, Any] = {
    "segment": "NSE_INDEX", "name": "Nifty 50", "exchange": "NSE", "instrument_type": "INDEX",
    "instrument_key": "NSE_INDEX|Nifty 50", "exchange_token": "26000", "trading_symbol": "NIFTY",
}  # fmt: skip
OPTION = Instrument(
    exchange="NFO", tradingsymbol="NIFTY26NOV24000CE", instrument_token=5, exchange_token=43920,
    instrument_type=InstrumentType.CE, underlying="NIFTY", lot_size=65,
    expiry=date(2026, 11, 25), strike=Decimal("24000.5"), option_type="CE",
)  # fmt: skip


def packed(*rows: object) -> bytes:
    return gzip.compress(json.dumps(rows).encode(), mtime=0)


def test_rows_are_read_in_our_units() -> None:
    share_row, option, index = parse(packed(SHARE_ROW, OPTION_ROW, INDEX_ROW))
    assert (share_row.key, share_row.tick_size, share_row.lot_size) == (INFY, Decimal("0.1"), 1)
    assert (share_row.isin, share_row.freeze_quantity) == ("INE009A01021", 100_000)
    assert (option.expiry, option.strike) == (OPTION.expiry, OPTION.strike)
    assert (option.underlying, option.tick_size) == ("NIFTY", Decimal("0.05"))
    assert (index.kind, index.lot_size, index.expiry) == (InstrumentType.INDEX, 1, None)


def test_a_share_of_any_series_is_a_share_and_other_segments_are_passed_over() -> None:
    rows = parse(packed(SHARE_ROW | {"instrument_type": "BE"}, {"segment": "MCX_FO"}))
    assert [one.kind for one in rows] == [InstrumentType.EQ]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no gzip", gzip.compress(b"no json", mtime=0), gzip.compress(b"{}", mtime=0),
        packed(), packed(SHARE_ROW)[:-9], packed({}), packed(SHARE_ROW, "row"),
        packed(SHARE_ROW, OPTION_ROW | {"expiry": "soon"}),
        packed(SHARE_ROW, OPTION_ROW | {"instrument_type": "EQ"}),
        packed(SHARE_ROW, SHARE_ROW | {"instrument_key": "BSE_EQ|INE009A01021"}),
        packed(SHARE_ROW, SHARE_ROW | {"tick_size": "NaN"}),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_bad(body: bytes) -> None:
    with pytest.raises(BadFile):
        parse(body)


def test_one_bad_row_of_many_is_left_out() -> None:
    assert len(parse(packed(*[SHARE_ROW] * 100, {"segment": "NSE_EQ"}))) == 100


def test_a_file_that_lost_a_fifth_does_not_replace_the_old_one() -> None:
    rows = parse(packed(*[SHARE_ROW] * 10))
    assert checked(rows[:8], rows) == rows[:8]
    assert checked(rows, []) == rows
    with pytest.raises(BadFile, match="7 rows after 10"):
        checked(rows[:7], rows)


def test_a_download_that_fails_is_unavailable() -> None:
    missing = httpx.MockTransport(lambda _: httpx.Response(404))
    with pytest.raises(e.Unavailable, match="404"):
        download(transport=missing)

    def cut(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("secret")

    with pytest.raises(e.Unavailable) as failed:
        download(transport=httpx.MockTransport(cut))
    assert "secret" not in str(failed.value)


# --- keys ---------------------------------------------------------------------------------------


def test_keys_go_both_ways() -> None:
    assert KEYS.key_of("NSE", "INFY") == INFY
    assert KEYS.key_of("NFO", FUTURE.tradingsymbol) == "NSE_FO|43919"
    assert KEYS.find("NSE_FO|43919") is FUTURE
    assert KEYS.find("NSE_INDEX|Nifty 50") is INDEX
    assert KEYS.find("NSE_FO|1") is None
    assert KEYS.key_of("BSE", "INFY") == "BSE_EQ|INE009A01021"


def test_a_key_that_two_instruments_share_belongs_to_neither() -> None:
    assert KEYS.find("NSE_EQ|INE000000001") is None
    for symbol in ("TWIN", "TWIN-BE"):
        with pytest.raises(e.Refused, match="shares its key"):
            KEYS.key_of("NSE", symbol)
    twice = Keys([share("INFY", "INE009A01021"), share("INFY", "INE009A01021")])
    assert twice.key_of("NSE", "INFY") == INFY  # the same instrument, listed again


def test_a_share_without_an_isin_has_no_key() -> None:
    with pytest.raises(e.Refused, match="NSE:NEW cannot be traded at Upstox: it has no ISIN"):
        Keys([share("NEW", "")]).key_of("NSE", "NEW")


ROWS = parse(packed(SHARE_ROW, OPTION_ROW, INDEX_ROW))
OURS = [share("INFY", "INE009A01021"), OPTION, INDEX]


def test_an_instrument_has_the_key_of_its_row() -> None:
    keys = Keys(OURS, ROWS)
    assert keys.unmatched == {}
    assert keys.key_of("NSE", "NIFTY 50") == "NSE_INDEX|Nifty 50"  # as Upstox writes it
    assert keys.find("NSE_FO|43920") is OPTION


@pytest.mark.parametrize(
    ("ours", "why"),
    [
        (replace(OPTION, strike=Decimal(24100)), "another instrument"),
        (replace(OPTION, expiry=date(2026, 12, 29)), "another instrument"),
        (replace(OPTION, instrument_type=InstrumentType.PE, option_type="PE"), "another"),
        (replace(OPTION, lot_size=75), "its lot is 75, at Upstox 65"),
        (replace(OPTION, exchange_token=1), "lists no such"),
        (replace(OPTION, exchange="BFO"), "lists no such"),
        (replace(OPTION, exchange="MCX"), "on an exchange"),
    ],
)
def test_a_row_with_other_terms_is_another_instrument(ours: Instrument, why: str) -> None:
    keys = Keys([ours], ROWS)
    assert why in keys.unmatched[ours.id]
    assert keys.find("NSE_FO|43920") is None
    with pytest.raises(e.Refused, match=why):
        keys.key_of(ours.exchange, ours.tradingsymbol)


def test_every_instrument_of_the_sandbox_has_a_key_by_its_file(running: Running) -> None:
    address = f"{running.url('upstox')}/market-quote/instruments/exchange/complete.json.gz"
    rows = download(address)
    ours = running.sandbox.exchange.instruments.all
    keys = Keys(ours, rows)
    assert len(rows) == len(ours)
    assert keys.unmatched == {}
    assert all(keys.find(keys.key_of(one.exchange, one.tradingsymbol)) is one for one in ours)


# --- core's list --------------------------------------------------------------------------------


def test_instruments_have_the_exchanges_own_symbols() -> None:
    weekly = OPTION_ROW | {
        "weekly": True, "expiry": 1796149799000, "instrument_key": "NSE_FO|7",
        "exchange_token": "7", "strike_price": 24000.0,
    }  # fmt: skip
    future = OPTION_ROW | {"instrument_type": "FUT", "instrument_key": "NSE_FO|8",
                           "exchange_token": "8"}  # fmt: skip
    found = {one.id: one for one in listed(parse(packed(SHARE_ROW, OPTION_ROW, INDEX_ROW, weekly,
                                                        future)))}  # fmt: skip
    assert set(found) == {
        "NSE:INFY", "NFO:NIFTY26NOV24000.5CE", "NSE:NIFTY 50", "NFO:NIFTY26D0124000CE",
        "NFO:NIFTY26NOVFUT",
    }  # fmt: skip
    keys = Keys(found.values(), ROWS)
    assert keys.key_of("NSE", "NIFTY 50") == "NSE_INDEX|Nifty 50"
    option = found["NFO:NIFTY26NOV24000.5CE"]
    assert (option.option_type, option.underlying, option.lot_size) == ("CE", "NIFTY", 65)
    assert option.instrument_token == 43920 * 256 + 2


def test_two_rows_of_one_name_make_the_file_bad() -> None:
    with pytest.raises(BadFile, match="NSE:INFY twice"):
        listed(parse(packed(SHARE_ROW, SHARE_ROW)))


def test_the_list_of_the_sandbox_is_its_own(running: Running) -> None:
    address = f"{running.url('upstox')}/market-quote/instruments/exchange/complete.json.gz"
    found = {one.id: one for one in UpstoxInstruments(address).download()}
    ours = running.sandbox.exchange.instruments.all
    assert {one.id for one in ours} == set(found)
    for one in ours:
        mine = found[one.id]
        assert (mine.isin, mine.expiry, mine.strike, mine.lot_size, mine.tick_size) == (
            one.isin, one.expiry, one.strike, one.lot_size, one.tick_size,
        )  # fmt: skip
        assert (mine.exchange_token, mine.instrument_type) == (
            one.exchange_token, one.instrument_type,
        )  # fmt: skip


def test_keys_that_are_looked_up_are_learnt_both_ways() -> None:
    listing = {one.id: one for one in OURS}
    keys = FoundKeys(listing.get)
    assert keys.find(INFY) is None
    assert keys.named("NSE_FO|43920", "NFO", "NIFTY26NOV24000CE") is OPTION
    assert keys.named("NSE_FO|1", "NFO", "NIFTY26NOV24000CE") is None  # another number
    assert keys.key_of("NSE", "INFY") == INFY
    assert keys.find(INFY) is OURS[0]
    assert keys.named(INFY, "NSE", "INFY-EQ") is OURS[0]
    with pytest.raises(e.Refused, match="not in Upstox's list"):
        keys.key_of("NSE", "NOSUCH")
