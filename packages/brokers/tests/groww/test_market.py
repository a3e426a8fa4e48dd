"""Instruments, names, quotes and candles: as the file has them, and from the sandbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from packages.brokers.tests.groww.served import Watch, rest_of
from packages.brokers.tests.sandboxed import Running

from tradertape_brokers import errors as e
from tradertape_brokers.groww.contracts import (
    GrowwInstruments,
    feed_name_of,
    groww_symbol_of,
    instruments_of,
    listed_of,
)
from tradertape_brokers.groww.history import candle_of, candles
from tradertape_brokers.groww.instruments import (
    BadFile,
    GrowwInstrument,
    checked,
    download,
    parse,
)
from tradertape_brokers.groww.matching import MatchedNames
from tradertape_brokers.groww.names import Listed
from tradertape_brokers.groww.quotes import MOST_SYMBOLS, GrowwQuotes, quote, tick_of
from tradertape_brokers.groww.rest import Rest
from tradertape_brokers.groww.subjects import FeedName
from tradertape_brokers.limiter import Limiter
from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument, InstrumentType

FILE = """\
exchange_token,exchange,trading_symbol,groww_symbol,name,instrument_type,segment,series,isin,\
underlying_symbol,underlying_exchange_token,expiry_date,strike_price,lot_size,tick_size,\
freeze_quantity,is_reserved,buy_allowed,sell_allowed,feed_key
1594,NSE,INFY,NSE-INFY,Infosys,EQ,CASH,EQ,INE009A01021,,,,,1,0.1,,0,1,1,x
500209,BSE,INFY,BSE-INFY,Infosys,EQ,CASH,A,INE009A01021,,,,,1,0.05,,0,1,0,x
NIFTY,NSE,NIFTY,NSE-NIFTY,NIFTY 50,IDX,CASH,,,,,,,1,0.05,,0,0,0,x
35001,NSE,NIFTY26NOVFUT,NSE-NIFTY-24Nov26-FUT,,FUT,FNO,,,NIFTY,NIFTY,2026-11-24,,65,0.1,1800,0,1,1,x
40123,NSE,NIFTY26NOV24000CE,NSE-NIFTY-24Nov26-24000-CE,,CE,FNO,,,NIFTY,NIFTY,2026-11-24,24000,65,\
0.05,1800,0,1,1,x
217819,MCX,GOLD26DECFUT,MCX-GOLD-05Dec26-FUT,,FUT,COMMODITY,,,GOLD,,2026-12-05,,1,1,,0,1,1,x
"""
INFY = Instrument(
    exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594,
    isin="INE009A01021",
)  # fmt: skip
OPTION = Instrument(
    exchange="NFO", tradingsymbol="NIFTY26N2424000CE", instrument_token=7, exchange_token=40123,
    lot_size=65, instrument_type=InstrumentType.CE, expiry=date(2026, 11, 24),
    strike=Decimal(24_000), option_type="CE", underlying="NIFTY",
)  # fmt: skip
INDEX = Instrument(
    exchange="NSE", tradingsymbol="NIFTY 50", instrument_token=256265, exchange_token=1001,
    instrument_type=InstrumentType.INDEX,
)  # fmt: skip


def row(symbol: str, segment: str = "CASH", exchange: str = "NSE") -> GrowwInstrument:
    wanted = Listed(exchange, segment, symbol)
    return next(one for one in parse(FILE) if one.listed == wanted)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's rate limits are another test's."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)


# --- the file -----------------------------------------------------------------------------------


def test_the_file_is_read_by_its_header_and_commodities_are_passed_over() -> None:
    rows = parse("\ufeff" + FILE)
    assert [one.listed.trading_symbol for one in rows] == [
        "INFY", "INFY", "NIFTY", "NIFTY26NOVFUT", "NIFTY26NOV24000CE",
    ]  # fmt: skip
    assert row("NIFTY26NOV24000CE", "FNO") == GrowwInstrument(
        listed=Listed("NSE", "FNO", "NIFTY26NOV24000CE"), token="40123",
        groww_symbol="NSE-NIFTY-24Nov26-24000-CE", kind=InstrumentType.CE, name="", isin="",
        underlying="NIFTY", expiry=date(2026, 11, 24), strike=Decimal(24_000), lot_size=65,
        tick_size=Decimal("0.05"), freeze_quantity=1_800, can_buy=True, can_sell=True,
    )  # fmt: skip
    other = row("INFY", exchange="BSE")
    assert other.can_buy
    assert not other.can_sell


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column"),
        ("<html>Sorry</html>", "no column exchange, exchange_token"),
        (FILE.replace("groww_symbol", "symbol"), "no column groww_symbol"),
        (FILE.partition("\n")[0], "0 can"),
        (FILE.replace("2026-11-24", "24 Nov"), "2 rows"),
        (FILE.replace("65", "many"), "cannot be read"),
    ],
)
def test_a_file_that_is_not_the_instruments_is_bad(text: str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        parse(text)


def test_a_new_file_that_lost_its_rows_does_not_replace_the_old_one() -> None:
    rows = parse(FILE)
    assert checked(rows, []) == rows
    assert checked(rows[:4], rows) == rows[:4]
    with pytest.raises(BadFile, match="3 rows after 5"):
        checked(rows[:3], rows)
    with pytest.raises(BadFile, match="the name of another"):
        checked([*rows, replace(rows[0], token="9")], rows)
    with pytest.raises(BadFile, match="the token of another"):
        checked([*rows, replace(rows[0], listed=Listed("NSE", "CASH", "OTHER"))], rows)


def test_the_file_is_open_to_everybody(fresh: Running) -> None:
    rows = download(f"{fresh.url('groww')}/instruments/instrument.csv")
    assert len(rows) == len(fresh.sandbox.exchange.instruments.all)


def test_a_file_that_is_not_answered_is_unavailable() -> None:
    def missing(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text=FILE)

    with pytest.raises(e.Unavailable, match="404"):
        download(transport=httpx.MockTransport(missing))


# --- matching -----------------------------------------------------------------------------------


def test_instruments_are_matched_by_token_and_named_as_groww_names_them() -> None:
    names = MatchedNames([INFY, OPTION, INDEX], parse(FILE))
    assert names.unmatched == {}
    assert names.theirs("NFO", OPTION.tradingsymbol) == Listed("NSE", "FNO", "NIFTY26NOV24000CE")
    assert names.ours(Listed("NSE", "FNO", "NIFTY26NOV24000CE")) == ("NFO", OPTION.tradingsymbol)
    assert names.ours(Listed("NSE", "CASH", "OTHER")) == ("NSE", "OTHER")
    assert names.feed_names() == {
        FeedName("NSE", "CASH", "1594"): INFY,
        FeedName("NSE", "FNO", "40123"): OPTION,
        FeedName("NSE", "CASH", "NIFTY", is_index=True): INDEX,
    }


@pytest.mark.parametrize(
    ("ours", "words"),
    [
        (replace(INFY, isin="INE000000000"), "its ISIN is INE000000000"),
        (replace(INFY, exchange_token=9), "no token 9"),
        (replace(INFY, exchange="MCX"), "NSE, BSE, NFO, BFO"),
        (replace(OPTION, strike=Decimal(24_100)), "another contract"),
        (replace(OPTION, expiry=date(2026, 12, 1)), "another contract"),
        (replace(OPTION, lot_size=75), "its lot is 75, at Groww 65"),
        (replace(INDEX, tradingsymbol="NIFTY NEXT 50"), "no index NIFTY NEXT 50"),
    ],
)
def test_what_is_not_the_same_instrument_is_refused(ours: Instrument, words: str) -> None:
    names = MatchedNames([ours], parse(FILE))
    assert words in names.unmatched[ours.id]
    with pytest.raises(e.Refused, match="cannot be traded at Groww"):
        names.theirs(ours.exchange, ours.tradingsymbol)
    assert names.feed_names() == {}


def test_two_candidates_are_named_and_neither_is_taken() -> None:
    other = replace(row("INFY"), listed=Listed("NSE", "CASH", "INFY-BE"))
    names = MatchedNames([INFY], [*parse(FILE), other])
    with pytest.raises(e.Refused, match="more than one token 1594: INFY, INFY-BE"):
        names.theirs("NSE", "INFY")


def test_every_instrument_of_the_sandbox_is_matched(fresh: Running) -> None:
    ours = fresh.sandbox.exchange.instruments.all
    names = MatchedNames(ours, download(f"{fresh.url('groww')}/instruments/instrument.csv"))
    assert names.unmatched == {}
    assert len(names.feed_names()) == len(ours)


# --- Groww's own list ---------------------------------------------------------------------------


def test_the_list_as_cores_instruments_and_what_groww_calls_each() -> None:
    share, other, index, future, option = instruments_of(parse(FILE))
    assert (share.id, share.instrument_token, share.isin) == ("NSE:INFY", 408065, "INE009A01021")
    assert (other.id, index.id, index.name) == ("BSE:INFY", "NSE:NIFTY 50", "NIFTY 50")
    assert (future.id, future.lot_size, future.underlying) == ("NFO:NIFTY26NOVFUT", 65, "NIFTY")
    assert (option.strike, option.option_type, option.freeze_quantity) == (24_000, "CE", 1_800)
    assert len({one.instrument_token for one in (share, other, index, future, option)}) == 5
    rows = parse(FILE)
    every = (share, other, index, future, option)
    assert [listed_of(one) for one in every] == [one.listed for one in rows]
    assert [groww_symbol_of(one) for one in every] == [one.groww_symbol for one in rows]
    assert [feed_name_of(one).token for one in every] == [one.token for one in rows]


def test_the_sandboxs_list_is_what_it_lists(fresh: Running) -> None:
    ours = own_list(fresh)
    theirs = fresh.sandbox.exchange.instruments.all
    assert len(ours) == len(theirs)
    # An index without derivatives has no name but Groww's.
    assert {one.id for one in theirs} - set(ours) == {"NSE:NIFTY 100", "NSE:INDIA VIX"}
    for one in theirs:
        if one.id not in ours:
            continue
        found = ours[one.id]
        assert (found.isin, found.lot_size, found.tick_size) == (
            one.isin, one.lot_size, one.tick_size,
        )  # fmt: skip
        assert (found.expiry, found.strike, found.instrument_type) == (
            one.expiry, one.strike, one.instrument_type,
        )  # fmt: skip


def test_a_share_whose_token_is_no_number_makes_the_list_bad() -> None:
    with pytest.raises(e.BrokerError, match="is no number"):
        instruments_of(parse(FILE.replace("1594,NSE", "X1594,NSE")))


# --- quotes -------------------------------------------------------------------------------------

QUOTE: dict[str, Any] = {
    "average_price": 1499.5, "bid_quantity": 10, "bid_price": 1500, "day_change": 5.05,
    "day_change_perc": 0.34, "upper_circuit_limit": 1644.5, "lower_circuit_limit": 1345.5,
    "ohlc": {"open": 1490, "high": 1510.1, "low": 1480.05, "close": 1495},
    "depth": {"buy": [{"price": 1500, "quantity": 10}, {"price": 0, "quantity": 0}],
              "sell": [{"price": 0, "quantity": 0}]},
    "high_trade_range": 1644.5, "low_trade_range": 1345.5, "implied_volatility": None,
    "last_trade_quantity": 3, "last_trade_time": 1_795_500_000_000, "last_price": 1500.05,
    "market_cap": None, "offer_price": 0, "offer_quantity": 0, "open_interest": None,
    "total_buy_quantity": 10, "total_sell_quantity": 0, "volume": 12_345, "week_52_high": 1700,
    "week_52_low": 1200,
}  # fmt: skip
NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def test_a_quote_is_a_tick_and_an_empty_level_is_no_price() -> None:
    tick = tick_of(QUOTE, INFY, NOW)
    assert (tick.instrument_id, tick.volume) == ("NSE:INFY", 12_345)
    assert (tick.last_price, tick.close) == (Decimal("1500.05"), Decimal(1495))
    assert (tick.bid, tick.bid_quantity, tick.ask, tick.oi) == (Decimal(1500), 10, None, 0)
    assert tick.depth is not None
    assert (len(tick.depth.buy), len(tick.depth.sell)) == (1, 0)
    assert tick.exchange_at == datetime.fromtimestamp(1_795_500_000, UTC)
    assert (tick.high, tick.upper_circuit) == (Decimal("1510.1"), Decimal("1644.5"))


@pytest.mark.parametrize("change", [{"last_price": 0}, {"last_price": "NaN"}, {"volume": "x"}])
def test_a_quote_that_cannot_be_read_is_unavailable(change: dict[str, Any]) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"payload": QUOTE | change})

    rest = Rest("token", limiter=Limiter({}), transport=httpx.MockTransport(answer))
    with pytest.raises(e.Unavailable):
        quote(rest, Listed("NSE", "CASH", "INFY"), INFY, NOW)


def test_a_quote_of_the_sandbox_is_its_tick(fresh: Running) -> None:
    instrument = fresh.sandbox.exchange.instruments.get("NSE:SBIN")
    assert instrument is not None
    before = fresh.sandbox.exchange.tick(instrument.id)
    found = quote(rest_of(fresh), Listed("NSE", "CASH", "SBIN"), instrument, NOW)
    assert before is not None
    assert abs(found.last_price / before.last_price - 1) < Decimal("0.01")
    assert found.depth is not None
    assert len(found.depth.buy) == len(found.depth.sell) == 5
    assert found.bid is not None
    assert found.ask is not None
    assert found.bid < found.ask


NAMED_OTHERWISE = {"NSE:NIFTY100": "NSE:NIFTY 100", "NSE:INDIAVIX": "NSE:INDIA VIX"}


def test_quotes_of_more_than_a_call_may_ask_for(fresh: Running) -> None:
    listed = list(own_list(fresh).values())
    some = [one for one in listed if one.instrument_type is InstrumentType.EQ][: MOST_SYMBOLS + 10]
    some += [one for one in listed if one.is_derivative][:5]
    some += [one for one in listed if one.instrument_type is InstrumentType.INDEX]
    unknown = replace(some[0], tradingsymbol="NOSUCH")
    found = GrowwQuotes(rest_of(fresh), Watch()).quotes([*some, unknown])
    assert set(found) == {one.id for one in some}
    for name, tick in found.items():
        real = fresh.sandbox.exchange.tick(NAMED_OTHERWISE.get(name, name))
        assert real is not None
        assert abs(tick.last_price / real.last_price - 1) < Decimal("0.05")
        assert tick.close == real.close


def test_a_few_quotes_have_their_depths(fresh: Running) -> None:
    listed = own_list(fresh)
    some = [listed["NSE:INFY"], replace(listed["NSE:INFY"], tradingsymbol="NOSUCH")]
    found = GrowwQuotes(rest_of(fresh), Watch()).quotes(some)
    assert set(found) == {"NSE:INFY"}
    assert found["NSE:INFY"].depth is not None


# --- candles ------------------------------------------------------------------------------------


def own_list(fresh: Running) -> dict[str, Instrument]:
    return {one.id: one for one in GrowwInstruments(fresh.url("groww")).download()}


@pytest.mark.parametrize("interval", list(Interval))
def test_candles_of_every_interval(fresh: Running, interval: Interval) -> None:
    now = Watch().now()
    start = now - timedelta(days=100)
    rest, infy = rest_of(fresh), own_list(fresh)["NSE:INFY"]
    found = GrowwQuotes(rest, Watch()).candles(infy, interval, start, now)
    truth = fresh.sandbox.exchange.candles("NSE:INFY", interval, start, now)
    assert [(one.start, one.close, one.volume) for one in found[:-2]] == [
        (one.start, one.close, one.volume) for one in truth[: len(found) - 2]
    ]
    assert abs(len(found) - len(truth)) <= 1  # one may have begun meanwhile
    assert all(one.is_complete for one in found[:-1])


def test_a_long_time_is_asked_for_in_parts() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        asked.append((params["start_time"], params["end_time"]))
        at = params["start_time"]
        return httpx.Response(200, json={"payload": {"candles": [[at, 1, 2, 1, 2, 5, None]]}})

    rest = Rest("token", limiter=Limiter({}), transport=httpx.MockTransport(answer))
    start, end = datetime(2019, 6, 1, tzinfo=IST), datetime(2020, 3, 1, tzinfo=IST)
    listed = row("INFY").listed
    found = candles(rest, listed, "NSE-INFY", Interval.MINUTE, start, end, now=end)
    assert asked == [
        ("2020-01-01 00:00:00", "2020-01-31 00:00:00"),
        ("2020-01-31 00:00:00", "2020-03-01 00:00:00"),
    ]
    assert [one.start for one in found] == [
        datetime(2020, 1, 1, tzinfo=IST), datetime(2020, 1, 31, tzinfo=IST),
    ]  # fmt: skip


def test_a_candle_that_is_not_over_is_not_complete() -> None:
    now = datetime(2026, 11, 24, 10, 7, tzinfo=IST)
    for at, is_complete in (("2026-11-24 10:00:00", True), ("2026-11-24 10:05:00", False)):
        assert (
            candle_of([at, 1.5, 2, 1, 2, 5, 7], Interval.MINUTE_5, now).is_complete is is_complete
        )


@pytest.mark.parametrize(
    "bad", [[], None, ["x", 1, 2, 1, 2, 5], [0, 0, 2, 1, 2, 5], ["2026-11-24 10:00:00", 1, 2]]
)
def test_a_candle_that_cannot_be_read_says_so(bad: object) -> None:
    with pytest.raises(e.Unavailable):
        candle_of(bad, Interval.DAY, NOW)
