"""Books and updates of a broker: shuffled, doubled, dropped, late and of equal seconds, they end in
the order that the venue has."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tradertape_core.execution import engine, reconcile
from tradertape_core.execution.applying import PATIENCE
from tradertape_core.execution.reconcile import EXTERNAL_RUN, Known
from tradertape_core.orders import events as ev
from tradertape_core.orders.order import (
    Change,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Product,
    Side,
)
from tradertape_core.orders.reports import Trade, VenueOrder
from tradertape_core.orders.transitions import evolve

NOW = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
S = OrderStatus
HISTORIES, UPDATES = 500, 40  # 20,000 updates


def request(quantity: int = 10) -> OrderRequest:
    return OrderRequest(
        exchange="NSE",
        tradingsymbol="INFY",
        side=Side.BUY,
        product=Product.CNC,
        order_type=OrderType.LIMIT,
        quantity=quantity,
        price=Decimal(1490),
    )


def placed(quantity: int = 10) -> Order:
    event = ev.OrderPlaced(
        order_id="1",
        at=NOW,
        account="1",
        run_id="r",
        request=request(quantity),
        venue="broker",
        tag="TTA",
    )
    return evolve(None, event)


def entry(status: OrderStatus = S.OPEN, *, at: datetime = NOW, **changes: object) -> VenueOrder:
    base = VenueOrder(
        venue_order_id="260001",
        tag="TTA",
        request=request(),
        status=status,
        at=at,
        sequence=int(at.timestamp() * 1_000_000),
    )
    return replace(base, **changes)


def after(order: Order, steps: tuple[reconcile.Step, ...]) -> Order:
    return steps[-1][1] if steps else order


def doubted() -> Order:
    order = placed()
    for event in engine.in_doubt(order, "timed out", NOW):
        order = evolve(order, event)
    return order


def test_an_entry_is_ours_by_the_venues_id_or_by_our_tag_else_external() -> None:
    ours = replace(placed(), venue_order_id="260001")
    known = Known({"260001": ours}, {"TTA": ours})
    by_id, by_tag = entry(tag=None), entry(venue_order_id="260009")
    other = entry(venue_order_id="260002", tag="mine")
    matched = reconcile.match_book([ours], [by_id, by_tag, other], known)
    assert [found for _, found in matched.ours] == [by_id, by_tag]
    assert matched.external == (other,)
    assert matched.missing == ()


def test_an_order_in_doubt_goes_on_as_the_book_has_it() -> None:
    found = after(doubted(), reconcile.settle(doubted(), entry(), NOW, looks=1))
    assert (found.status, found.in_doubt, found.venue_order_id) == (S.OPEN, False, "260001")


@pytest.mark.parametrize(
    ("looks", "waited", "is_settled"),
    [(1, PATIENCE, False), (3, timedelta(seconds=45), False), (3, PATIENCE, True)],
)
def test_not_found_is_not_never_placed_before_a_minute_of_readings(
    looks: int, waited: timedelta, is_settled: bool
) -> None:
    found = after(doubted(), reconcile.settle(doubted(), None, NOW + waited, looks=looks))
    assert (found.status is S.REJECTED) is is_settled


def test_what_was_declared_never_placed_and_turns_up_is_taken() -> None:
    gone = after(doubted(), reconcile.settle(doubted(), None, NOW + PATIENCE, looks=3))
    back = after(gone, reconcile.settle(gone, entry(), NOW + 2 * PATIENCE, looks=4))
    assert back.status is S.OPEN


@pytest.mark.parametrize("is_reversed", [False, True])
def test_two_changes_of_one_second_are_settled_by_the_book(is_reversed: bool) -> None:
    order = after(placed(), reconcile.settle(placed(), entry(), NOW, looks=1))
    first = entry(request=replace(request(), price=Decimal(1491)))
    second = entry(request=replace(request(), price=Decimal(1492)))
    updates = [second, first] if is_reversed else [first, second]
    for one in updates:
        for event in engine.apply(one.report_on("1"), order, NOW):
            order = evolve(order, event)
    assert order.request.price == updates[0].request.price, "the other is not surely later"
    order = after(order, reconcile.settle(order, second, NOW, looks=1))
    assert order.request.price == 1492


def test_an_older_snapshot_does_not_undo_a_fill() -> None:
    trade = Trade(trade_id="T1", quantity=10, price=Decimal(1490), at=NOW)
    done = entry(S.COMPLETE, at=NOW + timedelta(seconds=2), trades=(trade,), filled_quantity=10)
    order = after(placed(), reconcile.settle(placed(), done, NOW, looks=1))
    again = after(order, reconcile.settle(order, entry(at=NOW), NOW, looks=2))
    assert (again.status, again.filled_quantity) == (S.COMPLETE, 10)


def test_an_order_of_another_terminal_is_recorded_with_its_fills() -> None:
    trade = Trade(trade_id="T9", quantity=4, price=Decimal(1490), at=NOW)
    other = entry(S.OPEN, tag="mine", trades=(trade,), filled_quantity=4)
    order = after(placed(), reconcile.external_order(other, "X1-260001", "1", "broker", NOW))
    assert (order.run_id, order.is_external, order.filled_quantity) == (EXTERNAL_RUN, True, 4)
    assert order.tag != "mine", "tags are unique; another terminal's need not be"


def history(rng: random.Random) -> list[VenueOrder]:
    """What a venue reports of one order, several in a second, oldest first."""
    at, told, trades = NOW, list[VenueOrder](), list[Trade]()
    terms, quantity = request(60), 60
    status = S.OPEN
    for number in range(UPDATES):
        at += timedelta(seconds=rng.choice([0, 0, 1]))
        what = rng.random()
        left = quantity - sum(one.quantity for one in trades)
        if what < 0.4 and left:
            size = min(rng.randint(1, 4), left)
            trades.append(
                Trade(trade_id=f"T{number}", quantity=size, price=Decimal(1490 - number), at=at)
            )
            status = S.COMPLETE if left == size else S.OPEN
        elif what < 0.6:
            terms = replace(terms, price=Decimal(1480 + number))
        elif what > 0.985:
            status = S.CANCELLED
        told.append(
            entry(
                status,
                at=at,
                request=terms,
                trades=tuple(trades),
                filled_quantity=sum(one.quantity for one in trades),
            )
        )
        if status.is_terminal:
            break
    return told


@pytest.mark.parametrize("part", range(10))
def test_shuffled_doubled_and_dropped_updates_end_as_the_book_has_it(part: int) -> None:
    """FAULTS §3: postbacks twice, late, out of order or lost."""
    for seed in range(part * HISTORIES // 10, (part + 1) * HISTORIES // 10):
        rng = random.Random(seed)
        told = history(rng)
        seen = [one for one in told if rng.random() > 0.2]
        seen += [one for one in seen if rng.random() < 0.3]
        rng.shuffle(seen)
        order = placed(60)
        for one in seen:
            for event in engine.apply(one.report_on("1"), order, NOW):
                order = evolve(order, event)
            assert order.filled_quantity <= 60
        last = told[-1]
        order = after(order, reconcile.settle(order, last, NOW, looks=1))
        assert order.status is last.status, seed
        assert order.filled_quantity == last.filled_quantity
        assert order.request.price == last.request.price
        assert order.request.quantity == 60
        assert {fill.trade_id for fill in order.fills} == {one.trade_id for one in last.trades}


def test_a_change_whose_answer_was_lost_is_done_when_the_book_shows_it() -> None:
    order = after(placed(), reconcile.settle(placed(), entry(), NOW, looks=1))
    asked = engine.ask_change(order, Change(price=Decimal(1495)), NOW)
    for event in asked.events:
        order = evolve(order, event)
    later = NOW + timedelta(seconds=1)
    changed = entry(at=later, request=replace(request(), price=Decimal(1495)))
    order = after(order, reconcile.settle(order, changed, later, looks=1))
    assert (order.request.price, order.modify_ask) == (Decimal(1495), None)
