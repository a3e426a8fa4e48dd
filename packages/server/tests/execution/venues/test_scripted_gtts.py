"""Every transition of a trigger at a broker that is scripted (D2's gtt_status; FAULTS §3; P7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from scripted_gtts import ScriptedGtts, lost_once
from scripted_venue import ScriptedVenue

from tradertape_core.orders.gtt import Gtt, GttStatus, GttType
from tradertape_core.orders.gtt_fields import read_gtt
from tradertape_core.orders.order import OrderRequest, OrderStatus, OrderType, Product, Side
from tradertape_server.features.execution.errors import GttRefused, LiveBlocked, OrderDenied
from tradertape_server.features.execution.exits import kill_switch_exits
from tradertape_server.features.execution.gtt.at_broker import Pending
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state import broker_gtts as memory
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.venues import lane
from tradertape_server.features.execution.venues.gateway import (
    GttRules,
    NotSent,
    OutcomeUnknown,
    RequestRefused,
)
from tradertape_server.features.execution.venues.gtt_reader import GttReader
from tradertape_server.platform.errors import Conflict, NotFound

from .conftest import Broker, eventually

S = GttStatus
RUN = "live-1"


def document(trigger: float = 1450.0, *, side: str = "BUY", quantity: int = 10) -> dict[str, Any]:
    return {
        "type": "single",
        "condition": {
            "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [trigger],
            "last_price": 1500.0,
        },
        "orders": [
            {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": side,
             "quantity": quantity, "order_type": "LIMIT", "product": "CNC", "price": trigger}
        ],
    }  # fmt: skip


def request_of(trigger: float = 1450.0) -> OrderRequest:
    return OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.LIMIT, quantity=10, price=Decimal(str(trigger)),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _read_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GttReader, "_start", lambda _self: None)
    monkeypatch.setattr(memory, "HOLD_S", 0.0)


@pytest.fixture
def there(clock: Any, venue: ScriptedVenue) -> ScriptedGtts:
    """The triggers that the broker has."""
    gtts = ScriptedGtts(clock)
    venue.gtts = gtts
    return gtts


@pytest.fixture
def broker(there: ScriptedGtts, connect: Callable[[], Broker]) -> Broker:
    return connect()


def create(broker: Broker, **changes: Any) -> int:
    return broker.service.create_gtt(broker.account, document(**changes), run_id=RUN)


def gtt_of(broker: Broker, trigger_id: int) -> Gtt:
    return broker.service.get_gtt(broker.account, trigger_id)


def read(broker: Broker, times: int = 1, *, later_s: float = 0.0) -> None:
    """Have the list read and recorded, the clock moved on before each reading."""
    for _ in range(times):
        broker.clock.advance(seconds=later_s)
        broker.market.refresh()
        found = broker.service.lanes.lane(broker.account).gtts.read()  # pyright: ignore
        broker.service.trader.on_venue(found)
        broker.settle()


def events(broker: Broker) -> list[str]:
    found = broker.service.latest_events(RUN, before=None, kind=None, limit=100)
    return [one.event_type for one in reversed(found) if one.source == "gtt"]


# --- placing --------------------------------------------------------------------------------------


def test_a_trigger_is_on_disk_before_it_is_sent_and_active_when_it_is_answered(
    broker: Broker, there: ScriptedGtts
) -> None:
    seen: list[GttStatus] = []
    there.before = lambda _name: seen.append(broker.service.gtts(broker.account)[0].status)
    made = gtt_of(broker, create(broker))
    assert seen == [S.PLACING]
    assert made.at_broker is not None
    assert (made.status, made.at_broker.trigger_id, made.run_id) == (S.ACTIVE, "9001", RUN)
    assert events(broker) == ["gtt_sent", "gtt_created"]


def test_the_same_key_places_once_and_gives_the_same_refusal(
    broker: Broker, there: ScriptedGtts
) -> None:
    key = CallersKey("user-1", "key-1")
    first = broker.service.create_gtt(broker.account, document(), key=key)
    assert broker.service.create_gtt(broker.account, document(), key=key) == first
    assert there.calls == ["place"]
    refused = CallersKey("user-1", "key-2")

    def refuse(_name: str) -> None:
        raise RequestRefused("too near the price")

    there.before = refuse
    for _ in range(2):
        with pytest.raises(GttRefused, match="too near"):
            broker.service.create_gtt(broker.account, document(1440.0), key=refused)
    assert there.calls == ["place", "place"]
    assert broker.service.gtts(broker.account)[1].status is S.REJECTED


def test_what_could_not_leave_is_given_up_and_never_sent_later(
    broker: Broker, there: ScriptedGtts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger is not kept for a login that comes hours later: its price is old then."""
    monkeypatch.setattr(lane, "ENTRY_PATIENCE_S", 0.05)

    def unable(_name: str) -> None:
        raise NotSent("the account's limit of requests is used up")

    there.before = unable
    with pytest.raises(GttRefused, match="not sent within"):
        create(broker)
    there.before = lambda _name: None
    read(broker)
    assert there.active == []
    assert broker.service.gtts(broker.account)[0].status is S.REJECTED


@pytest.mark.parametrize("was_taken", [True, False], ids=["taken", "never arrived"])
def test_a_lost_answer_is_settled_from_the_list_within_two_minutes(
    broker: Broker, there: ScriptedGtts, was_taken: bool
) -> None:
    if was_taken:
        there.after = lost_once("place")
    else:
        there.before = lost_once("place")
    trigger_id = create(broker)
    assert gtt_of(broker, trigger_id).status is S.IN_DOUBT
    with pytest.raises(Pending):
        broker.service.modify_gtt(broker.account, trigger_id, document(1440.0))
    read(broker, times=4, later_s=27)
    found = gtt_of(broker, trigger_id)
    assert found.status is (S.ACTIVE if was_taken else S.REJECTED)
    assert there.calls == ["place"], "it is never sent again"


def test_a_list_that_lags_by_a_minute_and_a_half_is_waited_for(
    broker: Broker, there: ScriptedGtts
) -> None:
    there.after = lost_once("place")
    trigger_id = create(broker)
    hidden, there.entries = there.entries, {}
    read(broker, times=3, later_s=30)
    assert gtt_of(broker, trigger_id).status is S.IN_DOUBT
    there.entries = hidden
    read(broker)
    assert gtt_of(broker, trigger_id).status is S.ACTIVE


def test_one_that_was_given_up_and_appears_later_is_found_and_not_left_to_itself(
    broker: Broker, there: ScriptedGtts
) -> None:
    there.after = lost_once("place")
    trigger_id = create(broker)
    hidden, there.entries = there.entries, {}
    read(broker, times=5, later_s=30)
    assert gtt_of(broker, trigger_id).status is S.REJECTED
    there.entries = hidden
    read(broker)
    assert gtt_of(broker, trigger_id).status is S.ACTIVE


def test_what_cannot_be_told_apart_stays_in_doubt_and_says_what_to_do(
    broker: Broker, there: ScriptedGtts, user_id: int
) -> None:
    there.after = lost_once("place")
    trigger_id = create(broker)
    other = there.put(read_gtt(document()))
    read(broker, times=5, later_s=30)
    doubtful = gtt_of(broker, trigger_id)
    assert doubtful.at_broker is not None
    assert doubtful.status is S.IN_DOUBT
    assert "say on the GTTs page which" in (doubtful.at_broker.problem or "")
    assert events(broker).count("gtt_in_doubt") == 2, "told once"
    broker.clock.advance(seconds=1)
    assert there.calls == ["place"]
    with pytest.raises(NotFound):
        broker.service.settle_gtt(broker.account, trigger_id, "7")
    read(broker)
    listed = [one.entry.trigger_id for one, _ in broker.service.external_gtts(user_id)]
    assert sorted(listed) == ["9001", other]
    broker.service.settle_gtt(broker.account, trigger_id, "9001")
    read(broker)
    assert gtt_of(broker, trigger_id).status is S.ACTIVE
    assert [one.entry.trigger_id for one, _ in broker.service.external_gtts(user_id)] == [other]


def test_a_list_that_cannot_be_read_settles_nothing_and_is_told(
    broker: Broker, there: ScriptedGtts
) -> None:
    there.before = lost_once("place")
    trigger_id = create(broker)
    there.unreadable = OutcomeUnknown("the broker is down")
    read(broker, times=6, later_s=30)
    doubtful = gtt_of(broker, trigger_id)
    assert doubtful.at_broker is not None
    assert doubtful.status is S.IN_DOUBT
    assert "cannot be read: the broker is down" in (doubtful.at_broker.problem or "")
    broker.service.settle_gtt(broker.account, trigger_id, None)
    assert gtt_of(broker, trigger_id).status is S.REJECTED
    with pytest.raises(Conflict):
        broker.service.settle_gtt(broker.account, trigger_id, None)


# --- changing and ending --------------------------------------------------------------------------


@pytest.mark.parametrize("was_done", [True, False])
def test_a_change_whose_answer_is_lost_is_what_the_list_shows(
    broker: Broker, there: ScriptedGtts, was_done: bool
) -> None:
    trigger_id = create(broker)
    setattr(there, "after" if was_done else "before", lost_once("modify"))
    broker.service.modify_gtt(broker.account, trigger_id, document(1440.0))
    read(broker, times=4, later_s=30)
    gtt = gtt_of(broker, trigger_id)
    assert gtt.at_broker is not None
    assert gtt.at_broker.ask is None
    assert gtt.request.trigger_values == (Decimal("1440.0" if was_done else "1450.0"),)
    assert (gtt.at_broker.problem is None) is was_done
    assert there.calls == ["place", "modify"]


def test_a_refused_change_leaves_the_trigger_as_it_is(broker: Broker, there: ScriptedGtts) -> None:
    trigger_id = create(broker)

    def refuse(_name: str) -> None:
        raise RequestRefused("not while the market is closed")

    there.before = refuse
    for change in (
        lambda: broker.service.modify_gtt(broker.account, trigger_id, document(1440.0)),
        lambda: broker.service.delete_gtt(broker.account, trigger_id),
    ):
        with pytest.raises(GttRefused, match="market is closed"):
            change()
    gtt = gtt_of(broker, trigger_id)
    assert (gtt.status, gtt.request.trigger_values) == (S.ACTIVE, (Decimal("1450.0"),))


def test_one_that_is_ended_while_its_placement_is_in_doubt_ends_when_it_is_found(
    broker: Broker, there: ScriptedGtts
) -> None:
    there.after = lost_once("place")
    trigger_id = create(broker)
    broker.service.delete_gtt(broker.account, trigger_id)
    assert gtt_of(broker, trigger_id).status is S.IN_DOUBT
    read(broker)
    eventually(lambda: gtt_of(broker, trigger_id).status is S.DELETED)
    assert there.calls == ["place", "cancel"]


# --- what happens at the broker -------------------------------------------------------------------


@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
@pytest.mark.parametrize("status", [S.DISABLED, S.EXPIRED, S.CANCELLED, S.REJECTED, S.DELETED])
def test_however_it_ends_there_it_ends_here(
    broker: Broker, there: ScriptedGtts, connect: Any, status: GttStatus, is_down: bool
) -> None:
    """A split disables it (P7); the year is over; somebody cancels it in the app."""
    trigger_id = create(broker)
    if is_down:
        broker.service.trader.stop()
    there.end("9001", status, reason="adjusted for a split")
    if is_down:
        broker = connect()
    read(broker)
    gtt = gtt_of(broker, trigger_id)
    assert gtt.at_broker is not None
    assert (gtt.status, gtt.at_broker.problem) == (status, "adjusted for a split")
    assert events(broker)[-1] == f"gtt_{status.value}"


@pytest.mark.parametrize("is_down", [False, True], ids=["running", "down"])
@pytest.mark.parametrize(
    "outcome", ["filled", "partly filled", "unfilled", "rejected", "cancelled"]
)
def test_an_order_of_a_trigger_is_its_owners_whatever_becomes_of_it(
    broker: Broker, there: ScriptedGtts, venue: ScriptedVenue, connect: Any, outcome: str,
    is_down: bool,
) -> None:  # fmt: skip
    trigger_id = create(broker)
    if is_down:
        broker.service.trader.stop()
    number = venue.external(request_of(), filled=False)
    there.fire("9001", order_id=number)
    if outcome == "rejected":
        venue.report(number, OrderStatus.REJECTED, message="RMS: margin exceeds")
    elif outcome == "cancelled":
        venue.report(number, OrderStatus.CANCELLED)
    elif outcome != "unfilled":
        venue.fill(number, 10 if outcome == "filled" else 4)
    else:
        venue.report(number, OrderStatus.OPEN)
    if is_down:
        broker = connect()
    read(broker)
    broker.read_book()
    gtt = gtt_of(broker, trigger_id)
    assert (gtt.status, gtt.fired_leg) == (S.TRIGGERED, 0)
    order = broker.order(gtt.results[0].order_id or "")
    assert not order.is_external
    filled = {"filled": 10, "partly filled": 4}.get(outcome, 0)
    assert order.filled_quantity == filled
    held = broker.service.positions(run_id=RUN, open_only=True)
    assert sum(one.quantity for one in held) == filled
    if outcome == "partly filled":
        venue.fill(number)
        broker.read_book()
        assert broker.order(order.order_id).status is OrderStatus.COMPLETE
    status = {"rejected": OrderStatus.REJECTED, "cancelled": OrderStatus.CANCELLED}
    if outcome in status:
        assert order.status is status[outcome]


def test_a_trigger_whose_order_the_broker_refused_says_why(
    broker: Broker, there: ScriptedGtts
) -> None:
    trigger_id = create(broker)
    there.fire("9001", reason="insufficient funds")
    read(broker)
    (result,) = gtt_of(broker, trigger_id).results
    assert (result.order_id, result.reason) == (None, "insufficient funds")


def test_an_order_that_is_reported_before_the_list_says_so_waits_for_the_list(
    broker: Broker, there: ScriptedGtts, venue: ScriptedVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "HOLD_S", 30.0)
    trigger_id = create(broker)
    number = venue.external(request_of())
    broker.send_updates()
    broker.read_book()
    assert broker.service.orders(run_id="external-orders") == []
    there.fire("9001", order_id=number)
    read(broker)
    broker.read_book()
    assert broker.service.orders(run_id="external-orders") == []
    assert gtt_of(broker, trigger_id).results[0].order_id is not None


def test_an_equal_order_of_another_terminal_is_shown_as_external_in_the_end(
    broker: Broker, there: ScriptedGtts, venue: ScriptedVenue
) -> None:
    trigger_id = create(broker)
    venue.external(request_of())
    broker.read_book()
    read(broker)
    broker.read_book()
    assert len(broker.service.orders(run_id="external-orders")) == 1
    assert gtt_of(broker, trigger_id).status is S.ACTIVE


def test_where_the_broker_names_no_order_it_is_found_by_its_terms(
    broker: Broker, there: ScriptedGtts, venue: ScriptedVenue
) -> None:
    trigger_id = create(broker)
    number = venue.external(request_of())
    there.fire("9001")
    read(broker)
    broker.read_book()
    order = broker.order(gtt_of(broker, trigger_id).results[0].order_id or "")
    assert order.venue_order_id == number


def test_an_order_of_yesterday_is_not_guessed(broker: Broker, there: ScriptedGtts) -> None:
    trigger_id = create(broker)
    there.fire("9001", order_id="77")
    broker.clock.advance(seconds=timedelta(days=1).total_seconds())
    read(broker)
    broker.read_book()
    (result,) = gtt_of(broker, trigger_id).results
    assert "no longer in the broker's order book" in (result.reason or "")
    assert events(broker)[-1] == "gtt_order_unknown"


def test_one_that_is_in_doubt_and_fires_before_it_is_found_is_still_its_owners(
    broker: Broker, there: ScriptedGtts, venue: ScriptedVenue
) -> None:
    there.after = lost_once("place")
    trigger_id = create(broker)
    number = venue.external(request_of())
    there.fire("9001", order_id=number)
    read(broker)
    broker.read_book()
    gtt = gtt_of(broker, trigger_id)
    assert gtt.status is S.TRIGGERED
    assert broker.order(gtt.results[0].order_id or "").filled_quantity == 10


def test_changed_in_the_brokers_app_it_has_those_terms_here(
    broker: Broker, there: ScriptedGtts
) -> None:
    trigger_id = create(broker)
    there.entries["9001"] = replace(there.entries["9001"], request=read_gtt(document(1430.0)))
    read(broker)
    assert gtt_of(broker, trigger_id).request.trigger_values == (Decimal("1430.0"),)


def test_one_that_the_list_has_no_longer_is_over_after_several_looks(
    broker: Broker, there: ScriptedGtts
) -> None:
    trigger_id = create(broker)
    there.entries.clear()
    read(broker, times=2, later_s=30)
    assert gtt_of(broker, trigger_id).status is S.ACTIVE
    read(broker, times=3, later_s=50)
    assert gtt_of(broker, trigger_id).status is S.CANCELLED


# --- limits, gates, people ------------------------------------------------------------------------


def test_the_brokers_limits_are_known_before_it_is_asked(
    broker: Broker, there: ScriptedGtts
) -> None:
    for number in range(3):
        create(broker, trigger=1450.0 - number)
    for _ in range(2):
        there.put(read_gtt(document(1300.0)))
    read(broker)
    with pytest.raises(OrderDenied, match="5 triggers are active"):
        create(broker, trigger=1400.0)
    there.rules = GttRules(types=frozenset({GttType.SINGLE}), title="Upstox", most=50)
    two = {**document(), "type": "two-leg"}
    two["condition"] = {**two["condition"], "trigger_values": [1400.0, 1600.0]}
    two["orders"] = [two["orders"][0], {**two["orders"][0], "price": 1600.0}]
    with pytest.raises(Conflict, match="Upstox has no two-leg trigger"):
        broker.service.create_gtt(broker.account, two)
    assert there.calls == ["place"] * 3


def test_without_permission_to_trade_live_nothing_is_sent(
    broker: Broker, there: ScriptedGtts
) -> None:
    def blocked(_account_id: int) -> None:
        raise LiveBlocked([("token_expired", "The broker's session is over")])

    broker.service.demand_live = blocked
    with pytest.raises(LiveBlocked):
        create(broker)
    assert there.calls == []


def test_the_kill_switch_ends_what_would_open_a_position_and_takes_no_more(
    broker: Broker, there: ScriptedGtts, user_id: int
) -> None:
    trigger_id = create(broker)
    halt = Halt(user_id=user_id, reason="drill", by="trader", since=broker.clock.now())

    def turn_on(uow: Any) -> None:
        uow.switch(user_id, halt)
        kill_switch_exits.cancel_entries(uow, [broker.account], broker.service.gtt, why="drill")

    broker.service.trader.execute(Command(turn_on))
    with pytest.raises(OrderDenied, match="kill switch"):
        create(broker, trigger=1400.0)
    eventually(lambda: gtt_of(broker, trigger_id).status is S.DELETED)
    assert (there.active, there.calls) == ([], ["place", "cancel"])


def test_a_kill_switchs_end_of_a_trigger_waits_for_the_login_over_a_restart(
    broker: Broker, there: ScriptedGtts, user_id: int, connect: Any
) -> None:
    """FAULTS §2, §3: the session is over, the switch is turned on, the server starts again."""
    trigger_id = create(broker)
    halt = Halt(
        user_id=user_id, reason="drill", by="trader", since=broker.clock.now(), cancels=True
    )

    def no_session(_name: str) -> None:
        raise NotSent("nobody is signed in")

    there.before = no_session

    def turn_on(uow: Any) -> None:
        uow.switch(user_id, halt)
        kill_switch_exits.cancel_entries(uow, [broker.account], broker.service.gtt, why="drill")

    broker.service.trader.execute(Command(turn_on))
    assert broker.service.cancels_on_their_way() == {(user_id, "kite:AB1234"): 1}
    broker.gateway.close()
    broker.service.trader.stop()
    there.before = lambda _name: None
    there.calls.clear()
    broker = connect()
    read(broker, times=5, later_s=30)
    eventually(lambda: gtt_of(broker, trigger_id).status is S.DELETED)
    assert (there.active, there.calls) == ([], ["cancel"])
    assert broker.service.cancels_on_their_way() == {}


def test_a_second_person_sees_and_changes_nothing(
    broker: Broker, there: ScriptedGtts, database: Any
) -> None:
    from tradertape_server.features.auth.models import User

    trigger_id = create(broker)
    there.put(read_gtt(document(1300.0)))
    read(broker)
    with database.write() as session:
        other = User(email="second@example.com", created_at=broker.clock.now())
        session.add(other)
        session.flush()
        other_id = other.id
    account = broker.service.account(other_id, "kite:paper-a").id
    assert broker.service.external_gtts(other_id) == []
    with pytest.raises(NotFound):
        broker.service.gtt_record(other_id, trigger_id)
    for change in (
        lambda: broker.service.delete_gtt(account, trigger_id),
        lambda: broker.service.modify_gtt(account, trigger_id, document(1440.0)),
        lambda: broker.service.settle_gtt(account, trigger_id, None),
    ):
        with pytest.raises(NotFound):
            change()
    assert there.calls == ["place"]


# --- stops in the middle --------------------------------------------------------------------------


@pytest.mark.parametrize("was_taken", [True, False])
def test_a_server_that_stops_while_sending_looks_and_does_not_send(
    broker: Broker, there: ScriptedGtts, connect: Any, was_taken: bool
) -> None:
    from threading import Event, Thread

    reached, go = Event(), Event()

    def hang(_name: str) -> None:
        reached.set()
        go.wait(10)
        if not was_taken:
            raise OutcomeUnknown("cut")

    there.before = hang

    def place() -> None:
        try:
            create(broker)
        except Exception:  # noqa: BLE001 - its server stops
            return

    Thread(target=place, daemon=True).start()
    assert reached.wait(10)
    old: ExecutionService = broker.service
    Thread(target=old.trader.stop, daemon=True).start()
    go.set()
    eventually(lambda: old.trader._thread is None)
    broker = connect()
    read(broker, times=5, later_s=30)
    (gtt,) = broker.service.gtts(broker.account)
    assert gtt.status is (S.ACTIVE if was_taken else S.REJECTED)
    assert there.calls == ["place"]


def test_a_placement_that_another_process_was_sending_is_looked_for(
    broker: Broker, there: ScriptedGtts, connect: Any
) -> None:
    """Two processes: the first one hangs in the broker's call, the second one trades meanwhile."""
    from threading import Event, Thread

    reached, go = Event(), Event()

    def hang(_name: str) -> None:
        reached.set()
        go.wait(20)

    there.after = hang

    def place() -> None:
        try:
            create(broker)
        except Exception:  # noqa: BLE001 - another process trades
            return

    Thread(target=place, daemon=True).start()
    assert reached.wait(10)
    there.after = lambda _name: None
    second = connect()
    read(second)
    (gtt,) = second.service.gtts(second.account)
    assert gtt.status is S.ACTIVE
    go.set()
    broker.settle()
    read(second)
    assert len(there.active) == 1
    assert second.service.gtts(second.account)[0].status is S.ACTIVE
    assert there.calls == ["place"]
