"""Planned faults: what a caller sees, and that the exchange's own book stays right."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packages.sandbox.tests.admin.served import KEY, Served, served

from tradertape_core.orders.order import OrderStatus, Product
from tradertape_sandbox.exchange.events import Event, OrderChanged
from tradertape_sandbox.faults.endpoints import Endpoint, broker_of, endpoint_of
from tradertape_sandbox.faults.middleware import ConnectionCut
from tradertape_sandbox.faults.plans import FaultBook, FaultKind, FaultPlan

K = FaultKind


@pytest.fixture
def door() -> Served:
    return served()


def place(door: Served, *, quantity: int = 1, path: str = "/kite/orders/regular") -> httpx.Response:
    return door.call("POST", path, data={"quantity": str(quantity)})


def true_book(door: Served) -> list[str]:
    """Orders that the exchange has, whatever callers are shown."""
    return list(door.sandbox.exchange.account(KEY).orders)


@pytest.mark.parametrize("kind", [K.DROP_AFTER, K.STATUS_AFTER, K.HTML, K.EMPTY, K.TRUNCATED])
def test_an_order_whose_answer_is_spoilt_was_placed(door: Served, kind: FaultKind) -> None:
    door.sandbox.faults.add(FaultPlan(kind=kind, endpoint=Endpoint.PLACE, count=1, status=502))
    try:
        answer = place(door)
    except ConnectionCut:
        assert kind is K.DROP_AFTER
    else:
        assert kind is not K.DROP_AFTER
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
            answer.json()

    assert len(true_book(door)) == 1
    assert place(door).json()["order_id"] == true_book(door)[1]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_order_that_is_answered_with_an_error_first_was_not_placed(
    door: Served, status: int
) -> None:
    door.sandbox.faults.add(FaultPlan(kind=K.STATUS, status=status, count=1))

    assert place(door).status_code == status
    assert true_book(door) == []


def test_a_connection_cut_before_the_request_is_read_places_nothing(door: Served) -> None:
    door.sandbox.faults.add(FaultPlan(kind=K.DROP_BEFORE, count=1))

    with pytest.raises(ConnectionCut):
        place(door)
    assert true_book(door) == []


def test_a_plan_is_for_its_broker_its_kind_of_request_and_its_count(door: Served) -> None:
    door.sandbox.faults.add(
        FaultPlan(kind=K.STATUS, broker="kite", endpoint=Endpoint.PLACE, count=2, status=503)
    )
    door.sandbox.faults.add(FaultPlan(kind=K.STATUS, broker="groww", status=500))

    assert door.call("GET", "/kite/orders").status_code == 200
    statuses = [place(door).status_code, place(door, path="/orders/regular").status_code]
    assert statuses == [503, 503]
    assert place(door).status_code == 200


def test_the_admin_door_never_has_faults(door: Served) -> None:
    door.sandbox.faults.add(FaultPlan(kind=K.STATUS, status=500))

    assert door.call("GET", "/admin/").status_code == 200


def test_a_late_order_book_shows_an_order_within_its_delay_and_never_takes_it_back(
    door: Served,
) -> None:
    door.sandbox.faults.add(FaultPlan(kind=K.LATE_BOOK, delay_s=45, seed=3))
    for _ in range(20):
        place(door)
        door.clock.at += timedelta(milliseconds=7)

    shown: list[int] = []
    for _ in range(47):
        shown.append(len(door.call("GET", "/kite/orders").json()))
        door.clock.at += timedelta(seconds=1)

    assert shown[0] < 3
    assert shown == sorted(shown)
    assert len(set(shown)) > 5
    assert shown[-1] == 20


@pytest.mark.parametrize(
    ("kind", "count"), [(K.UPDATES_LOST, 0), (K.UPDATES_DUPLICATED, 2), (K.UPDATES_SHUFFLED, 1)]
)
def test_updates_are_lost_doubled_or_shuffled(door: Served, kind: FaultKind, count: int) -> None:
    seen: list[Event] = []
    door.sandbox.exchange.listen(seen.append)
    door.sandbox.faults.add(FaultPlan(kind=kind))

    for _ in range(5):
        place(door)
    door.sandbox.exchange.advance()

    orders = [one.order for one in seen if isinstance(one, OrderChanged)]
    ended = [one.order_id for one in orders if one.status is OrderStatus.COMPLETE]
    assert sorted(ended) == sorted(true_book(door) * count)
    if kind is K.UPDATES_SHUFFLED:
        assert [one.updated_at for one in orders] or ended != true_book(door)
        states = [(one.order_id, one.filled_quantity) for one in orders]
        assert states != sorted(states)


def test_the_same_seed_gives_the_same_faults() -> None:
    def strikes(seed: int) -> list[bool]:
        book = FaultBook()
        book.add(FaultPlan(kind=K.STATUS, probability=0.3, seed=seed))
        return [book.of_request("kite", Endpoint.PLACE) is not None for _ in range(200)]

    assert strikes(7) == strikes(7)
    assert strikes(7) != strikes(8)
    assert 30 < sum(strikes(7)) < 90


@pytest.mark.parametrize(
    ("broker", "method", "path", "kind"),
    [
        ("kite", "POST", "/orders/regular", Endpoint.PLACE),
        ("kite", "PUT", "/kite/orders/regular/1", Endpoint.MODIFY),
        ("kite", "DELETE", "/kite/orders/regular/1", Endpoint.CANCEL),
        ("kite", "GET", "/kite/orders/1/trades", Endpoint.BOOK),
        ("kite", "GET", "/kite/quote/ltp", Endpoint.QUOTES),
        ("kite", "POST", "/kite/session/token", Endpoint.LOGIN),
        ("upstox", "POST", "/upstox/v3/order/place", Endpoint.PLACE),
        ("upstox", "POST", "/upstox/v2/order/multi/place", Endpoint.PLACE),
        ("upstox", "POST", "/upstox/v3/order/gtt/place", Endpoint.PLACE),
        ("upstox", "POST", "/upstox/v2/order/positions/exit", Endpoint.PLACE),
        ("upstox", "DELETE", "/upstox/v2/order/multi/cancel", Endpoint.CANCEL),
        ("upstox", "GET", "/upstox/v2/order/retrieve-all", Endpoint.BOOK),
        ("upstox", "PUT", "/upstox/v3/order/modify", Endpoint.MODIFY),
        ("upstox", "DELETE", "/upstox/v3/order/cancel", Endpoint.CANCEL),
        ("groww", "POST", "/groww/v1/order/create", Endpoint.PLACE),
        ("groww", "GET", "/groww/v1/order/list", Endpoint.BOOK),
        ("groww", "GET", "/groww/v1/holdings/user", Endpoint.PORTFOLIO),
    ],
)
def test_requests_are_told_apart(broker: str, method: str, path: str, kind: Endpoint) -> None:
    assert broker_of(path) == broker
    assert endpoint_of(broker, method, path) is kind


kinds = st.sampled_from([
    K.DROP_AFTER, K.DROP_BEFORE, K.STATUS, K.STATUS_AFTER, K.HTML, K.EMPTY, K.TRUNCATED,
    K.LATE_BOOK, K.UPDATES_LOST, K.UPDATES_DUPLICATED, K.UPDATES_SHUFFLED,
])  # fmt: skip
plans = st.lists(
    st.builds(
        FaultPlan,
        kind=kinds,
        probability=st.sampled_from([0.2, 0.5, 1.0]),
        count=st.none() | st.integers(1, 5),
        seed=st.integers(0, 1000),
        delay_s=st.just(45.0),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=15)
@given(plans, st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_whatever_faults_are_planned_the_exchanges_book_stays_right(
    wanted: list[FaultPlan], quantities: list[int]
) -> None:
    door = served()
    exchange = door.sandbox.exchange
    cash = exchange.funds(KEY).cash_paise
    held = {one.instrument.id: one.quantity for one in exchange.holdings(KEY)}["NSE:SBIN"]
    for plan in wanted:
        door.sandbox.faults.add(plan)
    answered = 0
    for quantity in quantities:
        try:
            answer = place(door, quantity=quantity)
        except ConnectionCut:
            continue
        answered += answer.status_code == 200
        door.clock.at += timedelta(seconds=1)
        exchange.advance()

    account = exchange.account(KEY)
    records = list(account.orders.values())
    trades = [trade for record in records for trade in record.trades]
    assert answered <= len(records) <= len(quantities)
    for record in records:
        filled = sum(trade.quantity for trade in record.trades)
        assert filled == record.order.filled_quantity <= record.order.request.quantity
    assert len({trade.trade_id for trade in trades}) == len(trades)
    position = account.position("NSE:SBIN", records[0].order.request.product) if records else None
    if position is not None:
        assert position.quantity == held + sum(trade.quantity for trade in trades)
    spent = sum(int(trade.price * trade.quantity * 100) for trade in trades)
    assert account.cash_paise == cash - spent - account.charges_today.total


@pytest.mark.slow
def test_two_thousand_orders_whose_answers_are_dropped_are_in_the_book_once_each(
    door: Served,
) -> None:
    door.sandbox.faults.add(FaultPlan(kind=K.DROP_AFTER, endpoint=Endpoint.PLACE))
    tags = [f"T{number:05d}" for number in range(2000)]
    for tag in tags:
        with pytest.raises(ConnectionCut):
            place(door, path=f"/kite/orders/regular?tag={tag}")

    records = door.sandbox.exchange.account(KEY).orders.values()
    assert [record.tag for record in records] == tags
    held = {one.instrument.id: one for one in door.sandbox.exchange.holdings(KEY)}
    bought = door.sandbox.exchange.account(KEY).position("NSE:SBIN", Product.CNC).quantity
    assert bought == held["NSE:SBIN"].opening_quantity + 2000
