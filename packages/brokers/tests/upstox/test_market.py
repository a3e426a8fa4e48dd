"""Quotes, candles and the portfolio of Upstox: payloads read, and the sandbox asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.sandboxed import Running
from packages.brokers.tests.upstox.served import KEY, limit, market, rest_of
from packages.brokers.tests.upstox.test_orders import (
    INFY,
    KEYS,
    NOW,
    Standing,
    Told,
    order_of,
    share,
)

from tradertape_brokers import errors as e
from tradertape_brokers.portfolio import PositionKind
from tradertape_brokers.upstox.history import candle_of, candles
from tradertape_brokers.upstox.keys import Keys
from tradertape_brokers.upstox.orders import UpstoxOrders
from tradertape_brokers.upstox.portfolio import UpstoxPortfolio
from tradertape_brokers.upstox.quotes import UpstoxQuotes, tick_of
from tradertape_brokers.upstox.rest import Rest
from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import OrderType, Product, Side

SHARE = share("INFY", "INE009A01021")
QUOTE: dict[str, Any] = {
    "ohlc": {"open": 1490.0, "high": 1510.5, "low": 1485.2, "close": 1500.1, "volume": 9,
             "ts": 1795491000000},
    "depth": {"buy": [{"quantity": 10, "price": 1500.0, "orders": 2},
                      {"quantity": 0, "price": 0.0, "orders": 0}],
              "sell": [{"quantity": 7, "price": 1500.2, "orders": 1}]},
    "timestamp": "2026-11-24T10:30:00.000+05:30", "instrument_token": INFY, "symbol": "INFY",
    "last_price": 1500.1, "volume": 123456, "average_price": 1498.33, "oi": 0.0,
    "net_change": 10.1, "total_buy_quantity": 10.0, "total_sell_quantity": 7.0,
    "lower_circuit_limit": 1341.0, "upper_circuit_limit": 1639.0,
    "last_trade_time": "1795496400000", "oi_day_high": 0.0, "oi_day_low": 0.0,
    "prev_close_price": 1490.0,
}  # fmt: skip


def test_a_quote_is_a_tick() -> None:
    tick = tick_of(QUOTE, SHARE, NOW)
    assert tick is not None
    assert (tick.last_price, tick.close, tick.volume) == (Decimal("1500.1"), Decimal(1490), 123456)
    assert (tick.bid, tick.bid_quantity, tick.ask) == (Decimal(1500), 10, Decimal("1500.2"))
    assert tick.depth is not None
    assert (len(tick.depth.buy), len(tick.depth.sell)) == (1, 1)  # an empty level is none
    assert tick.exchange_at == datetime.fromtimestamp(1795496400, UTC)
    assert (tick.lower_circuit, tick.at) == (Decimal(1341), NOW)
    without = tick_of(QUOTE | {"prev_close_price": None, "oi": None}, SHARE, NOW)
    assert without is not None
    assert without.close == Decimal(1490)  # by the change
    assert tick_of(QUOTE | {"last_price": 0}, SHARE, NOW) is None


@pytest.mark.parametrize(
    "change",
    [{"last_price": -1}, {"last_price": "NaN"}, {"volume": 1.5}, {"last_trade_time": "x"},
     {"depth": {"buy": [{"price": "x"}]}}],
)  # fmt: skip
def test_a_quote_that_cannot_be_read_says_so(change: dict[str, Any]) -> None:
    told = Told({"NSE_EQ:INFY": QUOTE | change})
    with pytest.raises(e.Unavailable, match="cannot be read"):
        UpstoxQuotes(told.rest, KEYS, Standing()).quotes([SHARE])


def test_quotes_are_joined_by_their_keys_and_asked_for_in_fives_of_hundreds() -> None:
    shares = [share(f"S{n}", f"INE{n:09d}") for n in range(501)]
    told = Told(
        {"NSE_EQ:ANY": {"instrument_token": "NSE_EQ|INE000000007", "last_price": 5.5}},
        {"x": {"instrument_token": "NSE_EQ|INE000000500", "last_price": 0}, "y": None},
    )
    found = UpstoxQuotes(told.rest, Keys(shares), Standing()).last_prices(shares)
    assert found == {"NSE:S7": Decimal("5.5")}
    sizes = [len(one.url.params["instrument_key"].split(",")) for one in told.asked]
    assert sizes == [500, 1]


# --- candles ------------------------------------------------------------------------------------


def row_at(at: str) -> list[Any]:
    return [at, 10.0, 12.5, 9.5, 11.0, 100, 7]


def test_the_past_comes_in_parts_and_the_present_day_from_its_own_call() -> None:
    rows = [row_at(f"2026-11-{day}T10:00:00+05:30") for day in ("24", "23", "20")]
    told = Told(*[{"candles": rows}] * 4)
    start = datetime(2026, 9, 20, tzinfo=IST)
    found = candles(told.rest, INFY, Interval.MINUTE_5, start, NOW, now=NOW)
    key = "NSE_EQ%7CINE009A01021"
    paths = [one.url.raw_path.decode().removeprefix("/v3/historical-candle/") for one in told.asked]
    assert paths == [
        f"{key}/minutes/5/2026-10-18/2026-09-20",
        f"{key}/minutes/5/2026-11-16/2026-10-19",
        f"{key}/minutes/5/2026-11-23/2026-11-17",
        f"intraday/{key}/minutes/5",
    ]
    assert [one.start.day for one in found] == [20, 23, 24]  # oldest first, each once
    assert (found[0].high, found[0].volume, found[0].oi) == (Decimal("12.5"), 100, 7)


def test_a_candle_that_is_not_over_is_not_complete() -> None:
    row = row_at("2026-11-24T10:27:00+05:30")
    assert not candle_of(row, Interval.MINUTE_5, NOW).is_complete
    assert candle_of(row, Interval.MINUTE_3, NOW).is_complete


def test_days_before_the_first_that_upstox_has_are_not_asked_for() -> None:
    told = Told({"candles": []})
    first, last = datetime(2010, 1, 1, tzinfo=IST), datetime(2022, 1, 10, tzinfo=IST)
    assert candles(told.rest, INFY, Interval.MINUTE, first, last, now=NOW) == []
    assert [one.url.path.split("/")[-2:] for one in told.asked] == [["2022-01-10", "2022-01-01"]]


@pytest.mark.parametrize(
    "row",
    [[], None, row_at("soon"), ["2026-11-24T10:27:00+05:30", 0, 1, 1, 1, 1, 1],
     ["2026-11-24T10:27:00+05:30", 1, "x", 1, 1, 1, 1]],
)  # fmt: skip
def test_a_candle_that_cannot_be_read_says_so(row: Any) -> None:
    with pytest.raises(e.Unavailable):
        candle_of(row, Interval.MINUTE, NOW)


def test_a_span_without_a_zone_or_the_wrong_way_round_is_refused() -> None:
    told = Told()
    for start, end in ((NOW, NOW), (NOW.replace(tzinfo=None), NOW)):
        with pytest.raises(e.Refused):
            candles(told.rest, INFY, Interval.DAY, start, end, now=NOW)
    assert told.asked == []


# --- the portfolio ------------------------------------------------------------------------------

POSITION: dict[str, Any] = {
    "exchange": "NFO", "multiplier": 1.0, "value": 100.0, "pnl": 12.5, "product": "D",
    "instrument_token": "NSE_FO|43919", "average_price": 24000.0, "overnight_quantity": 65,
    "overnight_buy_quantity": 65, "overnight_sell_quantity": 0, "buy_value": 4679365.0,
    "sell_value": 1561300.0, "day_buy_quantity": 130, "day_buy_price": 24010.5,
    "day_buy_value": 3121365.0, "day_sell_quantity": 65, "day_sell_price": 24020.0,
    "day_sell_value": 1561300.0, "quantity": 130, "last_price": 24030.0, "unrealised": -2.505,
    "realised": 15.0, "tradingsymbol": "NIFTY26NOVFUT", "trading_symbol": "NIFTY FUT",
}  # fmt: skip


def test_positions_are_named_as_ours_and_their_day_is_apart() -> None:
    net, day = UpstoxPortfolio(Told([POSITION]).rest, KEYS).positions()
    assert (net.exchange, net.tradingsymbol, net.product) == (
        "NFO", "NIFTY26NOVFUT", Product.NRML,
    )  # fmt: skip
    assert (net.kind, net.quantity, net.overnight_quantity) == (PositionKind.NET, 130, 65)
    assert (net.buy_quantity, net.sell_quantity) == (195, 65)
    assert net.pnl == Decimal("1561300") - Decimal("4679365") + 130 * 24030
    assert (day.kind, day.quantity, day.overnight_quantity) == (PositionKind.DAY, 65, 0)
    assert day.pnl == Decimal("1561300") - Decimal("3121365") + 65 * 24030
    other = POSITION | {
        "instrument_token": "BSE_FO|1", "day_buy_quantity": 0, "day_sell_quantity": 0
    }  # fmt: skip
    (line,) = UpstoxPortfolio(Told([other]).rest, KEYS).positions()
    assert (line.exchange, line.tradingsymbol) == ("BFO", "NIFTY FUT")


def test_pledged_and_unsettled_shares_are_apart() -> None:
    row = {
        "isin": "INE009A01021", "quantity": 100, "t1_quantity": 10, "collateral_quantity": 20,
        "instrument_token": INFY, "average_price": 1400.5, "last_price": 1500.0,
        "close_price": 1490.0, "product": "D", "exchange": "NSE", "trading_symbol": "INFY-EQ",
    }  # fmt: skip
    (held,) = UpstoxPortfolio(Told([row]).rest, KEYS).holdings()
    assert (held.quantity, held.t1_quantity, held.pledged_quantity) == (70, 10, 20)
    assert (held.total_quantity, held.tradingsymbol) == (100, "INFY")
    assert (held.pnl, held.day_change) == (Decimal("9950"), Decimal(1000))


@pytest.mark.parametrize(
    "call",
    [
        lambda told: told.positions(), lambda told: told.holdings(), lambda told: told.margins(),
        lambda told: told.profile(),
        lambda told: told.margin_of([order_of().request]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("data", [{}, [{}], [None], "x", {"equity": {"available_margin": "x"}}])
def test_an_answer_that_cannot_be_read_is_not_an_empty_portfolio(
    call: Callable[[UpstoxPortfolio], object], data: Any
) -> None:
    with pytest.raises(e.Unavailable):
        call(UpstoxPortfolio(Told(data).rest, KEYS))


# --- the sandbox --------------------------------------------------------------------------------


@dataclass
class Desk:
    """The adapter's parts at a fresh sandbox."""

    running: Running
    rest: Rest
    keys: Keys

    @property
    def now(self) -> datetime:
        return self.running.sandbox.exchange.now()

    def instrument(self, name: str) -> Instrument:
        return self.running.sandbox.exchange.instrument(name)


@pytest.fixture
def desk(fresh: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The exchange's clock stands: what is compared is of one moment."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    rest, clock = rest_of(fresh), fresh.sandbox.exchange.clock
    clock.run(0)
    try:
        yield Desk(fresh, rest, Keys(fresh.sandbox.exchange.instruments.all))
    finally:
        clock.reset()


def test_prices_of_the_sandbox_are_its_own(desk: Desk) -> None:
    wanted = [desk.instrument("NSE:INFY"), desk.instrument("NSE:NIFTY 50")]
    quotes = UpstoxQuotes(desk.rest, desk.keys, desk.running.sandbox.exchange.clock)
    assert quotes.last_prices(wanted)["NSE:INFY"] == 150
    found = quotes.quotes(wanted)["NSE:INFY"]
    true = desk.running.sandbox.exchange.tick("NSE:INFY")
    assert true is not None
    assert true.depth is not None
    assert (found.last_price, found.close, found.bid) == (Decimal(150), true.close, true.bid)
    assert found.depth is not None
    assert [one.price for one in found.depth.buy] == [one.price for one in true.depth.buy]


@pytest.mark.parametrize("interval", [Interval.MINUTE_15, Interval.MINUTE_60, Interval.DAY])
def test_candles_of_the_sandbox_are_its_own(desk: Desk, interval: Interval) -> None:
    start, end = desk.now - timedelta(days=100), desk.now
    found = candles(desk.rest, INFY, interval, start, end, now=desk.now)
    true = desk.running.sandbox.exchange.candles("NSE:INFY", interval, start, end)
    shown = [(one.start, one.open, one.close, one.volume) for one in found[:-2]]
    assert len(found) > 50
    assert shown == [
        (one.start, one.open, one.close, one.volume) for one in true if one.start <= shown[-1][0]
    ]


def test_the_portfolio_of_the_sandbox_is_its_own(desk: Desk) -> None:
    orders = UpstoxOrders(desk.rest, desk.running.sandbox.exchange.clock, desk.keys)
    orders.submit(market(product=Product.MIS))
    portfolio = UpstoxPortfolio(desk.rest, desk.keys)
    exchange = desk.running.sandbox.exchange
    held = {one.tradingsymbol: one for one in portfolio.holdings()}
    true = {one.instrument.tradingsymbol: one for one in exchange.holdings(KEY)}
    assert {name: one.total_quantity for name, one in held.items()} == {
        name: one.total_quantity for name, one in true.items()
    }
    assert held["INFY"].average_price == true["INFY"].average_price
    net, day = portfolio.positions()
    (row,) = exchange.positions(KEY).net
    assert (net.tradingsymbol, net.product, net.quantity) == ("INFY", Product.MIS, 5)
    assert (net.pnl, day.pnl) == (row.pnl, row.pnl)
    (money,) = portfolio.margins()
    funds = exchange.funds(KEY)
    assert money.available_margin * 100 == funds.available_paise
    assert money.used_margin * 100 == funds.utilised_paise
    assert portfolio.profile().user_id == "SB0001"
    request = limit(side=Side.BUY, order_type=OrderType.LIMIT).request
    assert portfolio.margin_of([request]).final_paise == 5 * 14500
