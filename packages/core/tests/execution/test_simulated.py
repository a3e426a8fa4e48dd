"""The paper market, rule by rule of docs/paper-venue.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.execution import engine
from tradertape_core.execution.matching import PaperRules
from tradertape_core.execution.simulated import SimulatedVenue
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Depth, DepthLevel, Tick
from tradertape_core.orders.order import Change, Order, OrderStatus, OrderType
from tradertape_core.orders.reports import ExecutionReport
from tradertape_core.orders.transitions import evolve

S = OrderStatus
LIMIT = {"order_type": "LIMIT", "price": 1450}
SL_M = {"order_type": "SL-M", "trigger_price": 1460}
SL = {"order_type": "SL", "trigger_price": 1460, "price": 1461}
SELL = {"transaction_type": "SELL"}


class Market:
    """The paper venue, and our side of its orders."""

    def __init__(self, instrument: Instrument, rules: PaperRules | None = None) -> None:
        self.venue = SimulatedVenue(rules)
        self.instrument = instrument
        self.orders: dict[str, Order] = {}

    def place(self, order: Order, tick: Tick | None, now: datetime) -> Order:
        self.orders[order.order_id] = order
        self.hear(self.venue.submit(order, self.instrument, tick, now), now)
        return self.orders[order.order_id]

    def move(self, tick: Tick, now: datetime | None = None) -> Order:
        moment = now or tick.at
        self.hear(self.venue.on_tick(tick, moment), moment)
        return next(iter(self.orders.values()))

    def hear(self, reports: Iterable[ExecutionReport], now: datetime) -> None:
        for report in reports:
            for event in engine.apply(report, self.orders[report.order_id], now):
                self.orders[event.order_id] = evolve(self.orders[event.order_id], event)


@pytest.fixture
def market(infy: Instrument) -> Market:
    return Market(infy)


@pytest.fixture
def strict(infy: Instrument) -> Market:
    """A market that fills no more than it shows, and queues behind everybody."""
    return Market(infy, PaperRules(partial_fills=True, queue_share=Decimal(1)))


Ticks = Callable[..., Tick]
Orders = Callable[..., Order]


def outcome(order: Order) -> tuple[OrderStatus, int, Decimal]:
    return order.status, order.filled_quantity, order.average_price


# --- market orders --------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "price"), [("BUY", "1450.05"), ("SELL", "1449.95")])
def test_a_market_order_pays_the_other_side(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, side: str, price: str
) -> None:
    now = tick(1450, bid=1449.95, ask=1450.05)
    order = market.place(placed(transaction_type=side), now, noon)
    assert outcome(order) == (S.COMPLETE, 10, Decimal(price))
    assert order.request.order_type is OrderType.MARKET
    assert len(market.venue) == 0


def test_without_quotes_a_market_order_pays_the_last_price_and_slippage(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    # 1450 + 5 basis points is 1450.725, on the tick above for a purchase, below for a sale.
    order = market.place(placed(), tick(1450), noon)
    assert order.average_price == Decimal("1450.75")
    order = market.place(placed("1002", **SELL), tick(1450), noon)
    assert order.average_price == Decimal("1449.25")


def test_a_market_order_with_nobody_on_the_other_side_waits(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    at_the_circuit = tick(1595, bid=1595, lower_circuit=1305, upper_circuit=1595)
    order = market.place(placed(), at_the_circuit, noon)
    assert (order.status, order.filled_quantity) == (S.OPEN, 0)


def test_a_protected_market_order_rests_at_its_band(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    # The market is 2% away; the band for prices above 500 is 0.5%: 1457.25.
    order = market.place(placed(), tick(1450, bid=1440, ask=1479), noon)
    assert (order.status, order.request.order_type) == (S.OPEN, OrderType.LIMIT)
    assert order.request.price == Decimal("1457.25")
    order = market.move(tick(1452, bid=1450, ask=1457.25, after=1))
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1457.25"))


@pytest.mark.parametrize(("percent", "filled"), [(1, 0), (3, 10), (0, 10)])
def test_a_given_protection_is_the_band(
    market: Market, placed: Orders, tick: Ticks, noon: datetime, percent: int, filled: int
) -> None:
    now = tick(1450, bid=1440, ask=1479)
    assert market.place(placed(market_protection=percent), now, noon).filled_quantity == filled


def test_the_depth_is_walked_where_fills_are_partial(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    offers = tuple(DepthLevel(Decimal(p), q) for p, q in (("1450.05", 4), ("1450.10", 4)))
    deep = tick(1450, bid=1449.95, ask=1450.05, depth=Depth(sell=offers))
    order = strict.place(placed(), deep, noon)
    assert outcome(order) == (S.OPEN, 8, Decimal("1450.075"))
    other = strict.place(placed("1002"), deep, noon)
    assert other.filled_quantity == 0, "what was taken is not there twice"
    order = strict.move(tick(1450, bid=1449.95, ask=1450.05, ask_quantity=2, after=1))
    assert outcome(order)[:2] == (S.COMPLETE, 10)
    assert strict.orders["1002"].filled_quantity == 0


# --- limits ---------------------------------------------------------------------------------------


def test_a_limit_that_can_trade_at_once_pays_the_offer_not_its_limit(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**LIMIT), tick(1448, bid=1447.95, ask=1448.05), noon)
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1448.05"))


@pytest.mark.parametrize(
    ("last", "ask", "fills"),
    [(1450.05, 1450.05, False), (1450, 1450.05, True), (1450.05, 1450, True), (1449, 1449, True)],
)
def test_a_resting_limit_fills_at_its_price_when_the_market_touches_it(
    market: Market,
    placed: Orders,
    tick: Ticks,
    noon: datetime,
    last: float,
    ask: float,
    fills: bool,
) -> None:
    order = market.place(placed(**LIMIT), tick(1452, bid=1451.95, ask=1452.05), noon)
    assert order.status is S.OPEN
    order = market.move(tick(last, bid=1448, ask=ask, after=1))
    expected = (S.COMPLETE, 10, Decimal(1450)) if fills else (S.OPEN, 0, 0)
    assert outcome(order) == expected


def test_a_price_that_was_before_the_order_does_not_fill_it(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    """The last trade was at 1449, but the market stands higher: nobody sells at 1450."""
    order = market.place(placed(**LIMIT), tick(1449, bid=1451, ask=1452, volume=500), noon)
    assert order.status is S.OPEN
    order = market.move(tick(1449, bid=1451, ask=1452, volume=500, after=1))
    assert order.status is S.OPEN


def test_behind_the_queue_trades_at_the_price_fill_only_what_is_left_of_them(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1450.1, bid=1450, ask=1450.2, bid_quantity=100, volume=1000)
    assert strict.place(placed(**LIMIT), now, noon).status is S.OPEN
    order = strict.move(tick(1450, bid=1450, ask=1450.2, volume=1060, after=1))
    assert order.filled_quantity == 0
    order = strict.move(tick(1450, bid=1450, ask=1450.2, volume=1104, after=2))
    assert order.filled_quantity == 4
    order = strict.move(tick(1449.95, bid=1449.9, ask=1450.2, volume=1105, after=3))
    assert order.filled_quantity == 5, "a trade through the price fills what was traded"
    order = strict.move(tick(1450, bid=1450, ask=1450.2, volume=1200, after=4))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1450))


def test_better_prices_go_first_then_earlier_orders(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    far = tick(1460, bid=1459, ask=1461)
    for order_id, price in (("1", 1449), ("2", 1450), ("3", 1450)):
        strict.place(placed(order_id, order_type="LIMIT", price=price), far, noon)
    strict.move(tick(1449, bid=1448, ask=1449, ask_quantity=15, after=1))
    filled = {name: order.filled_quantity for name, order in strict.orders.items()}
    assert filled == {"1": 0, "2": 10, "3": 5}


def test_prices_beyond_the_circuit_are_rejected(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1450, lower_circuit=1305, upper_circuit=1595)
    order = market.place(placed(order_type="LIMIT", price=1600), now, noon)
    assert order.status is S.REJECTED
    assert order.status_message == "1600 is outside the circuit limits 1305 to 1595"


# --- triggers -------------------------------------------------------------------------------------


def test_a_stop_waits_for_its_trigger_and_pays_the_market(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**SL_M), tick(1450, bid=1449, ask=1451), noon)
    assert order.status is S.TRIGGER_PENDING
    assert market.move(tick(1459.95, bid=1459, ask=1461, after=1)).status is S.TRIGGER_PENDING
    order = market.move(tick(1460, bid=1459.5, ask=1460.5, after=2))
    assert outcome(order) == (S.COMPLETE, 10, Decimal("1460.5"))


def test_a_stop_with_a_limit_rests_where_the_market_has_jumped_over_it(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    market.place(placed(**SL), tick(1450, bid=1449, ask=1451), noon)
    order = market.move(tick(1470, bid=1469, ask=1471, after=1))
    assert outcome(order) == (S.OPEN, 0, 0)
    order = market.move(tick(1461, bid=1460, ask=1462, after=2))
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1461))


def test_a_stop_beyond_the_price_triggers_at_once(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(
        placed(order_type="SL-M", trigger_price=1460, **SELL), tick(1450, bid=1449), noon
    )
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1449))


def test_a_new_trigger_is_waited_for(
    market: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    order = market.place(placed(**SL), tick(1450, bid=1449, ask=1451), noon)
    change = Change(trigger_price=Decimal(1440))
    market.hear(market.venue.modify("1001", 1, change, noon), noon)
    order = market.orders["1001"]
    assert order.request.trigger_price == 1440
    assert outcome(order) == (S.COMPLETE, 10, Decimal(1451)), "the price is past it already"


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


# --- validity and hours ---------------------------------------------------------------------------


def test_immediate_or_cancel_takes_what_is_there(
    strict: Market, placed: Orders, tick: Ticks, noon: datetime
) -> None:
    now = tick(1450, bid=1449, ask=1450, ask_quantity=4)
    order = strict.place(placed(validity="IOC", **LIMIT), now, noon)
    assert (order.status, order.filled_quantity, order.cancelled_quantity) == (S.CANCELLED, 4, 6)
    order = strict.place(placed("1002", validity="IOC", **LIMIT), None, noon)
    assert (order.status, order.filled_quantity) == (S.CANCELLED, 0)


def test_a_time_to_live_ends_to_the_second(
    market: Market, placed: Orders, tick: Ticks, later: Callable[[float], datetime], noon: datetime
) -> None:
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
    assert market.venue.close_session(noon, {"NFO"}) == ()
    market.hear(market.venue.close_session(noon, {"NSE"}), noon)
    assert [o.status for o in market.orders.values()] == [S.CANCELLED, S.AMO_REQUESTED]
    assert market.move(tick(1440, bid=1439, ask=1441, after=1)).status is S.CANCELLED
    assert market.orders["2"].status is S.AMO_REQUESTED, "no tick reaches it before the open"
    market.hear(market.venue.open_session(later(2)), later(2))
    assert outcome(market.orders["2"]) == (S.COMPLETE, 10, Decimal(1441))


def test_an_after_market_order_can_be_changed_and_taken_back(
    market: Market, placed: Orders, noon: datetime
) -> None:
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
    now = tick(1450, bid=1449, ask=1450)
    order = market.place(placed(variety="iceberg", iceberg_legs=4, **LIMIT), now, noon)
    assert order.filled_quantity == 3
    filled = [
        market.move(tick(1450, bid=1449, ask=1450, after=second)).filled_quantity
        for second in (1, 2, 3)
    ]
    assert filled == [6, 9, 10]


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

    reborn = Market(infy, strict.venue.rules)
    reborn.orders = dict(strict.orders)
    reborn.venue.restore([never_sent, *strict.orders.values()], {infy.id: infy})
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
