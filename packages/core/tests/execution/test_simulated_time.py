"""The paper market over time: freshness, hours, changes, restarts (docs/paper-venue.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType, Validity

S = OrderStatus
LIMIT = {"order_type": "LIMIT", "price": 1450}
SL_M = {"order_type": "SL-M", "trigger_price": 1460}
SL = {"order_type": "SL", "trigger_price": 1460, "price": 1461}


Market = Any  # the fixture of conftest
Ticks = Callable[..., Tick]
Orders = Callable[..., Order]


def outcome(order: Order) -> tuple[OrderStatus, int, Decimal]:
    return order.status, order.filled_quantity, order.average_price


# --- freshness ------------------------------------------------------------------------------------


def test_a_stale_tick_fills_nothing(
    market: Market, placed: Orders, tick: Ticks, later: Callable[[float], datetime]
) -> None:
    order = market.place(placed(), tick(1450, bid=1449, ask=1451), later(6))
    assert (order.status, order.filled_quantity) == (S.OPEN, 0)
    order = market.move(tick(1450, bid=1449, ask=1451, after=7), now=later(13))
    assert order.filled_quantity == 0
    order = market.move(tick(1450, bid=1449, ask=1450.5, after=14), now=later(14))
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1450.5"))


def test_an_order_without_a_tick_meets_the_first_fresh_one_as_if_it_had_just_come(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**LIMIT), None, noon)
    assert order.status is S.OPEN
    order = market.move(tick(1440, bid=1439, ask=1441, after=1))
    assert order.average_price == 1441, "not its limit of 1450"


@pytest.mark.parametrize("last", ["0", "-5", "NaN", "Infinity", "1600", "1300"])
def test_an_impossible_price_fills_nothing(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, last: str
) -> None:
    limits = {"lower_circuit": 1305, "upper_circuit": 1595}
    market.place(placed(**SL_M), tick(1450, bid=1449, ask=1451, **limits), noon)
    order = market.move(tick(last, bid=1449, ask=1451, after=1, **limits))
    assert order.status is S.TRIGGER_PENDING


def test_an_older_tick_changes_nothing(
    market: Market, placed: Orders, tick: Ticks, later: Callable[[float], datetime]
) -> None:
    market.place(placed(**LIMIT), tick(1452, bid=1451, ask=1453, after=3), later(3))
    assert market.move(tick(1440, bid=1439, ask=1441, after=2), now=later(3)).status is S.OPEN


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_that_is_set_changes_what_is_new_by_no_tick(
    market: Market, placed: Orders, tick: Ticks, later: Callable[[float], datetime], minutes: int
) -> None:
    """The order of the feed counts; a tick of a time far away, before or after, fills nothing."""
    away = minutes * 60
    market.place(placed(**LIMIT), tick(1452, bid=1451, ask=1453, after=0, seq=1), later(0))
    late = market.place(placed("1002"), None, later(away))
    assert (late.status, late.filled_quantity) == (S.OPEN, 0)
    order = market.move(tick(1440, bid=1439, ask=1441, after=away, seq=2), now=later(away))
    assert order.status is S.COMPLETE
    old = tick(1430, bid=1429, ask=1431, after=away + 1, seq=1)
    market.place(placed("1003", **(LIMIT | {"price": 1435})), None, later(away))
    market.move(old, now=later(away + 1))
    assert market.orders["1003"].status is S.OPEN


# --- validity and hours ---------------------------------------------------------------------------


def test_immediate_or_cancel_takes_what_is_there(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """KO-04."""
    now = tick(1450, bid=1449, ask=1450, ask_quantity=4)
    order = strict.place(placed(validity="IOC", **LIMIT), now, noon)
    assert (order.status, order.filled_quantity, order.cancelled_quantity) == (S.CANCELLED, 4, 6)
    order = strict.place(placed("1002", validity="IOC", **LIMIT), None, noon)
    assert (order.status, order.filled_quantity) == (S.CANCELLED, 0)


def test_a_time_to_live_ends_to_the_second(
    market: Market, placed: Orders, tick: Ticks, later: Callable[[float], datetime], noon: datetime
) -> None:
    """KO-04."""
    order = placed(validity="TTL", validity_ttl=2, **LIMIT)
    market.place(order, tick(1452, bid=1451, ask=1453), noon)
    assert market.venue.expire(later(119)) == ()
    market.hear(market.venue.expire(later(120)), later(120))
    assert market.orders["1001"].status is S.CANCELLED
    assert market.orders["1001"].status_message == "its time to live is over"


def test_a_longer_time_to_live_replaces_the_first(
    market: Market, placed: Orders, later: Callable[[float], datetime], noon: datetime
) -> None:
    market.place(placed(validity="TTL", validity_ttl=2, **LIMIT), None, noon)
    market.venue.modify("1001", 1, Change(validity_ttl=5), later(60))
    assert market.venue.expire(later(359)) == ()
    assert len(market.venue.expire(later(360))) == 1


def test_the_day_ends_for_everything_but_after_market_orders(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    market.place(placed("1", **LIMIT), tick(1452, bid=1451, ask=1453), noon)
    market.place(placed("2", variety="amo", **LIMIT), None, noon)
    assert market.venue.close_session(noon, lambda one: one.exchange == "NFO") == ()
    market.hear(market.venue.close_session(noon, lambda one: one.exchange == "NSE"), noon)
    assert [o.status for o in market.orders.values()] == [S.CANCELLED, S.AMO_REQUESTED]
    assert market.move(tick(1440, bid=1439, ask=1441, after=1)).status is S.CANCELLED
    assert market.orders["2"].status is S.AMO_REQUESTED, "no tick reaches it before the open"
    market.hear(market.venue.open_session(later(2)), later(2))
    assert outcome(market.orders["2"]) == (S.COMPLETE, 10, Decimal(1441))


@pytest.mark.parametrize(("age_s", "status"), [(1, S.COMPLETE), (6, S.CANCELLED)])
def test_an_immediate_after_market_order_meets_the_tick_of_the_open(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime],
    age_s: float, status: OrderStatus,
) -> None:  # fmt: skip
    """Brokers take them, and send them when trading begins: what is not there then is not had."""
    market.place(placed(variety="amo", validity="IOC", **LIMIT), None, noon)
    assert market.move(tick(1440, bid=1439, ask=1441, after=1)).status is S.AMO_REQUESTED
    market.hear(market.venue.open_session(later(1 + age_s)), later(1 + age_s))
    assert market.orders["1001"].status is status


def test_an_after_market_order_can_be_changed_and_taken_back(
    market: Market, placed: Orders, noon: datetime
) -> None:
    """KO-02, KP-03."""
    market.place(placed(variety="amo", **LIMIT), None, noon)
    market.hear(market.venue.modify("1001", 1, Change(price=Decimal(1449)), noon), noon)
    assert market.orders["1001"].request.price == 1449
    assert market.orders["1001"].status is S.AMO_REQUESTED
    market.hear(market.venue.cancel("1001", 2, noon), noon)
    assert market.orders["1001"].status is S.CANCELLED_AMO


# --- changes, icebergs, restarts ------------------------------------------------------------------


def test_less_quantity_keeps_the_place_anything_else_loses_it(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    far = tick(1460, bid=1459, ask=1461)
    for order_id in ("1", "2", "3"):
        strict.place(placed(order_id, **LIMIT), far, noon)
    strict.hear(strict.venue.modify("1", 1, Change(quantity=8), noon), noon)
    strict.hear(strict.venue.modify("2", 1, Change(quantity=12), noon), noon)
    strict.move(tick(1450, bid=1449, ask=1450, ask_quantity=20, after=1))
    filled = {name: order.filled_quantity for name, order in strict.orders.items()}
    assert filled == {"1": 8, "2": 2, "3": 10}


def test_a_change_below_what_is_filled_or_of_a_gone_order_is_refused(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1450, bid=1449, ask=1450, ask_quantity=4)
    strict.place(placed(**LIMIT), now, noon)
    (refused,) = strict.venue.modify("1001", 1, Change(quantity=4), noon)
    assert (refused.refused, refused.answers) == (True, 1)
    assert refused.message == "quantity must be above the 4 that are filled"
    (unknown,) = strict.venue.cancel("9", 1, noon)
    assert unknown.refused


def test_an_iceberg_shows_one_leg_at_a_time(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """KO-02."""
    now = tick(1450, bid=1449, ask=1450)
    order = market.place(placed(variety="iceberg", iceberg_legs=4, **LIMIT), now, noon)
    assert order.filled_quantity == 3
    filled = [
        market.move(tick(1450, bid=1449, ask=1450, after=second)).filled_quantity
        for second in (1, 2, 3)
    ]
    assert filled == [6, 9, 10]


def test_a_leg_that_follows_another_pays_what_is_offered(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """It comes to the market anew; one that found nothing there rests, and is met at its limit."""
    fields = LIMIT | {"quantity": 12, "price": 1455}
    now = tick(1450, bid=1449, ask=1450)
    market.place(placed(variety="iceberg", iceberg_legs=4, **fields), now, noon)
    market.move(tick(1450, bid=1449, ask=1451, after=1))
    market.move(tick(1458, bid=1457, ask=1459, after=2))
    market.move(tick(1454, bid=1453, ask=1454, after=3))
    order = market.move(tick(1454, bid=1453, ask=1454, after=4))
    assert [fill.price for fill in order.fills] == [1450, 1451, 1455, 1454]


def test_a_venue_that_holds_an_order_does_not_take_it_twice(
    market: Market, placed: Orders, tick: Ticks, infy: Instrument, noon: datetime
) -> None:
    order = placed(**LIMIT)
    market.place(order, tick(1452, bid=1451, ask=1453), noon)
    assert market.venue.submit(order, infy, None, noon) == ()
    assert len(market.venue) == 1


def test_a_restored_venue_goes_on_where_it_was(
    strict: Market, placed: Orders, tick: Ticks, infy: Instrument, noon: datetime
) -> None:
    start = tick(1452, bid=1451, ask=1453)
    strict.place(placed("1", **LIMIT), start, noon)
    strict.place(placed("2", **SL), start, noon)
    strict.place(placed("3", variety="amo", **LIMIT), start, noon)
    strict.place(placed("4", validity="TTL", validity_ttl=1, **LIMIT), start, noon)
    strict.move(tick(1450, bid=1449, ask=1450, ask_quantity=4, after=1))
    never_sent = placed("5", **LIMIT)

    reborn = strict.restarted(strict.now, never_sent)
    assert len(reborn.venue) == 4
    assert "5" not in reborn.venue
    assert reborn.venue.instruments == {infy.id}
    for second, last in enumerate((1451, 1450, 1461, 1470, 1461), 2):
        for market in (strict, reborn):
            market.move(tick(last, bid=last - 1, ask=last, ask_quantity=7, after=second))
    for market in (strict, reborn):
        market.hear(market.venue.expire(noon + timedelta(minutes=1)), noon)
        market.hear(market.venue.close_session(noon + timedelta(hours=4)), noon)
    figures = [(o.status, o.fills) for o in strict.orders.values()]
    assert [(o.status, o.fills) for o in reborn.orders.values()] == figures
    assert len({fill.trade_id for o in reborn.orders.values() for fill in o.fills}) == sum(
        len(o.fills) for o in reborn.orders.values()
    )


def test_after_a_restart_an_order_that_met_no_tick_pays_the_offer(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    market.place(placed("1", variety="amo", order_type="LIMIT", price=1560), None, noon)
    market.place(placed("2", variety="amo", market_protection=4), None, noon)
    market.place(placed("3", order_type="LIMIT", price=1560), None, noon)
    market = market.restarted(later(1))
    market.hear(market.venue.open_session(later(1)), later(1))
    market.move(tick(1500, bid=1499.95, ask=1500.05, after=2))
    for order in market.orders.values():
        assert outcome(order) == (S.COMPLETE, 10, Decimal("1500.05"))


def test_after_a_restart_the_next_leg_pays_the_offer(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    fields = LIMIT | {"quantity": 12, "price": 1455}
    start = tick(1450, bid=1449, ask=1450)
    market.place(placed(variety="iceberg", iceberg_legs=3, **fields), start, noon)
    for second, ask in ((1, 1451), (2, 1452)):
        market = market.restarted(later(second))
        order = market.move(tick(1450, bid=1449, ask=ask, after=second))
    assert [fill.price for fill in order.fills] == [1450, 1451, 1452]


def test_a_leg_that_is_filled_in_part_keeps_its_place(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    far = tick(1460, bid=1459, ask=1461)
    iceberg = LIMIT | {"variety": "iceberg", "iceberg_legs": 2, "quantity": 20}
    strict.place(placed("1", **iceberg), far, noon)
    strict.place(placed("2", **LIMIT), far, noon)
    for second in (1, 2):
        strict.move(tick(1450, bid=1449, ask=1450, ask_quantity=5, after=second))
    assert [order.filled_quantity for order in strict.orders.values()] == [10, 0]


def test_after_a_restart_a_market_order_that_waits_for_a_price_takes_the_first(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    market.place(placed(market_protection=4), None, noon)
    market = market.restarted(later(1))
    order = market.move(tick(1500, bid=1499.95, ask=1500.05, after=1))
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1500.05"))


def test_an_after_market_order_waits_for_the_open_that_follows_it(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    """Whatever is restarted, and however often the session of now is opened."""
    tomorrow = later(86_400)
    market = type(market)(market.instrument, next_open=lambda _one, _placed_at: tomorrow)
    market.place(placed(variety="amo"), tick(1500, bid=1499, ask=1501), noon)
    for second in (1, 2):
        market = market.restarted(later(second))
        market.hear(market.venue.open_session(later(second)), later(second))
        assert market.orders["1001"].status is S.AMO_REQUESTED
    market.hear(market.venue.open_session(tomorrow), tomorrow)
    assert market.orders["1001"].status is S.OPEN


def test_an_after_market_order_without_a_stored_state_waits_for_the_same_open(
    market: Market, placed: Orders, noon: datetime, later: Callable[[float], datetime]
) -> None:
    tomorrow = later(86_400)
    market = type(market)(market.instrument, next_open=lambda _one, _placed_at: tomorrow)
    market.place(placed(variety="amo"), None, noon)
    market.states.clear()
    market = market.restarted(later(1))
    assert market.venue.open_session(later(1)) == ()
    market.store()
    assert market.states["1001"].opens_at == tomorrow


def test_an_after_market_order_that_is_changed_to_a_stop_still_waits(
    market: Market, placed: Orders, noon: datetime, later: Callable[[float], datetime]
) -> None:
    market.place(placed(variety="amo", **LIMIT), None, noon)
    change = Change(order_type=OrderType.SL, trigger_price=Decimal(1449))
    market.hear(market.venue.modify("1001", 1, change, noon), noon)
    market = market.restarted(later(1))
    assert market.orders["1001"].venue_status is S.AMO_REQUESTED
    assert market.venue.close_session(later(2)) == ()
    market.hear(market.venue.open_session(later(3)), later(3))
    assert market.orders["1001"].status is S.TRIGGER_PENDING


def test_the_minutes_of_an_after_market_order_begin_at_the_open(
    market: Market, placed: Orders, noon: datetime, later: Callable[[float], datetime]
) -> None:
    market.place(placed(variety="amo", **LIMIT), None, noon)
    change = Change(validity=Validity.TTL, validity_ttl=2)
    market.hear(market.venue.modify("1001", 1, change, noon), noon)
    assert market.venue.expire(later(3600)) == ()
    market.hear(market.venue.open_session(later(3600)), later(3600))
    market = market.restarted(later(3601))
    assert market.venue.expire(later(3719)) == ()
    market.hear(market.venue.expire(later(3720)), later(3720))
    assert market.orders["1001"].status is S.CANCELLED


def test_a_time_to_live_that_was_changed_ends_at_its_minute_after_a_restart(
    market: Market, placed: Orders, noon: datetime, later: Callable[[float], datetime]
) -> None:
    market.place(placed(validity="TTL", validity_ttl=60, **LIMIT), None, noon)
    market.hear(market.venue.modify("1001", 1, Change(validity_ttl=5), later(1200)), later(1200))
    market = market.restarted(later(1300))
    assert market.venue.expire(later(1499)) == ()
    (ended,) = market.venue.expire(later(1500))
    assert ended.status is S.CANCELLED


def test_a_clock_that_is_set_back_makes_no_restored_order_deaf(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, later: Callable[[float], datetime]
) -> None:
    """The feed of a new process counts its ticks anew, and the clock was ahead."""
    market.place(placed(**LIMIT), tick(1452, bid=1451, ask=1453, seq=9), noon)
    market = market.restarted(later(-600))
    order = market.move(tick(1449, bid=1448, ask=1449, after=-600, seq=1), now=later(-600))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1450))


def test_what_is_dropped_is_restored_as_it_was(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    market.place(placed(**LIMIT), tick(1452, bid=1451, ask=1453), noon)
    stored = dict(market.states)
    market.venue.drop("1001")
    market.store()
    assert "1001" not in market.venue
    assert market.states == stored
    market = market.restarted(noon)
    assert market.move(tick(1449, bid=1448, ask=1449, after=1)).average_price == 1450


def test_a_thousand_resting_orders_elsewhere_in_the_book_are_not_looked_at(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """Counted, not timed: a tick matches only the orders whose price it reaches."""
    for number in range(1000):
        price = 1000 + number * 0.05
        order = placed(f"r{number}", order_type="LIMIT", price=round(price, 2))
        market.place(order, tick(1450, bid=1449, ask=1451), noon)
    reports = market.venue.on_tick(tick(1049.95, bid=1049.5, ask=1049.95, after=1), noon)
    assert [report.order_id for report in reports] == ["r999"]
    assert len(market.venue) == 999
