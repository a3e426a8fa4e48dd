"""An account at a broker: every answer late, lost, doubled or wrong, and what becomes of it."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from scripted_venue import Fault, ScriptedVenue
from structlog.testing import capture_logs

from tradertape_core.execution.reconcile import EXTERNAL_RUN
from tradertape_core.orders.fields import read_order
from tradertape_core.orders.order import Order, OrderStatus
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import VenueCommand
from tradertape_server.features.execution.store import mapping
from tradertape_server.features.execution.venues.gateway import OrderGateway, Updated
from tradertape_server.platform.errors import Conflict

from .conftest import Broker, eventually

TAKEN = ("PUT ORDER REQ RECEIVED", "OPEN")  # the book may have been read meanwhile
LIMIT = {"order_type": "LIMIT", "price": 1490}


def test_an_order_is_acknowledged_filled_and_booked(broker: Broker, order: Any) -> None:
    placed = broker.place(order())
    assert placed["status"] in TAKEN
    kept = broker.venue.by_tag(broker.order(placed["order_id"]).tag)[0]
    assert broker.order(placed["order_id"]).venue_order_id == kept.entry.venue_order_id
    broker.venue.fill(kept.entry.venue_order_id)
    broker.send_updates()
    assert broker.order(placed["order_id"]).status is OrderStatus.COMPLETE
    position = broker.service.positions(run_id="live-1", open_only=True)[0]
    assert (position.quantity, position.average_price) == (10, Decimal(1500))
    assert broker.service.trades(run_id="live-1")[0].charges_paise > 0


def test_orders_that_are_over_are_not_read_again_with_every_reading_of_the_book(
    broker: Broker, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker's book has all orders of the day; a day of many orders must stay as quick."""
    for _ in range(6):
        placed = broker.place(order())["order_id"]
        broker.venue.fill(broker.order(placed).venue_order_id or "")
        broker.send_updates()
    broker.read_book()
    decoded: list[str] = []
    whole = mapping.order_of

    def counted(row: Any) -> Order:
        decoded.append(row.order_id)
        return whole(row)

    monkeypatch.setattr(mapping, "order_of", counted)
    broker.read_book(3)
    assert decoded == []
    placed = broker.service.orders(run_id="live-1")
    assert {one.status for one in placed} == {OrderStatus.COMPLETE}
    assert len(placed) == 6


def test_the_same_key_is_sent_once(broker: Broker, order: Any) -> None:
    first = broker.service.place(broker.run, order(), key="key-0001")
    again = broker.service.place(broker.run, order(), key="key-0001")
    assert (again.body, again.is_replay) == (first.body, True)
    assert sum(broker.venue.submitted.values()) == 1


def test_a_caller_gets_what_is_known_at_its_deadline_and_its_key_finds_the_rest(
    broker: Broker, order: Any
) -> None:
    broker.venue.delay_s = 0.8
    first = broker.service.place(broker.run, order(), key="key-0001")
    assert first.document["status"] in TAKEN
    order_id = first.document["order_id"]
    assert broker.order(order_id).venue_order_id is None
    eventually(lambda: broker.order(order_id).venue_order_id)
    broker.venue.fill(broker.order(order_id).venue_order_id or "")
    broker.send_updates()
    found = broker.service.place(broker.run, order(), key="key-0001")
    assert found.document["result"]["filled_quantity"] in (0, 10)
    assert sum(broker.venue.submitted.values()) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.EMPTY])
def test_an_accepted_order_whose_answer_was_lost_is_found_in_the_book(
    broker: Broker, order: Any, fault: Fault
) -> None:
    broker.venue.plan = lambda *_: fault
    broker.venue.book_fails = True
    placed = broker.place(order(**LIMIT))
    assert placed["status"] == "IN_DOUBT"
    broker.venue.book_fails = False
    broker.read_book()
    found = broker.order(placed["order_id"])
    assert (found.status, found.in_doubt) == (OrderStatus.OPEN, False)
    assert broker.venue.submitted == {found.tag: 1}


def test_an_order_in_doubt_is_found_by_an_update_too(broker: Broker, order: Any) -> None:
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    broker.venue.fills_at_once = True
    placed = broker.place(order())
    broker.send_updates()
    assert broker.order(placed["order_id"]).status is OrderStatus.COMPLETE


def test_a_book_that_is_45_seconds_late_is_waited_for(broker: Broker, order: Any) -> None:
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    broker.venue.book_lag = timedelta(seconds=45)
    placed = broker.place(order(**LIMIT))
    broker.read_book(8, later=timedelta(seconds=5))
    assert broker.order(placed["order_id"]).status is OrderStatus.IN_DOUBT
    broker.read_book(2, later=timedelta(seconds=5))
    assert broker.order(placed["order_id"]).status is OrderStatus.OPEN
    assert sum(broker.venue.submitted.values()) == 1


def test_an_order_that_never_arrived_is_rejected_after_a_minute_of_readings(
    broker: Broker, order: Any
) -> None:
    broker.venue.plan = lambda *_: Fault.DROP_BEFORE
    placed = broker.place(order(**LIMIT))
    broker.read_book(5, later=timedelta(seconds=10))
    assert broker.order(placed["order_id"]).in_doubt
    broker.read_book(2, later=timedelta(seconds=10))
    found = broker.order(placed["order_id"])
    assert found.status is OrderStatus.REJECTED
    assert "never reached" in (found.status_message or "")
    assert broker.venue.received == []


def test_while_the_book_cannot_be_read_an_order_stays_in_doubt_for_a_person(
    broker: Broker, order: Any
) -> None:
    broker.venue.plan = lambda *_: Fault.DROP_BEFORE
    placed = broker.place(order(**LIMIT))
    broker.venue.book_fails = True
    broker.read_book(9, later=timedelta(seconds=30))
    assert broker.order(placed["order_id"]).in_doubt
    assert broker.service.settle_by_hand("live-1", placed["order_id"]).status.value == "REJECTED"
    with pytest.raises(Conflict, match="not in doubt"):
        broker.service.settle_by_hand("live-1", placed["order_id"])


def test_a_doubted_order_counts_in_margin_until_it_is_settled(broker: Broker, order: Any) -> None:
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    before = broker.service.funds(broker.account).reserved_paise
    broker.place(order(**LIMIT))
    assert broker.service.funds(broker.account).reserved_paise - before >= 10 * 1490_00
    broker.read_book()


def test_a_refusal_and_a_later_rejection_end_an_order(broker: Broker, order: Any) -> None:
    broker.venue.plan = lambda *_: Fault.REFUSE
    refused = broker.place(order())
    assert (refused["status"], refused["status_message"]) == ("REJECTED", "insufficient funds")
    broker.venue.plan = lambda *_: Fault.REJECT_LATER
    later = broker.place(order())
    # The venue's book may be read before the reply is made.
    assert later["status"] in {*TAKEN, "REJECTED"}
    broker.send_updates()
    assert broker.order(later["order_id"]).status is OrderStatus.REJECTED


def test_what_surely_did_not_leave_is_sent_again_and_nothing_else(
    broker: Broker, order: Any
) -> None:
    faults = iter([Fault.NOT_SENT, Fault.NOT_SENT, Fault.NONE])
    broker.venue.plan = lambda *_: next(faults)
    placed = broker.place(order())
    assert placed["status"] in TAKEN
    assert sum(broker.venue.submitted.values()) == 1


def test_without_a_session_entries_are_given_up_and_exits_wait(
    broker: Broker, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.venue.fills_at_once = True
    broker.place(order())
    broker.send_updates()
    broker.venue.is_expired = True
    monkeypatch.setattr("tradertape_server.features.execution.venues.lane.ENTRY_PATIENCE_S", 0.1)
    entry = broker.place(order(quantity=1, tradingsymbol="TCS"))
    assert "not sent within" in broker.wait_for(entry["order_id"], "REJECTED").status_message
    answer = broker.service.exit_run(broker.run, key="exit-1")
    assert answer.status_code == 202
    broker.venue.is_expired = False
    broker.service.lanes.resume(broker.account)
    eventually(lambda: len(broker.venue.submitted) == 2)
    broker.send_updates()
    assert broker.service.advance_exit("live-1", "exit-1") is not None
    assert broker.service.positions(run_id="live-1", open_only=True) == []


def test_exits_overtake_a_hundred_queued_entries(broker: Broker, order: Any) -> None:
    broker.venue.fills_at_once = True
    broker.place(order())
    broker.send_updates()
    broker.venue.fills_at_once = False
    broker.venue.delay_s = 0.05
    other = RunRef(account_id=broker.account, run_id="live-2", venue="broker")
    legs = [order(**LIMIT, quantity=1) for _ in range(50)]
    begun = [
        threading.Thread(
            target=partial(broker.service.place_basket, other, legs, key=f"entries-{number}")
        )
        for number in range(2)
    ]
    for one in begun:
        one.start()
    lane = broker.service.lanes.lane(broker.account)
    assert lane is not None
    eventually(lambda: lane.queued > 90)
    sent = len(broker.venue.received)
    broker.service.exit_run(broker.run, key="exit-1")
    exits = {one.tag for one in broker.service.orders(run_id="live-1")}
    eventually(lambda: any(tag in exits for _, tag in broker.venue.received[sent:]))
    place = next(n for n, (_, tag) in enumerate(broker.venue.received[sent:]) if tag in exits)
    assert place <= 2, "the exit waited for entries"
    broker.venue.delay_s = 0.0
    for one in begun:
        one.join()
    eventually(lambda: lane.queued == 0)
    broker.settle()


def test_a_cancel_of_an_order_that_has_not_left_keeps_it_from_leaving(
    broker: Broker, order: Any
) -> None:
    is_free = threading.Event()

    def hold(_action: str, _order: Any) -> Fault:
        assert is_free.wait(10)
        return Fault.NONE

    broker.venue.plan = hold
    lane = broker.service.lanes.lane(broker.account)
    assert lane is not None
    first = threading.Thread(target=broker.place, args=(order(quantity=1), "held-back-1"))
    first.start()
    eventually(lambda: broker.service.orders(run_id="live-1") and lane.queued == 0)
    second = threading.Thread(target=broker.place, args=(order(**LIMIT), "to-cancel-1"))
    second.start()
    eventually(lambda: lane.queued == 1)
    queued = next(one for one in broker.service.orders(run_id="live-1") if one.request.price)
    broker.service.cancel("live-1", queued.order_id)
    is_free.set()
    first.join()
    second.join()
    found = broker.wait_for(queued.order_id, "CANCELLED")
    assert found.tag not in broker.venue.submitted
    eventually(lambda: sum(broker.venue.submitted.values()) == 1)
    broker.settle()


def test_an_answer_that_comes_while_the_server_stops_is_recorded(
    broker: Broker, order: Any
) -> None:
    is_free, is_asked = threading.Event(), threading.Event()

    def hold(_action: str, _order: Any) -> Fault:
        is_asked.set()
        assert is_free.wait(10)
        return Fault.NONE

    broker.venue.plan = hold
    caller = threading.Thread(target=broker.place, args=(order(**LIMIT),))
    caller.start()
    assert is_asked.wait(10)
    stop = threading.Thread(target=broker.service.trader.stop)
    stop.start()
    is_free.set()
    stop.join()
    caller.join()
    found = broker.service.orders(run_id="live-1")[0]
    assert (found.in_doubt, bool(found.venue_order_id)) == (False, True)


def test_a_modification_and_a_cancel_go_by_the_venues_id(broker: Broker, order: Any) -> None:
    placed = broker.place(order(**LIMIT))
    changed = broker.service.modify("live-1", placed["order_id"], {"price": 1495})
    assert (changed.request.price, changed.modify_ask) == (Decimal(1495), None)
    ended = broker.service.cancel("live-1", placed["order_id"])
    assert ended.status is OrderStatus.CANCELLED


def test_a_lost_answer_to_a_cancel_is_settled_by_the_book(broker: Broker, order: Any) -> None:
    placed = broker.place(order(**LIMIT))
    broker.venue.plan = lambda *_: Fault.DROP_AFTER
    broker.venue.book_fails = True
    asked = broker.service.cancel("live-1", placed["order_id"])
    assert asked.status is OrderStatus.CANCEL_PENDING
    broker.venue.book_fails = False
    broker.read_book()
    assert broker.order(placed["order_id"]).status is OrderStatus.CANCELLED
    assert [action for action, _ in broker.venue.received] == ["submit", "cancel"]


def test_a_cancel_that_got_lost_leaves_the_order_resting(broker: Broker, order: Any) -> None:
    placed = broker.place(order(**LIMIT))
    broker.venue.plan = lambda *_: Fault.DROP_BEFORE
    broker.service.cancel("live-1", placed["order_id"])
    broker.read_book(8, later=timedelta(seconds=10))
    found = broker.order(placed["order_id"])
    assert (found.status, found.cancel_ask) == (OrderStatus.OPEN, None)


def test_a_fill_after_the_cancel_counts(broker: Broker, order: Any) -> None:
    placed = broker.place(order(**LIMIT))
    broker.service.cancel("live-1", placed["order_id"])
    venue_order_id = broker.order(placed["order_id"]).venue_order_id or ""
    broker.venue.fill(venue_order_id)
    broker.send_updates()
    assert broker.order(placed["order_id"]).status is OrderStatus.COMPLETE
    assert broker.service.positions(run_id="live-1", open_only=True)[0].quantity == 10


@pytest.mark.parametrize("seed", range(12))
def test_shuffled_doubled_and_dropped_updates_end_as_the_book_has_it(
    broker: Broker, order: Any, seed: int
) -> None:
    rng = random.Random(seed)
    names = [broker.place(order(**LIMIT, quantity=9))["order_id"] for _ in range(4)]
    for _ in range(12):
        order_id = rng.choice(names)
        found = broker.order(order_id)
        kept = broker.venue.orders[found.venue_order_id or ""]
        if kept.entry.status.is_terminal:
            continue
        if rng.random() < 0.7:
            broker.venue.fill(kept.entry.venue_order_id, rng.choice([1, 2, 3]) if len(
                kept.trades) < 2 else None)  # fmt: skip
        else:
            broker.venue.report(kept.entry.venue_order_id, OrderStatus.CANCELLED)
    broker.send_updates(rng)
    broker.read_book()
    for order_id in names:
        found = broker.order(order_id)
        kept = broker.venue.orders[found.venue_order_id or ""]
        assert found.filled_quantity == sum(one.quantity for one in kept.trades)
        assert found.status is kept.entry.status


def test_trades_that_are_missing_are_read_from_the_book(broker: Broker, order: Any) -> None:
    placed = broker.place(order(**LIMIT))
    venue_order_id = broker.order(placed["order_id"]).venue_order_id or ""
    broker.venue.book_fails = True
    broker.venue.fill(venue_order_id)
    entry = broker.venue.updates.pop()
    broker.venue.updates.clear()
    broker.venue.updates.append(replace(entry, trades=()))
    broker.send_updates()
    assert broker.order(placed["order_id"]).is_open, "complete, and its trades are not here"
    broker.venue.book_fails = False
    broker.read_book()
    assert broker.order(placed["order_id"]).status is OrderStatus.COMPLETE


def test_a_late_fill_of_yesterday_is_yesterdays(broker: Broker, order: Any) -> None:
    placed = broker.place(order(**LIMIT))
    traded_at = broker.clock.now()
    broker.clock.advance(days=1)
    broker.market.refresh()
    broker.venue.fill(broker.order(placed["order_id"]).venue_order_id or "", at=traded_at)
    broker.send_updates()
    fill = broker.service.trades(run_id="live-1")[0]
    assert fill.at == traded_at
    position = broker.service.positions(run_id="live-1", open_only=True)[0]
    assert position.lots[0].at == traded_at


# --- orders of other terminals ----------------------------------------------------------------


def test_an_order_of_another_terminal_is_recorded_counted_and_never_touched(
    broker: Broker, order: Any
) -> None:
    broker.venue.external(read_order(order(quantity=7)))
    resting = broker.venue.external(read_order(order(**LIMIT, quantity=3)), filled=False)
    broker.send_updates()
    found = broker.service.orders(run_id=EXTERNAL_RUN)
    assert [(one.is_external, one.filled_quantity) for one in found] == [(True, 7), (True, 0)]
    held = broker.service.positions(run_id=EXTERNAL_RUN, open_only=True)[0]
    assert held.quantity == 7
    assert broker.service.funds(broker.account).reserved_paise >= 3 * 1490_00
    mine = broker.place(order())
    assert mine["status"] in TAKEN, "trading goes on beside it"
    broker.service.exit_run(broker.run, key="exit-1")
    assert ("cancel", broker.venue.orders[resting].entry.tag) not in broker.venue.received
    broker.read_book()
    assert len(broker.service.orders(run_id=EXTERNAL_RUN)) == 2, "each is recorded once"


def test_an_unknown_instrument_from_another_terminal_stops_nobody(
    broker: Broker, order: Any
) -> None:
    broker.venue.external(read_order(order(tradingsymbol="NOSUCH")))
    broker.send_updates()
    assert broker.place(order())["status"] in TAKEN


def test_a_kill_switch_takes_our_entries_and_no_external_order(
    broker: Broker, order: Any, user_id: int
) -> None:
    ours = broker.place(order(**LIMIT))
    broker.venue.external(read_order(order(**LIMIT)), filled=False)
    broker.send_updates()
    halt = Halt(user_id=user_id, reason="enough", by="me", since=broker.clock.now())

    def switch(uow: Any) -> None:
        uow.switch(user_id, halt)
        kill_switch_exits.cancel_entries(uow, [broker.account], broker.service.gtt, why="drill")
        kill_switch_exits.begin_exits(uow, [broker.account], reason="enough")

    broker.service.trader.execute(VenueCommand(switch))
    broker.wait_for(ours["order_id"], "CANCELLED")
    assert broker.service.orders(run_id=EXTERNAL_RUN)[0].is_open
    with pytest.raises(OrderDenied):
        broker.place(order())
    broker.service.trader.execute(VenueCommand(lambda uow: uow.switch(user_id, None)))


def test_an_event_that_cannot_be_recorded_is_set_aside_and_stops_nobody(
    broker: Broker, order: Any
) -> None:
    first, second = (broker.place(order(**LIMIT))["order_id"] for _ in range(2))
    for order_id in (first, second):
        broker.venue.fill(broker.order(order_id).venue_order_id or "")
    broker.send_updates()
    name = broker.order(first).venue_order_id or ""
    entry = broker.venue.orders[name].entry
    wrong = replace(entry.trades[0], price=Decimal(1))
    told = [replace(entry, trades=(wrong,)), broker.venue.orders[name].entry]
    with capture_logs() as logs:
        for one in told:
            broker.service.trader.on_venue(Updated(account_id=broker.account, entries=(one,)))
        eventually(lambda: broker.service.trader.quarantine.count)
    assert ("event", f"Updated of account {broker.account}") in [
        (one.get("kind"), one.get("name")) for one in logs
    ]
    assert broker.place(order())["status"] in TAKEN
    assert broker.order(first).average_price == 1490


# --- baskets, cover orders, exits ---------------------------------------------------------------


def test_a_leg_that_is_rejected_after_the_reply_is_reversed_where_asked(
    broker: Broker, order: Any
) -> None:
    legs = [order(), order(tradingsymbol="TCS", quantity=5)]
    reply = broker.service.place_basket(broker.run, legs, key="basket-1", unwind="reverse")
    assert reply.document["status"] == "accepted"
    first, second = (one["order_id"] for one in reply.document["result"]["legs"])
    broker.venue.fill(broker.order(first).venue_order_id or "")
    broker.send_updates()
    broker.venue.report(
        broker.order(second).venue_order_id or "", OrderStatus.REJECTED, message="RMS"
    )
    broker.send_updates()
    eventually(lambda: len(broker.venue.submitted) == 3)
    reversal = broker.order(f"{first}R")
    assert (reversal.request.side, reversal.request.quantity) == ("SELL", 10)
    eventually(lambda: broker.order(f"{first}R").venue_order_id)
    broker.venue.fill(broker.order(f"{first}R").venue_order_id or "")
    broker.send_updates()
    assert broker.service.positions(run_id="live-1", open_only=True) == []


def test_both_exits_of_a_cover_order_fill_and_the_excess_is_reversed_once(
    broker: Broker, order: Any
) -> None:
    cover = order(variety="co", product="MIS", stoploss=10, squareoff=20)
    entry = broker.place(cover)["order_id"]
    broker.venue.fill(broker.order(entry).venue_order_id or "")
    broker.send_updates()
    eventually(lambda: len(broker.venue.submitted) == 3)
    exits = [broker.order(f"{entry}{n:02d}") for n in (1, 2)]
    for one in exits:
        eventually(lambda one=one: broker.order(one.order_id).venue_order_id)
    broker.venue.plan = lambda action, _order: (
        Fault.DROP_BEFORE if action == "cancel" else Fault.NONE
    )
    for one in exits:
        broker.venue.fill(broker.order(one.order_id).venue_order_id or "", price=Decimal(1500))
    broker.send_updates()
    eventually(lambda: len(broker.venue.submitted) == 4)
    reversal = broker.order(f"{entry}51")
    assert (reversal.request.side, reversal.request.quantity) == ("BUY", 10)
    eventually(lambda: broker.order(f"{entry}51").venue_order_id)
    broker.venue.fill(broker.order(f"{entry}51").venue_order_id or "")
    broker.send_updates()
    broker.read_book()
    assert broker.service.positions(run_id="live-1", open_only=True) == []
    assert len(broker.venue.submitted) == 4


def test_an_order_in_doubt_does_not_keep_the_rest_of_its_run_from_closing(
    broker: Broker, order: Any
) -> None:
    broker.venue.fills_at_once = True
    broker.place(order(tradingsymbol="TCS", quantity=4))
    broker.send_updates()
    broker.venue.plan = lambda *_: Fault.DROP_BEFORE
    broker.place(order())
    broker.venue.plan = lambda *_: Fault.NONE
    answer = broker.service.exit_run(broker.run, key="exit-1")
    assert answer.status_code == 202
    eventually(lambda: len(broker.venue.submitted) == 2)
    broker.send_updates()
    assert broker.service.positions(run_id="live-1", open_only=True) == [], "TCS is closed"
    assert broker.service.advance_exit("live-1", "exit-1") is None, "INFY is still in doubt"
    broker.read_book(8, later=timedelta(seconds=10))
    done = broker.service.advance_exit("live-1", "exit-1")
    assert done is not None
    assert done.document["status"] == "closed"


# --- the clock ----------------------------------------------------------------------------------


def test_a_paper_account_trades_beside_a_broker_that_does_not_answer(
    broker: Broker, order: Any, user_id: int
) -> None:
    broker.venue.delay_s = 1.0
    slow = threading.Thread(target=broker.place, args=(order(),))
    slow.start()
    paper = broker.service.account(user_id, "kite:paper-a").id
    run = RunRef(account_id=paper, run_id="paper-1")
    reply = broker.service.place(run, order(), key="key-0001")
    assert reply.document["status"] == "COMPLETE"
    assert broker.venue.received == [], "the paper order did not wait for the broker's"
    slow.join()
    eventually(lambda: broker.service.orders(run_id="live-1")[0].venue_order_id)


def test_orders_of_a_broker_account_are_for_that_broker_alone(broker: Broker, order: Any) -> None:
    with pytest.raises(Exception, match="orders of this account go to broker"):
        broker.place(order(), run=RunRef(account_id=broker.account, run_id="x", venue="paper"))


def test_an_account_without_a_connection_rejects_at_once(
    start: Any, user_id: int, order: Any
) -> None:
    service = start()
    account = service.broker_account(user_id, "kite:AB1234", "zerodha").id
    run = RunRef(account_id=account, run_id="live-1", venue="broker")
    reply = service.place(run, order(), key="key-0001")
    assert reply.document["status"] == "REJECTED"
    assert "not connected" in reply.document["result"]["status_message"]


def test_the_scripted_venue_is_what_the_port_asks_for(venue: ScriptedVenue) -> None:
    gateway: OrderGateway = venue.connect()  # a type checker compares the two
    assert list(gateway.order_book()) == []
