"""The exchange in NSE's hours: auctions, closes, square-off, after-market orders, expiry."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from packages.sandbox.tests.exchange.bench import KEY, SHARE, Bench, opened, request

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Interval
from tradertape_core.orders.order import OrderStatus, OrderType, Product, Variety
from tradertape_sandbox.exchange.errors import RefusalKind, Refused

S = OrderStatus


def at(clock: str, day: int = 23) -> datetime:
    """A time in India of November 2026; the 23rd is a Monday, the 24th a holiday."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=IST)


def at_exchange(clock: str, day: int = 23) -> Bench:
    bench = opened(always_open=False, at=at(clock, day))
    bench.exchange.advance()
    return bench


def go(bench: Bench, clock: str, day: int = 23) -> None:
    """Move the clock to a time, and let it take effect."""
    bench.clock.at = at(clock, day)
    bench.exchange.advance()


def status(bench: Bench, order_id: str) -> OrderStatus:
    return bench.exchange.history(KEY, order_id)[-1].status


@pytest.mark.parametrize(("clock", "day"), [("08:00", 23), ("18:00", 23), ("12:00", 24)])
def test_while_the_market_is_closed_only_after_market_orders_are_taken(
    clock: str, day: int
) -> None:
    bench = at_exchange(clock, day)

    with pytest.raises(Refused) as refusal:
        bench.place()

    assert refusal.value.kind is RefusalKind.CLOSED
    assert bench.place(variety=Variety.AMO).status is S.AMO_REQUESTED


def test_an_after_market_order_goes_out_at_the_next_sessions_open() -> None:
    bench = at_exchange("18:00")
    order = bench.place(variety=Variety.AMO)

    go(bench, "12:00", 24)  # a holiday
    assert status(bench, order.order_id) is S.AMO_REQUESTED
    go(bench, "09:16", 25)

    assert status(bench, order.order_id) is S.COMPLETE
    history = [one.status for one in bench.exchange.history(KEY, order.order_id)]
    assert history[0] is S.AMO_REQUESTED
    assert S.PUT_REQUESTED in history


def test_an_after_market_order_can_be_cancelled_while_it_waits() -> None:
    bench = at_exchange("18:00")
    order = bench.place(variety=Variety.AMO)

    assert bench.exchange.cancel(KEY, order.order_id).status is S.CANCELLED_AMO


def test_the_pre_open_fills_at_the_sessions_opening_price() -> None:
    bench = at_exchange("09:02")
    order = bench.place()
    assert order.status is S.OPEN

    go(bench, "09:11")
    filled = bench.exchange.order(KEY, order.order_id)
    go(bench, "09:16")
    tick = bench.exchange.tick(SHARE)

    assert tick is not None
    assert (filled.status, filled.average_price) == (S.COMPLETE, tick.open)


@pytest.mark.parametrize("clock", ["15:31", "18:00"])
def test_the_closing_auction_fills_once_at_its_price_and_ends_the_rest(clock: str) -> None:
    bench = at_exchange("15:21")
    tick = bench.exchange.tick(SHARE)
    assert tick is not None
    far = tick.last_price - 20
    taken = bench.place()
    left = bench.place(order_type=OrderType.LIMIT, price=far)
    assert taken.status is S.OPEN

    go(bench, clock)

    assert status(bench, taken.order_id) is S.COMPLETE
    assert status(bench, left.order_id) is S.CANCELLED


def test_a_stop_does_not_stay_for_the_closing_auction() -> None:
    bench = at_exchange("12:00")
    tick = bench.exchange.tick(SHARE)
    assert tick is not None
    assert tick.upper_circuit is not None
    trigger = tick.upper_circuit - 1
    order = bench.place(
        order_type=OrderType.SL_M, trigger_price=trigger, market_protection=Decimal(-1)
    )

    go(bench, "15:16")

    assert status(bench, order.order_id) is S.CANCELLED


def test_day_orders_end_with_the_session() -> None:
    bench = at_exchange("12:00")
    index_future = next(
        one
        for one in bench.exchange.instruments.derivatives("NIFTY")
        if one.instrument_type == "FUT" and one.expiry and one.expiry.month == 12
    )
    tick = bench.exchange.tick(index_future.id)
    assert tick is not None
    terms = request(
        exchange="NFO", tradingsymbol=index_future.tradingsymbol, product=Product.NRML,
        quantity=index_future.lot_size, order_type=OrderType.LIMIT, price=tick.last_price - 2000,
    )  # fmt: skip
    order = bench.exchange.place(KEY, terms).order

    go(bench, "15:35")
    assert status(bench, order.order_id) is S.OPEN
    go(bench, "15:41")
    assert status(bench, order.order_id) is S.CANCELLED


def test_intraday_positions_are_squared_off_and_none_can_be_opened_after() -> None:
    bench = at_exchange("12:00")
    bench.place(product=Product.MIS, quantity=50)
    tick = bench.exchange.tick(SHARE)
    assert tick is not None
    resting = bench.place(
        product=Product.MIS, order_type=OrderType.LIMIT, price=tick.last_price - 20
    )

    go(bench, "15:04")
    assert bench.exchange.account(KEY).position(SHARE, Product.MIS).quantity == 50
    go(bench, "15:05")

    assert bench.exchange.account(KEY).position(SHARE, Product.MIS).quantity == 0
    assert status(bench, resting.order_id) is S.CANCELLED
    with pytest.raises(Refused, match="closed from 15:05 on: use CNC"):
        bench.place(product=Product.MIS)


@pytest.mark.parametrize(("clock", "day"), [("15:41", 23), ("10:00", 25)])
def test_a_clock_that_jumps_past_the_square_off_carries_no_intraday_position(
    clock: str, day: int
) -> None:
    bench = at_exchange("12:00")
    bench.place(product=Product.MIS, quantity=50)

    go(bench, clock, day)

    assert not bench.exchange.account(KEY).position(SHARE, Product.MIS).is_open


def test_bought_shares_settle_over_a_holiday_on_the_next_trading_day() -> None:
    bench = at_exchange("12:00")
    bench.place(quantity=30)

    go(bench, "12:00", 25)  # the 24th is a holiday
    assert [(one.quantity, one.t1_quantity) for one in bench.exchange.holdings(KEY)] == [(100, 30)]
    go(bench, "12:00", 26)
    assert [(one.quantity, one.t1_quantity) for one in bench.exchange.holdings(KEY)] == [(130, 0)]


def test_a_contract_is_settled_in_cash_at_its_underlyings_close() -> None:
    bench = at_exchange("12:00")
    future = next(
        one
        for one in bench.exchange.instruments.derivatives("NIFTY")
        if one.instrument_type == "FUT" and one.expiry == at("12:00").date()
    )
    terms = request(
        exchange="NFO", tradingsymbol=future.tradingsymbol, product=Product.NRML,
        quantity=future.lot_size,
    )  # fmt: skip
    bought = bench.exchange.place(KEY, terms).order
    cash = bench.exchange.funds(KEY).cash_paise

    go(bench, "12:00", 25)

    start = at("00:00")
    close = bench.exchange.candles(
        "NSE:NIFTY 50", Interval.DAY, start, start + timedelta(hours=23)
    )[0].close  # fmt: skip
    gain = (close - bought.average_price) * future.lot_size * 100
    assert bench.exchange.positions(KEY).net == ()
    assert abs(bench.exchange.funds(KEY).cash_paise - cash - gain) < 1


def test_a_clock_that_is_set_back_begins_its_day_anew() -> None:
    bench = at_exchange("12:00")
    bench.place(product=Product.MIS, quantity=10)
    go(bench, "15:31")
    assert bench.exchange.account(KEY).position(SHARE, Product.MIS).quantity == 0

    go(bench, "12:00", 19)

    assert bench.place(product=Product.MIS, quantity=10).status is S.COMPLETE
    assert bench.exchange.account(KEY).day == at("12:00", 19).date()
    go(bench, "15:05", 19)
    assert bench.exchange.account(KEY).position(SHARE, Product.MIS).quantity == 0


def test_an_old_price_is_shown_while_the_market_is_closed() -> None:
    bench = at_exchange("18:00")
    future = bench.exchange.instruments.derivatives("SBIN")[1]

    share, contract = bench.exchange.tick(SHARE), bench.exchange.tick(future.id)

    assert share is not None
    assert contract is not None
    assert (share.at.hour, share.at.minute) == (15, 29)
    assert (contract.at.hour, contract.at.minute) == (15, 39)
    assert bench.exchange.tick(SHARE) == share
