"""A basket whose leg the venue refuses: what filled is reversed where that was asked for (D18)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import crashing
import oracles
import pytest

from tradertape_core.execution import matching
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import OrderRequest
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.lost_legs import BROKEN
from tradertape_server.platform import crash_points
from tradertape_server.platform.crash_points import EXIT_CODE
from tradertape_server.platform.database.engine import Database

Refuse = Callable[[str], None]
WHY = "the venue does not like it"


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Has the venue refuse every order of a share; our own checks know nothing of it."""

    def refuse(symbol: str) -> None:
        def refusal(request: OrderRequest, _tick: Tick | None) -> str | None:
            return WHY if request.tradingsymbol == symbol else None

        monkeypatch.setattr(matching, "refusal_of", refusal)

    return refuse


@pytest.fixture
def pair(order: Any) -> list[dict[str, Any]]:
    return [order(product="MIS"), order(product="MIS", tradingsymbol="TCS", quantity=5)]


def test_what_filled_is_reversed_when_another_leg_is_refused(
    execution: Any, run: RunRef, pair: Any, refuse: Refuse
) -> None:
    refuse("TCS")
    answer = execution.place_basket(run, pair, key="basket-1", all_or_none=True, unwind="reverse")
    result = answer.document["result"]
    assert [leg["status"] for leg in result["legs"]] == ["COMPLETE", "REJECTED"]
    assert result["legs"][1]["detail"] == WHY
    assert (result["status"], result["unwind"]["status"]) == ("rejected", "done")
    (reversal,) = result["unwind"]["orders"]
    assert execution.order("run-1", reversal).filled_quantity == 10
    assert execution.positions(run_id="run-1", open_only=True) == []
    told = [one.event_type for one in execution.events(run_id="run-1")]
    assert told.index("basket_unwinding") < told.index("basket_unwound")
    again = execution.place_basket(run, pair, key="basket-1", all_or_none=True, unwind="reverse")
    assert (again.body, again.is_replay) == (answer.body, True)
    assert len(execution.orders(run_id="run-1")) == 3


def test_without_the_wish_the_filled_leg_stands(
    execution: Any, run: RunRef, pair: Any, refuse: Refuse
) -> None:
    refuse("TCS")
    result = execution.place_basket(run, pair, key="basket-1", all_or_none=True).document["result"]
    assert result["status"] == "partial"
    assert "unwind" not in result
    assert [one.quantity for one in execution.positions(run_id="run-1", open_only=True)] == [10]


def test_a_leg_that_rests_is_taken_back(
    execution: Any, run: RunRef, order: Any, pair: Any, refuse: Refuse
) -> None:
    refuse("TCS")
    resting = order(product="MIS", order_type="LIMIT", price=1490, quantity=3)
    result = execution.place_basket(
        run, [resting, *pair], key="basket-1", all_or_none=True, unwind="reverse"
    ).document["result"]
    states = [leg["status"] for leg in result["legs"]]
    assert states == ["CANCELLED", "COMPLETE", "REJECTED"]
    assert result["unwind"]["status"] == "done"
    assert execution.orders(run_id="run-1", open_only=True) == []


def test_an_immediate_leg_that_finds_nobody_breaks_the_basket(
    execution: Any, run: RunRef, order: Any
) -> None:
    never = order(
        product="MIS", order_type="LIMIT", price=2990, validity="IOC", tradingsymbol="TCS"
    )
    result = execution.place_basket(
        run, [order(product="MIS"), never], key="basket-1", all_or_none=True, unwind="reverse"
    ).document["result"]
    assert result["unwind"]["status"] == "done"
    assert execution.positions(run_id="run-1", open_only=True) == []


def test_a_sound_basket_and_one_refused_whole_reverse_nothing(
    execution: Any, run: RunRef, pair: Any, order: Any, refuse: Refuse
) -> None:
    sound = execution.place_basket(run, pair, key="basket-1", all_or_none=True, unwind="reverse")
    assert sound.document["result"]["status"] == "accepted"
    refuse("TCS")
    bad = [order(product="MIS", tradingsymbol="TCS")] * 2
    whole = execution.place_basket(run, bad, key="basket-2", all_or_none=True, unwind="reverse")
    assert whole.document["result"]["status"] == "rejected"
    assert "unwind" not in sound.document["result"] | whole.document["result"]


@pytest.mark.parametrize("step", ["after_commit", "after_send", "before_record:2", "after_record"])
def test_killed_on_the_way_the_basket_is_reversed_once_after_the_start(
    database: Database, database_url: str, pair: Any, refuse: Refuse, step: str
) -> None:
    """after_record: the first leg's fill is stored and its reversal is in the outbox."""
    clock = crashing.RunningClock()
    with database.write() as session:
        user = User(email="trader@example.com", created_at=clock.now())
        session.add(user)
        session.flush()
        user_id = user.id
    service = crashing.a_server(database_url, clock, crashing.priced_market(clock))
    account_id = service.account(user_id, "kite:paper-a").id
    service.trader.stop()
    service.database.close()
    database.engine.dispose()
    refuse("TCS")
    run = RunRef(account_id=account_id, run_id="run-1")

    def place(server: Any) -> Any:
        return server.place_basket(run, pair, key="basket-1", all_or_none=True, unwind="reverse")

    def die() -> None:
        server = crashing.a_server(database_url, clock, crashing.priced_market(clock))
        crash_points._points = crash_points.CrashPoints(step)
        place(server)

    pid = crashing.spawn(die)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == EXIT_CODE
    server = crashing.a_server(database_url, clock, crashing.priced_market(clock))
    try:
        result = place(server).document["result"]
        assert result["unwind"]["status"] == "done"
        assert len(server.orders(run_id="run-1")) == 3
        assert server.positions(run_id="run-1", open_only=True) == []
    finally:
        server.trader.stop()
        server.database.close()
    oracles.check(database)


@pytest.mark.parametrize("unwind", ["none", "reverse"])
def test_a_leg_that_is_lost_after_the_answer_is_told_of(
    execution: Any, run: RunRef, order: Any, clock: Any, unwind: str
) -> None:
    waiting = order(
        tradingsymbol="TCS", order_type="LIMIT", price=2900, validity="TTL", validity_ttl=2
    )
    legs = [order(), waiting, order(order_type="LIMIT", price=1450)]
    answer = execution.place_basket(run, legs, key="basket-1", all_or_none=True, unwind=unwind)
    assert answer.document["status"] == "accepted"
    filled, lost, resting = (leg["order_id"] for leg in answer.document["result"]["legs"])
    clock.advance(seconds=121)
    ExecutionJobs(execution, nse_calendar(), clock).run_once()
    assert execution.order("run-1", lost).status == "CANCELLED"
    [told] = [one for one in execution.events(run_id="run-1") if one.event_type == BROKEN]
    assert told.summary == (
        "Leg 1 of the basket basket-1 ended as CANCELLED after the reply: "
        "BUY 10 NSE:TCS LIMIT 2,900.00 CNC. "
        "Of the other legs, 1 filled and 1 open: none is reversed automatically"
    )
    assert told.payload == {"key": "basket-1", "leg": 1, "filled": [filled], "resting": [resting]}
    execution.cancel("run-1", resting)  # which its owner wants
    told = [one.event_type for one in execution.events(run_id="run-1")]
    assert told.count(BROKEN) == 1
    assert "basket_unwinding" not in told


def test_a_leg_that_lapses_at_once_makes_a_basket_partial(
    execution: Any, run: RunRef, order: Any
) -> None:
    legs = [order(), order(tradingsymbol="TCS", order_type="LIMIT", price=2900, validity="IOC")]
    body = execution.place_basket(run, legs, key="basket-1").document
    assert [leg["status"] for leg in body["result"]["legs"]] == ["COMPLETE", "CANCELLED"]
    assert body["status"] == "partial"


def test_legs_that_lapse_together_with_the_day_are_no_news(
    execution: Any, run: RunRef, order: Any, clock: Any
) -> None:
    legs = [order(order_type="LIMIT", price=price) for price in (1450, 1460)]
    execution.place_basket(run, legs, key="basket-1")
    clock.advance(seconds=86_400)
    ExecutionJobs(execution, nse_calendar(), clock).run_once()
    assert {one.status for one in execution.orders(run_id="run-1")} == {"CANCELLED"}
    assert BROKEN not in {one.event_type for one in execution.events(run_id="run-1")}
