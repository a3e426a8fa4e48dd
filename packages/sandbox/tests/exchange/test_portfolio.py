"""Holdings, positions and funds: what follows from trades and from days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from packages.sandbox.tests.exchange.bench import KEY, SHARE, Bench, request

from tradertape_core.orders.order import OrderType, Product, Side
from tradertape_sandbox.exchange.conversion import Conversion
from tradertape_sandbox.exchange.errors import RefusalKind, Refused

DAY_S = timedelta(days=1).total_seconds()


def test_bought_shares_are_a_position_then_t1_then_settled(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(quantity=30)
    today = bench.exchange.positions(KEY).net
    assert [(row.quantity, row.product) for row in today] == [(30, Product.CNC)]
    assert bench.exchange.holdings(KEY)[0].t1_quantity == 0

    bench.step(DAY_S)
    [holding] = bench.exchange.holdings(KEY)
    assert (holding.quantity, holding.t1_quantity) == (100, 30)
    assert bench.exchange.positions(KEY).net == ()

    bench.step(DAY_S)
    [holding] = bench.exchange.holdings(KEY)
    assert (holding.quantity, holding.t1_quantity) == (130, 0)


def test_sold_shares_are_used_today_and_gone_tomorrow(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(side=Side.SELL, quantity=40)

    [holding] = bench.exchange.holdings(KEY)
    assert (holding.quantity, holding.used_quantity, holding.opening_quantity) == (60, 40, 100)

    bench.step(DAY_S)
    [holding] = bench.exchange.holdings(KEY)
    assert (holding.quantity, holding.used_quantity, holding.opening_quantity) == (60, 0, 60)


def test_the_profit_of_a_position_is_sold_less_bought_and_what_is_left(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(product=Product.MIS, quantity=50)
    bench.price("310.00")
    bench.place(product=Product.MIS, side=Side.SELL, quantity=20)

    [row] = bench.exchange.positions(KEY).net
    flows = Decimal(row.sold.paise - row.bought.paise) / 100
    assert row.pnl == flows + 30 * row.last_price
    assert row.realised + row.unrealised == row.pnl


def test_intraday_positions_are_closed_at_the_days_end(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(product=Product.MIS, quantity=50)

    bench.step(DAY_S)

    account = bench.exchange.account(KEY)
    assert all(not one.is_open or one.key.product is Product.CNC
               for one in account.positions.values())  # fmt: skip


def test_a_future_is_carried_with_what_it_cost(bench: Bench) -> None:
    future = next(
        one
        for one in bench.exchange.instruments.derivatives("SBIN")
        if one.instrument_type == "FUT" and one.expiry and one.expiry.month == 12
    )
    terms = request(
        exchange="NFO", tradingsymbol=future.tradingsymbol, product=Product.NRML,
        quantity=future.lot_size,
    )  # fmt: skip
    bought = bench.exchange.place(KEY, terms).order

    bench.step(DAY_S)

    [row] = bench.exchange.positions(KEY).net
    assert row.overnight_quantity == row.quantity == future.lot_size
    assert row.bought.paise == bought.average_price * future.lot_size * 100
    assert row.day_bought.quantity == 0
    assert bench.exchange.positions(KEY).day == ()


def test_money_is_the_same_before_and_after_but_for_the_charges(bench: Bench) -> None:
    bench.price("300.00")
    start = bench.exchange.funds(KEY).cash_paise
    bench.place(product=Product.MIS, order_type=OrderType.LIMIT, price=Decimal("305"))
    bench.place(
        product=Product.MIS, side=Side.SELL, order_type=OrderType.LIMIT, price=Decimal("295")
    )
    [row] = bench.exchange.positions(KEY).net
    funds = bench.exchange.funds(KEY)

    assert funds.cash_paise == start + int(row.pnl * 100) - funds.charges_paise
    assert funds.charges_paise > 0


def test_money_is_blocked_while_an_order_rests_and_free_when_it_is_cancelled(
    bench: Bench,
) -> None:
    bench.price("300.00")
    before = bench.exchange.funds(KEY).available_paise
    order = bench.place(order_type=OrderType.LIMIT, price=Decimal("290"), quantity=100)

    blocked = before - bench.exchange.funds(KEY).available_paise
    assert 29_000_00 <= blocked <= 29_100_00

    bench.exchange.cancel(KEY, order.order_id)
    assert bench.exchange.funds(KEY).available_paise == before


def test_an_intraday_purchase_becomes_delivery_for_its_whole_price(bench: Bench) -> None:
    bench.price("300.00")
    bought = bench.place(product=Product.MIS, quantity=30)
    before = bench.exchange.funds(KEY)
    conversion = Conversion(
        instrument=SHARE, side=Side.BUY, quantity=20,
        old_product=Product.MIS, new_product=Product.CNC,
    )  # fmt: skip

    bench.exchange.convert(KEY, conversion)

    rows = {row.product: row.quantity for row in bench.exchange.positions(KEY).net}
    assert rows == {Product.MIS: 10, Product.CNC: 20}
    after = bench.exchange.funds(KEY)
    assert before.cash_paise - after.cash_paise == bought.average_price * 20 * 100
    with pytest.raises(Refused, match="only 10"):
        bench.exchange.convert(KEY, conversion)


def test_a_conversion_that_money_does_not_suffice_for_changes_nothing(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(product=Product.MIS, quantity=100_000)
    before = bench.exchange.funds(KEY), bench.exchange.positions(KEY)
    conversion = Conversion(
        instrument=SHARE, side=Side.BUY, quantity=100_000,
        old_product=Product.MIS, new_product=Product.CNC,
    )  # fmt: skip

    with pytest.raises(Refused) as refusal:
        bench.exchange.convert(KEY, conversion)

    assert refusal.value.kind is RefusalKind.MARGIN
    assert (bench.exchange.funds(KEY), bench.exchange.positions(KEY)) == before


def test_a_hedged_basket_needs_less_than_its_orders_apart(bench: Bench) -> None:
    spot = bench.exchange.tick("NSE:NIFTY 50")
    assert spot is not None
    calls = sorted(
        (one for one in bench.exchange.instruments.derivatives("NIFTY")
         if one.instrument_type == "CE" and one.expiry and one.expiry.month == 12
         and one.strike and one.strike > spot.last_price),
        key=lambda one: (one.expiry, one.strike),
    )  # fmt: skip
    near, far = calls[0], calls[2]
    base = request(exchange="NFO", product=Product.NRML, quantity=near.lot_size)
    orders = [
        replace(base, tradingsymbol=near.tradingsymbol, side=Side.SELL),
        replace(base, tradingsymbol=far.tradingsymbol),
    ]

    basket = bench.exchange.basket_margin(KEY, orders)

    assert 0 < basket.final_paise < basket.initial_paise / 2
    assert bench.exchange.margin_of(KEY, orders)[0].requirement.after.span_paise > 0


def test_the_virtual_contract_note_is_that_of_the_brokers_tariff(bench: Bench) -> None:
    bought = request(quantity=100)

    [charges] = bench.exchange.charges_of(KEY, [(bought, Decimal(1500))])

    assert charges.total == 178_12  # delivery of 1,50,000 rupees at Zerodha


def test_shares_that_leave_the_depository_are_charged_at_the_days_end(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(side=Side.SELL, quantity=40)
    cash = bench.exchange.funds(KEY).cash_paise

    bench.step(DAY_S)
    assert cash - bench.exchange.funds(KEY).cash_paise == 15_34
    bench.step(DAY_S)
    assert cash - bench.exchange.funds(KEY).cash_paise == 15_34


def test_delivery_shares_sold_on_the_day_they_were_bought_cost_what_intraday_does(
    bench: Bench,
) -> None:
    bench.price("300.00")
    start = bench.exchange.funds(KEY).cash_paise
    bench.place(quantity=40)
    bench.place(side=Side.SELL, quantity=40)
    [row] = bench.exchange.positions(KEY).net
    gain = row.sold.paise - row.bought.paise
    legs = [
        (request(side=side, product=Product.MIS, quantity=40), price)
        for side, price in ((Side.BUY, row.bought.average_price),
                            (Side.SELL, row.sold.average_price))
    ]  # fmt: skip
    intraday = sum(one.total for one in bench.exchange.charges_of(KEY, legs))

    bench.step(DAY_S)

    assert start + gain - bench.exchange.funds(KEY).cash_paise == intraday
