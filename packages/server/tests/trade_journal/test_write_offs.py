"""Units that are written off in the reconciliation leave their trip as by a sale, and return."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.trade_journal.test_follow import (
    ElsewhereAndBack,
    Splits,
    same_as_anew,
)
from packages.server.tests.trade_journal.test_own_trades import (
    LIVE,
    Trader,
    at,
    trader,  # noqa: F401 - a fixture
)
from packages.server.tests.trade_journal.test_routes import get

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.lots import Lot
from tradertape_core.ledger.write_off import WriteOff
from tradertape_core.orders.codec import to_document
from tradertape_server.container import Container
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.queries import (
    version_of_actions,
    write_offs_of_person,
)
from tradertape_server.features.trade_journal.own.trades import OwnTrades

_numbers = count(1)
Write = Callable[..., int]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def write_off(container: Container, trader: Trader) -> Write:  # noqa: F811
    """Write units off as the reconciliation does; the number of the correction."""

    def write(units: int, rupees: int, when: datetime, *, run: str | None = None) -> int:
        lot = Lot(trade_id=f"t{next(_numbers)}", quantity=units, cost=Paise(rupees * 100), at=at(0))
        with container.database.write() as session:
            row = Correction(
                user_id=trader.user_id, scope=LIVE, instrument="NSE:INFY", action="write_off",
                units=-units, cause="unknown", note="", made_by="person@example.com",
                created_at=when,
            )  # fmt: skip
            session.add(row)
            session.flush()
            one = WriteOff(
                write_off_id=f"correction:{row.id}", instrument="NSE:INFY", lots=(lot,),
                value=Paise(rupees * 100), at=when,
            )  # fmt: skip
            move = {
                "run_id": run, "product": "CNC", "actions": 0, "write_off": to_document(one),
            }  # fmt: skip
            row.action_terms = {"left": units, "moves": [move]}
            return row.id

    return write


def undo(container: Container, number: int) -> None:
    with container.database.write() as session:
        session.get_one(Correction, number).undone_at = at(29)


def test_what_is_written_off_closes_its_trip_at_what_it_counts_as(
    signed_in: TestClient, trader: Trader, write_off: Write, container: Container  # noqa: F811
) -> None:  # fmt: skip
    trader.fill("BUY", 10, 100, at(0), scope=LIVE, charges=500)
    [opened] = get(signed_in, "trips")
    assert (opened["closed_on"], opened["written_off"]) == (None, None)
    number = write_off(10, 1000, at(3))
    [trip] = get(signed_in, "trips")
    assert (trip["key"], trip["written_off"], trip["trades"]) == (opened["key"], "10", 2)
    assert (trip["closed_on"], trip["exit_price"]) == (at(3).date().isoformat(), "100.0000")
    assert (trip["gross"], trip["charges"], trip["net"]) == ("0.00", "5.00", "-5.00")
    assert get(signed_in, "statistics")["total"]["count"] == 1
    undo(container, number)
    assert get(signed_in, "trips") == [opened]


def test_a_part_leaves_and_the_rest_is_sold(
    signed_in: TestClient, trader: Trader, write_off: Write  # noqa: F811
) -> None:  # fmt: skip
    trader.fill("BUY", 10, 100, at(0), scope=LIVE)
    write_off(4, 480, at(2))  # sold elsewhere at 120
    trader.fill("SELL", 6, 110, at(4), scope=LIVE)
    [trip] = get(signed_in, "trips")
    assert (trip["net"], trip["written_off"]) == ("140.00", "4")
    trader.fill("BUY", 1, 100, at(5), scope=LIVE)
    assert [one["written_off"] for one in get(signed_in, "trips")] == [None, "4"]


def test_another_run_and_another_person_are_not_touched(
    signed_in: TestClient, trader: Trader, write_off: Write, sign_in: Any  # noqa: F811
) -> None:  # fmt: skip
    other = sign_in("other@example.com")
    Trader(trader.database, "other@example.com").fill("BUY", 10, 100, at(0), scope=LIVE)
    run = trader.run("run-1", "Opening range")
    trader.fill("BUY", 10, 100, at(0), scope=LIVE)
    trader.fill("BUY", 10, 100, at(0), scope=LIVE, run=run)
    write_off(10, 1000, at(3), run=run)
    told = {one["origin"]: one["written_off"] for one in get(signed_in, "trips")}
    assert told == {"run": "10", "hand": None}
    assert [one["written_off"] for one in get(other, "trips")] == [None]


@pytest.mark.parametrize("is_away", [False, True])
def test_whatever_is_written_off_and_undone_it_is_what_reading_anew_gives(
    trader: Trader, write_off: Write, container: Container, is_away: bool  # noqa: F811
) -> None:  # fmt: skip
    choose = random.Random(7)
    facts = Splits()
    own = OwnTrades(container.database, facts, version_of_actions, gone=write_offs_of_person)
    # As the process of its own: it does not know of what is written off.
    away = ElsewhereAndBack(OwnTrades(container.database, facts, version_of_actions))
    reader = OwnTrades(
        container.database, facts, version_of_actions, away if is_away else None,
        gone=write_offs_of_person, most_here=2,
    )  # fmt: skip
    kept, held, made = reader.of_person(trader.user_id), 0, list[int]()
    for step in range(60):
        when = at(step // 3 % 28) + timedelta(minutes=step)
        if held > 5 and choose.random() < 0.3:
            units = choose.randrange(1, held)
            made.append(write_off(units, units * 90, when))
            held -= units
        elif made and choose.random() < 0.1:
            undo(container, made.pop())
        elif held and choose.random() < 0.4:
            trader.fill("SELL", held, 110, when, scope=LIVE)
            held = 0
        else:
            trader.fill("BUY", 10, 100 + step, when, scope=LIVE)
            held += 10
        same_as_anew(kept, own, trader.user_id)
    assert made
