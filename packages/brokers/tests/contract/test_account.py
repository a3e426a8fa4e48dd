"""Signing in, what an account holds, prices and triggers: the same of every adapter."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from packages.brokers.tests.contract.desk import Desk

from tradertape_brokers import errors as e
from tradertape_brokers.portfolio import Conversion, PositionKind
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.orders.gtt import GttRequest, GttStatus, GttType
from tradertape_core.orders.order import OrderRequest, OrderType, Product, Side
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

INFY, NIFTY = "NSE:INFY", "NSE:NIFTY 50"


# --- sessions -----------------------------------------------------------------------------------


def test_a_session_is_opened_checked_and_ended(desk: Desk) -> None:
    door, session = desk.broker.session(desk.hosts), desk.signed_in()
    assert session.user_id == "SB0001"
    left = session.expires_at - desk.clock.now()
    assert timedelta() < left <= timedelta(days=1)
    assert door.check(session).user_id == "SB0001"
    door.invalidate(session)
    if desk.name != "groww":  # has no call that ends a session
        with pytest.raises(e.SessionExpired):
            door.check(session)
    desk.running.sandbox.sessions[desk.name].close_all()
    with pytest.raises(e.SessionExpired):
        door.check(session)
    door.invalidate(session)  # over already: no error


def test_a_wrong_secret_opens_nothing(desk: Desk) -> None:
    with pytest.raises(e.Refused) as refused:
        desk.signed_in("another-secret")
    assert "another-secret" not in str(refused.value)


# --- portfolio ----------------------------------------------------------------------------------


def test_holdings_are_those_of_the_exchange(desk: Desk) -> None:
    portfolio = desk.connection.portfolio
    assert portfolio is not None
    owned = {
        one.instrument.id: one for one in desk.exchange.holdings(AccountKey(desk.name, "SB0001"))
    }
    found = {f"{one.exchange}:{one.tradingsymbol}": one for one in portfolio.holdings()}
    assert found.keys() == owned.keys() != set()
    for name, one in found.items():
        assert (one.broker, one.product) == (desk.name, Product.CNC)
        assert (one.quantity, one.isin) == (owned[name].quantity, owned[name].instrument.isin)
        assert abs(one.average_price - owned[name].average_price) < Decimal("0.01")


def test_positions_and_funds_follow_an_order(desk: Desk) -> None:
    portfolio = desk.connection.portfolio
    assert portfolio is not None
    before = next(one for one in portfolio.margins() if one.segment == "equity")
    assert before.available_cash == 1_000_000
    desk.orders.submit(desk.market(product=Product.MIS))
    desk.orders.submit(desk.market(2, product=Product.MIS, side=Side.SELL, quantity=2))
    found = [one for one in portfolio.positions() if one.kind is PositionKind.NET]
    (one,) = found
    assert (one.exchange, one.tradingsymbol, one.product) == ("NSE", "INFY", Product.MIS)
    assert (one.quantity, one.buy_quantity, one.sell_quantity) == (3, 5, 2)
    fills = [fill for order in desk.account.orders.values() for fill in order.trades]
    bought = sum(fill.price * fill.quantity for fill in fills if fill.side is Side.BUY)
    assert abs(one.buy_value - bought) < Decimal("0.05")
    after = next(one for one in portfolio.margins() if one.segment == "equity")
    assert after.available_margin < before.available_margin
    assert portfolio.profile().user_id == "SB0001"


def conversion(quantity: int = 3, **more: Any) -> Conversion:
    wanted: dict[str, Any] = {
        "exchange": "NSE", "tradingsymbol": "INFY", "side": Side.BUY, "quantity": quantity,
        "old_product": Product.MIS, "new_product": Product.CNC, **more,
    }  # fmt: skip
    return Conversion(**wanted)


def held_of(desk: Desk) -> dict[Product, int]:
    portfolio = desk.connection.portfolio
    assert portfolio is not None
    rows = [one for one in portfolio.positions() if one.kind is PositionKind.NET]
    return {one.product: one.quantity for one in rows if one.quantity}


def test_a_position_is_converted_where_the_broker_can(desk: Desk) -> None:
    port = desk.connection.conversions
    if desk.name == "groww":  # its interface has no conversion
        assert port is None
        return
    assert port is not None
    desk.orders.submit(desk.market(product=Product.MIS))
    port.convert(conversion())
    assert held_of(desk) == {Product.MIS: 2, Product.CNC: 3}
    port.convert(conversion(1, old_product=Product.CNC, new_product=Product.MIS))
    assert held_of(desk) == {Product.MIS: 3, Product.CNC: 2}
    for wrong in (conversion(4), conversion(old_product=Product.CNC, new_product=Product.CNC)):
        with pytest.raises(e.Refused):
            port.convert(wrong)
    assert held_of(desk) == {Product.MIS: 3, Product.CNC: 2}


@pytest.mark.parametrize("is_done", [True, False])
def test_a_conversion_without_an_answer_is_not_known_and_not_repeated(
    desk: Desk, *, is_done: bool
) -> None:
    port = desk.connection.conversions
    if port is None:
        pytest.skip("the broker converts nothing")
    desk.orders.submit(desk.market(product=Product.MIS))
    kind = FaultKind.DROP_AFTER if is_done else FaultKind.DROP_BEFORE
    desk.running.sandbox.faults.add(FaultPlan(kind=kind, broker=desk.name, count=1))
    with pytest.raises(e.OutcomeUnknown):
        port.convert(conversion())
    assert held_of(desk) == ({Product.MIS: 2, Product.CNC: 3} if is_done else {Product.MIS: 5})


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.EMPTY])
def test_a_spoiled_answer_is_not_an_empty_portfolio(desk: Desk, kind: FaultKind) -> None:
    portfolio = desk.connection.portfolio
    assert portfolio is not None
    desk.running.sandbox.faults.add(FaultPlan(kind=kind, broker=desk.name))
    for call in (portfolio.holdings, portfolio.positions, portfolio.margins):
        with pytest.raises(e.Unavailable):
            call()


# --- instruments and prices ---------------------------------------------------------------------


def terms(one: Instrument) -> tuple[object, ...]:
    if one.instrument_type is InstrumentType.INDEX:  # each broker has names of its own for them
        return (one.instrument_type,)
    return (one.id, one.exchange_token, one.lot_size, one.tick_size, one.expiry, one.strike,
            one.instrument_type)  # fmt: skip


def test_the_list_of_instruments_is_the_exchanges(desk: Desk) -> None:
    port = desk.connection.instruments
    assert port is not None
    served = desk.broker.capabilities.exchanges
    listed = Counter(terms(one) for one in desk.exchange.instruments.all if one.exchange in served)
    assert Counter(terms(one) for one in port.download()) == listed


def test_a_list_that_was_cut_short_is_unavailable(desk: Desk) -> None:
    port = desk.connection.instruments
    assert port is not None
    desk.running.sandbox.faults.add(FaultPlan(kind=FaultKind.HTML, broker=desk.name))
    with pytest.raises(e.Unavailable):
        port.download()


def test_quotes_are_the_markets_and_what_is_unknown_is_left_out(desk: Desk) -> None:
    port, instruments = desk.connection.quotes, desk.connection.instruments
    assert port is not None
    assert instruments is not None
    own = {one.id: one for one in instruments.download() if one.id in (INFY, NIFTY)}
    unknown = Instrument(
        exchange="NSE", tradingsymbol="NOSUCH", instrument_token=1, exchange_token=1
    )
    found = port.quotes([*own.values(), unknown])
    assert found.keys() == {INFY, NIFTY}
    tick = found[INFY]
    assert tick.last_price == 150
    assert tick.depth is not None
    assert tick.depth.buy[0].price <= tick.depth.sell[0].price


@pytest.mark.parametrize("interval", [Interval("minute"), Interval("day")])
def test_candles_are_in_order_and_without_doubles(desk: Desk, interval: Interval) -> None:
    port, instruments = desk.connection.quotes, desk.connection.instruments
    assert port is not None
    assert instruments is not None
    assert interval in desk.broker.capabilities.candle_days
    infy = next(one for one in instruments.download() if one.id == INFY)
    now = desk.clock.now()
    days = {"minute": 4, "day": 400}[interval.value]
    found = port.candles(infy, interval, now - timedelta(days=days), now)
    times = [one.start for one in found]
    assert len(times) > 100
    assert times == sorted(set(times))
    assert all(one.low <= min(one.open, one.close) <= one.high for one in found)


# --- triggers -----------------------------------------------------------------------------------


def exit_at(*triggers: str, quantity: int = 5) -> GttRequest:
    orders = tuple(
        OrderRequest(
            exchange="NSE", tradingsymbol="INFY", side=Side.SELL, product=Product.CNC,
            order_type=OrderType.LIMIT, quantity=quantity, price=Decimal(trigger),
        )
        for trigger in triggers
    )  # fmt: skip
    return GttRequest(
        type=GttType.TWO_LEG if len(triggers) == 2 else GttType.SINGLE, exchange="NSE",
        tradingsymbol="INFY", trigger_values=tuple(Decimal(one) for one in triggers),
        last_price=Decimal(150), orders=orders,
    )  # fmt: skip


def test_a_trigger_is_placed_changed_and_cancelled(desk: Desk) -> None:
    gtts = desk.connection.gtts
    assert gtts is not None
    assert desk.broker.capabilities.gtt_single
    trigger = gtts.place(exit_at("140.05"))
    found = next(one for one in gtts.list() if one.trigger_id == trigger)
    assert found.status is GttStatus.ACTIVE
    assert found.request.trigger_values == (Decimal("140.05"),)
    assert found.request.orders[0].side is Side.SELL
    gtts.modify(trigger, exit_at("139.95", quantity=3))
    found = next(one for one in gtts.list() if one.trigger_id == trigger)
    assert found.request.trigger_values == (Decimal("139.95"),)
    assert found.request.orders[0].quantity == 3
    gtts.cancel(trigger)
    left = [one for one in gtts.list() if one.status is GttStatus.ACTIVE]
    assert left == []


def test_two_legs_are_taken_where_the_capabilities_say_so(desk: Desk) -> None:
    gtts = desk.connection.gtts
    assert gtts is not None
    if not desk.broker.capabilities.gtt_two_leg:
        with pytest.raises(e.Refused):
            gtts.place(exit_at("140.05", "160.10"))
        return
    trigger = gtts.place(exit_at("140.05", "160.10"))
    found = next(one for one in gtts.list() if one.trigger_id == trigger)
    assert sorted(found.request.trigger_values) == [Decimal("140.05"), Decimal("160.1")]


def test_a_trigger_whose_answer_is_lost_is_in_the_list_once(desk: Desk) -> None:
    gtts = desk.connection.gtts
    assert gtts is not None
    plan = FaultPlan(kind=FaultKind.DROP_AFTER, broker=desk.name, endpoint=Endpoint.PLACE, count=1)
    desk.running.sandbox.faults.add(plan)
    with pytest.raises(e.OutcomeUnknown):
        gtts.place(exit_at("120.05"))
    waiting = [one for one in gtts.list() if one.status is GttStatus.ACTIVE]
    assert [one.request.trigger_values for one in waiting] == [(Decimal("120.05"),)]


def test_a_trigger_that_is_not_there_is_refused(desk: Desk) -> None:
    gtts = desk.connection.gtts
    assert gtts is not None
    with pytest.raises(e.Refused):
        gtts.cancel("999999999")
