"""Orders from their placing to their end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from packages.sandbox.tests.exchange.bench import KEY, SHARE, Bench, request

from tradertape_core.orders.order import (
    Change,
    OrderStatus,
    OrderType,
    Product,
    Side,
    Validity,
    Variety,
)
from tradertape_sandbox.exchange.errors import RefusalKind, Refused, UnknownOrder
from tradertape_sandbox.exchange.events import OrderChanged, Traded
from tradertape_sandbox.exchange.margins import Margins

S = OrderStatus


def test_a_market_order_passes_through_the_brokers_states_and_fills(bench: Bench) -> None:
    bench.price("300.00")

    order = bench.place()

    states = [entry.status for entry in bench.exchange.history(KEY, order.order_id)]
    assert states == [
        S.PUT_REQUESTED, S.VALIDATION_PENDING, S.OPEN_PENDING, S.OPEN, S.COMPLETE,
    ]  # fmt: skip
    assert len(order.order_id) == 19
    assert order.filled_quantity == 10
    assert sum(t.quantity for t in bench.exchange.trades(KEY, order.order_id)) == 10


def test_a_resting_limit_is_met_at_its_price_once_the_market_comes_to_it(bench: Bench) -> None:
    bench.price("300.00")
    order = bench.place(order_type=OrderType.LIMIT, price=Decimal("290"))
    assert order.status is S.OPEN

    bench.price("289.00")

    done = bench.exchange.order(KEY, order.order_id)
    assert (done.status, done.average_price) == (S.COMPLETE, Decimal("290"))


def test_a_change_is_in_the_history_and_a_cancel_ends_the_order(bench: Bench) -> None:
    bench.price("300.00")
    order = bench.place(order_type=OrderType.LIMIT, price=Decimal("290"))

    changed = bench.exchange.modify(KEY, order.order_id, Change(price=Decimal("280")))
    ended = bench.exchange.cancel(KEY, order.order_id)

    states = [entry.status for entry in bench.exchange.history(KEY, order.order_id)]
    assert changed.modified
    assert changed.request.price == Decimal("280")
    assert S.MODIFY_VALIDATION_PENDING in states
    assert S.MODIFIED in states
    assert (ended.status, ended.cancelled_quantity) == (S.CANCELLED, 10)


def test_a_stop_waits_for_its_trigger(bench: Bench) -> None:
    bench.price("300.00")
    terms = {"order_type": OrderType.SL_M, "trigger_price": Decimal("310"), "quantity": 5}
    order = bench.place(**terms, market_protection=Decimal(-1))
    assert order.status is S.TRIGGER_PENDING

    bench.price("312.00")

    assert bench.exchange.order(KEY, order.order_id).status is S.COMPLETE


def test_the_unfilled_part_of_an_immediate_order_is_cancelled(bench: Bench) -> None:
    bench.price("300.00")

    order = bench.place(order_type=OrderType.LIMIT, price=Decimal("290"), validity=Validity.IOC)

    assert order.status is S.CANCELLED


def test_a_price_outside_the_circuit_is_rejected_by_the_exchange_and_stays_in_the_book(
    bench: Bench,
) -> None:
    tick = bench.exchange.tick(SHARE)
    assert tick is not None
    assert tick.upper_circuit is not None

    order = bench.place(order_type=OrderType.LIMIT, price=tick.upper_circuit + 10)

    assert order.status is S.REJECTED
    assert "circuit" in (order.status_message or "")
    assert [one.order_id for one in bench.exchange.orders(KEY)] == [order.order_id]


@pytest.mark.parametrize(
    ("terms", "kind"),
    [
        ({"quantity": 10_000_000}, RefusalKind.MARGIN),
        ({"side": Side.SELL, "quantity": 101}, RefusalKind.HOLDING),
        ({"order_type": OrderType.LIMIT, "price": Decimal("290.01")}, RefusalKind.INPUT),
        ({"tradingsymbol": "NOSUCH"}, RefusalKind.INPUT),
        ({"tradingsymbol": "NIFTY 50"}, RefusalKind.INPUT),
        ({"product": Product.NRML}, RefusalKind.INPUT),
        ({"variety": Variety.AUCTION}, RefusalKind.INPUT),
    ],
)
def test_a_refused_order_leaves_nothing_behind(
    bench: Bench, terms: dict[str, object], kind: RefusalKind
) -> None:
    bench.price("300.00")
    before = bench.exchange.funds(KEY)
    bench.events.clear()

    with pytest.raises(Refused) as refusal:
        bench.exchange.place(KEY, request(**terms))

    assert refusal.value.kind is kind
    assert bench.exchange.orders(KEY) == []
    assert bench.exchange.funds(KEY) == before
    assert bench.events == []


def test_above_the_freeze_quantity_an_order_is_refused_or_sliced(bench: Bench) -> None:
    future = next(
        one
        for one in bench.exchange.instruments.derivatives("NIFTY")
        if one.instrument_type == "FUT"
    )
    terms = request(
        exchange="NFO",
        tradingsymbol=future.tradingsymbol,
        product=Product.NRML,
        quantity=future.lot_size * 30,
    )
    with pytest.raises(Refused, match="at most 1,800"):
        bench.exchange.place(KEY, terms)

    placed = bench.exchange.place(KEY, terms, autoslice=True)

    parent = placed.order.order_id
    assert [child.request.quantity for child in placed.children] == [1755, 195]
    assert all(f"autoslice:{parent}" in child.tags for child in placed.children)
    assert parent not in [one.order_id for one in bench.exchange.orders(KEY)]


def test_a_cover_orders_stop_comes_with_its_fill_and_a_cancel_of_it_leaves_the_position(
    bench: Bench,
) -> None:
    bench.price("300.00")
    entry = bench.place(
        variety=Variety.CO, product=Product.MIS, trigger_price=Decimal("290"), quantity=5
    )

    stop = next(one for one in bench.exchange.orders(KEY) if one.parent_order_id)
    assert (stop.parent_order_id, stop.status) == (entry.order_id, S.TRIGGER_PENDING)
    assert stop.request.trigger_price == Decimal("290")

    bench.exchange.cancel(KEY, stop.order_id)

    assert bench.exchange.order(KEY, stop.order_id).status is S.COMPLETE
    assert [row.quantity for row in bench.exchange.positions(KEY).net] == [0]


def test_every_fill_is_told_before_the_order_that_it_completes(bench: Bench) -> None:
    bench.price("300.00")
    bench.events.clear()

    order = bench.place()

    told = [one for one in bench.events if isinstance(one, OrderChanged | Traded)]
    assert [type(one) for one in told] == [OrderChanged, OrderChanged, Traded, OrderChanged]
    assert told[-1].order.status is S.COMPLETE
    assert told[-1].order.order_id == order.order_id


def test_an_unknown_order_cannot_be_read_or_changed(bench: Bench) -> None:
    with pytest.raises(UnknownOrder):
        bench.exchange.cancel(KEY, "1")
    with pytest.raises(UnknownOrder):
        bench.exchange.history(KEY, "1")


def test_an_order_is_not_worked_out_anew_for_each_one_that_follows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.price("300.00")
    for _ in range(30):
        bench.place(order_type=OrderType.LIMIT, price=Decimal(290), quantity=1)
    counted: list[str] = []
    plain = Margins.charges_of

    def counting(self: Margins, *terms: Any) -> Any:
        counted.append("once")
        return plain(self, *terms)

    monkeypatch.setattr(Margins, "charges_of", counting)
    bench.place(order_type=OrderType.LIMIT, price=Decimal(290), quantity=1)
    assert len(counted) < 5


def test_what_is_reserved_for_an_order_follows_its_change_and_its_fills(bench: Bench) -> None:
    bench.price("300.00")
    free = bench.exchange.funds(KEY).available_paise
    order = bench.place(order_type=OrderType.LIMIT, price=Decimal(290), quantity=10)
    needs = free - bench.exchange.funds(KEY).available_paise
    assert 290_000 < needs < 291_000
    bench.exchange.modify(KEY, order.order_id, Change(quantity=20))
    assert 2 * 290_000 < free - bench.exchange.funds(KEY).available_paise < 2 * 291_000
    bench.exchange.modify(KEY, order.order_id, Change(price=Decimal(280)))
    assert 2 * 280_000 < free - bench.exchange.funds(KEY).available_paise < 2 * 281_000
    bench.exchange.cancel(KEY, order.order_id)
    assert bench.exchange.funds(KEY).available_paise == free


def test_who_owes_money_can_close_a_position_and_open_none(bench: Bench) -> None:
    bench.price("300.00")
    bench.place(product=Product.MIS, quantity=100)
    bench.exchange.account(KEY).cash_paise -= bench.exchange.funds(KEY).available_paise + 1
    with pytest.raises(Refused, match="Insufficient funds"):
        bench.place(product=Product.MIS, quantity=1)

    closed = bench.place(product=Product.MIS, side=Side.SELL, quantity=100)

    assert (closed.status, closed.filled_quantity) == (S.COMPLETE, 100)
