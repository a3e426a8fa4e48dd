"""A new fill continues the positions that were read before; the result is that of reading anew."""

from __future__ import annotations

import pickle
import random
import time
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient
from packages.server.tests.trade_journal.test_own_trades import (
    LIVE,
    PAPER,
    Trader,
    at,
    trader,  # noqa: F401 - a fixture
)
from packages.server.tests.trade_journal.test_routes import get
from packages.server.tests.wealth.conftest import SESSIONS
from sqlalchemy import select

from tradertape_server.container import Container
from tradertape_server.features.execution.store.models import FillRow
from tradertape_server.features.market.corporate_facts import CorporateFacts, Rescaling
from tradertape_server.features.reconciliation.queries import version_of_actions
from tradertape_server.features.trade_journal.own import trades, walks
from tradertape_server.features.trade_journal.own.trades import OwnTrades, PersonsTrades
from tradertape_server.features.trade_journal.ports import BeingRead, OwnBook
from tradertape_server.features.wealth.lines import column
from tradertape_server.features.wealth.trips import Trips


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


class Splits(CorporateFacts):
    """A data set that the test changes."""

    def __init__(self) -> None:
        self.found: list[Rescaling] = []

    @property
    def version(self) -> str:
        return str(len(self.found))

    def rescalings(self, symbols: Any, until: date) -> list[Rescaling]:
        assert until == date.max
        return [one for one in self.found if one.symbol in symbols]


def told(trips: Trips, rows: Any) -> dict[str, Any]:
    """All that is known of each trip, whatever their order."""
    numbers = {name: one.values.tolist() for name, one in trips.numbers.items()}
    found: dict[str, Any] = {}
    marks: dict[int, list[tuple[float, ...]]] = {}
    names = [name for name in trips.trades if name != "trip"]
    columns = [trips.trades[name].values.tolist() for name in names]
    for place, trip in enumerate(trips.trades["trip"].values.tolist() if trips.trades else ()):
        marks.setdefault(trip, []).append(tuple(one[place] for one in columns))
    keys = trips.keys.values.tolist()
    assert len(set(keys)) == len(keys) == trips.total
    for place, row in enumerate(trips.rows.at(range(trips.total))):
        besides = rows[numbers["position"][place]]
        values = {name: ones[place] for name, ones in numbers.items() if name != "position"}
        values |= {name: trips.names[name][values[name]] for name in trips.names}
        whole = msgspec.json.decode(row) | dict(besides)
        assert whole["key"] == keys[place].decode()
        found[whole["key"]] = (whole, values, marks.get(place))
    return found


def same_as_anew(kept: PersonsTrades, own: OwnTrades, user_id: int) -> int:
    book, anew = until_read(kept), own.of_person(user_id).read()
    for mine, fresh in ((book.live, anew.live), (book.paper, anew.paper)):
        assert told(mine, book.rows) == told(fresh, anew.rows)
    return book.live.total + book.paper.total


def until_read(kept: PersonsTrades) -> OwnBook:
    while True:
        try:
            return kept.read()
        except BeingRead:
            continue


class ElsewhereAndBack:
    """Reads as another process does, and hands it out at the second request."""

    def __init__(self, own: OwnTrades) -> None:
        self.own = own
        self.read: dict[int, bytes] = {}
        self.times = 0

    def fetch(self, user_id: int) -> Any:
        if user_id in self.read:
            return pickle.loads(self.read.pop(user_id))  # noqa: S301
        self.times += 1
        person = self.own.of_person(user_id)
        person.read()
        self.read[user_id] = pickle.dumps(person.so_far())
        return None

    def stop(self) -> None: ...


@pytest.mark.parametrize("is_away", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happens_it_is_what_reading_anew_gives(
    trader: Trader, container: Container, seed: int, is_away: bool  # noqa: F811
) -> None:  # fmt: skip
    choose, facts = random.Random(seed), Splits()
    own = OwnTrades(container.database, facts, version_of_actions)
    away = ElsewhereAndBack(own) if is_away else None
    reader = OwnTrades(container.database, facts, version_of_actions, away, most_here=3)
    kept = reader.of_person(trader.user_id)
    runs = [trader.run(f"run-{n}", f"Strategy {n}") for n in range(2)]
    held: dict[tuple[Any, ...], int] = {}
    minute = 0

    def fill(*, is_late: bool = False) -> None:
        nonlocal minute
        minute += 1
        key = (
            choose.choice([LIVE, PAPER]), choose.choice([*runs, "", None]) or None,
            choose.choice(["INFY", "TCS"]), choose.choice(["CNC", "MIS"]),
        )  # fmt: skip
        side = choose.choice(["BUY", "BUY", "SELL"]) if held.get(key, 0) <= 0 else "SELL"
        many = choose.choice([5, 10, 10])
        held[key] = held.get(key, 0) + (many if side == "BUY" else -many)
        when = at(0) if is_late else at(minute // 6 % 25, 10, minute % 6)
        trader.fill(
            side, many, 100 + minute % 9, when, scope=key[0], run=key[1], symbol=key[2],
            product=key[3], charges=minute, order=f"{minute}" if key[0] == LIVE else "",
        )  # fmt: skip

    def take_back(*, newest: bool) -> None:
        order = FillRow.id.desc() if newest else FillRow.trade_id
        with container.database.write() as session:
            if (found := session.scalars(select(FillRow).order_by(order)).first()) is not None:
                session.delete(found)

    def split() -> None:
        symbol, day = choose.choice(["INFY", "TCS"]), SESSIONS[choose.randrange(1, 20)]
        facts.found.append(Rescaling(f"s{minute}", symbol, day, "split", 2, 1))

    total = 0
    for _ in range(40):
        for _ in range(choose.randrange(1, 5)):
            fill(is_late=choose.random() < 0.1)
        if (chance := choose.random()) < 0.1:
            take_back(newest=chance < 0.05)
        elif chance < 0.15:
            take_back(newest=True)
            fill()  # on SQLite it gets the number of the row that is gone
            fill()
        elif chance < 0.2:
            split()
        elif chance < 0.3:
            runs.append(trader.run(f"run-{len(runs)}", f"Strategy {len(runs) % 3}"))
        total = same_as_anew(kept, own, trader.user_id)
    assert total > 20
    assert away is None or away.times > 5


def test_when_every_fill_is_taken_back_nothing_is_left(
    trader: Trader, container: Container  # noqa: F811
) -> None:  # fmt: skip
    own = OwnTrades(container.database, Splits(), version_of_actions)
    kept = own.of_person(trader.user_id)
    trader.fill("BUY", 10, 100, at(0))
    trader.fill("BUY", 10, 100, at(0), scope=LIVE)
    assert (kept.read().live.total, kept.read().paper.total) == (1, 1)
    with container.database.write() as session:
        session.query(FillRow).delete()
    assert (kept.read().live.total, kept.read().paper.total) == (0, 0)


def test_a_new_fill_reads_no_older_ones_and_leaves_the_other_money_as_it_was(
    trader: Trader, container: Container, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    own = OwnTrades(container.database, Splits(), version_of_actions)
    kept = own.of_person(trader.user_id)
    for number in range(300):
        side = ("BUY", "SELL")[number % 2]
        trader.fill(side, 1, 100, at(number // 10 % 25, 10, number % 10), product="MIS")
    before = kept.read()
    assert kept.read() is before
    rows: list[int] = []

    read = walks.fills_of_person

    def counted(*args: Any, **given: Any) -> Any:
        for one in read(*args, **given):
            rows.append(one.number)
            yield one

    monkeypatch.setattr(walks, "fills_of_person", counted)
    trader.fill("BUY", 1, 100, at(26), product="MIS")
    after = kept.read()
    assert (len(rows), after.paper.total) == (2, before.paper.total + 1)
    assert after.live is before.live


def test_a_failure_in_the_middle_of_a_change_is_forgotten(
    trader: Trader, container: Container, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    own = OwnTrades(container.database, Splits(), version_of_actions)
    kept = own.of_person(trader.user_id)
    trader.fill("BUY", 10, 100, at(0))
    kept.read()
    trader.fill("SELL", 10, 110, at(1))
    with monkeypatch.context() as broken:
        broken.setattr(trades, "with_origins", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept.read()
    assert same_as_anew(kept, own, trader.user_id) == 1


def test_the_answer_after_a_fill_has_it_also_in_a_large_journal(
    signed_in: TestClient, trader: Trader, container: Container  # noqa: F811
) -> None:  # fmt: skip
    """Read once, 4,000 trips take a second and more; the next fill is in the answer after it."""
    account = trader.account(PAPER)
    fills = [
        {
            "account_id": account, "trade_id": f"n{number}", "order_id": f"n{number}",
            "run_id": f"run-{number // 2 % 40}", "instrument": "NSE:INFY", "product": "MIS",
            "side": ("BUY", "SELL")[number % 2], "quantity": 1, "price": Decimal(100),
            "charges": {}, "charges_paise": 10, "at": at(0) + timedelta(minutes=number),
        }
        for number in range(8_000)
    ]  # fmt: skip
    with container.database.write() as session:
        session.execute(FillRow.__table__.insert(), fills)  # type: ignore[attr-defined]
    start = time.perf_counter()
    assert get(signed_in, "status")["paper"] == 4_000
    first = time.perf_counter() - start
    trader.fill("BUY", 1, 100, at(25), run="run-1", product="MIS")
    start = time.perf_counter()
    assert get(signed_in, "status")["paper"] == 4_001
    assert time.perf_counter() - start < max(first / 3, 0.1)


def test_marks_of_64_bits_are_kept_to_the_last_of_them() -> None:
    marks = [2**63 + 1, 1, 0]
    assert column(marks, "<u8").values.tolist() == marks
