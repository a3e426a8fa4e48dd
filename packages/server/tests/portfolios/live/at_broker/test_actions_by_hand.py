"""A split or bonus that no data set has, applied to a position at a broker by hand (D11, PO-03)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.portfolios.live.test_splits import split
from sqlalchemy import select

from tradertape_core.kernel.clock import IST
from tradertape_server.features.auth.models import AuditEntry
from tradertape_server.features.holdings.schemas import HoldingOut
from tradertape_server.features.market.corporate_facts import Rescaling
from tradertape_server.features.reconciliation.corrections import Corrections
from tradertape_server.features.reconciliation.hand_actions import HandActions
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.wiring.trading import rescaling_of, why_not_back

from .conftest import BrokerDesk, Json
from .test_exits import bought, fill_sales, sold

SCOPE = "kite:AB1234"
TICK = 0.05  # stops that are armed are on it


class Broker:
    """What the account's broker holds, as its pages have read it."""

    def __init__(self, clock: Any) -> None:
        self.clock, self.rows = clock, list[Any]()

    def hold(self, symbol: str, quantity: int, average: float) -> None:
        price = Decimal(str(average))
        self.rows = [
            HoldingOut.model_construct(
                account=SCOPE, exchange="NSE", symbol=symbol, isin="", product="CNC",
                quantity=quantity, t1_quantity=0, pledged_quantity=0, last_price=price,
                average_price=price, as_of=self.clock.now(), stale=False,
            )
        ]  # fmt: skip

    def holdings(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(rows=self.rows)

    def positions(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(rows=[])

    orders = positions


class OneConnected:
    def of_user(self, _user_id: int) -> list[Any]:
        return [SimpleNamespace(account=SimpleNamespace(scope=SCOPE, broker="kite", user_id=1))]


class Facts:
    """Splits and bonuses that a data set has."""

    def __init__(self) -> None:
        self.known: list[Rescaling] = []

    def rescalings(self, symbols: Any, until: Any) -> list[Rescaling]:
        return [one for one in self.known if one.symbol in symbols and one.ex_date <= until]


class Case:
    """A portfolio's position at a broker, whose holdings a bonus has doubled."""

    def __init__(self, desk: BrokerDesk, **settings: Any) -> None:
        self.desk, self.broker, self.facts = desk, Broker(desk.clock), Facts()
        self.portfolio, self.signal, self.held = bought(desk, **settings)
        self.name = f"NSE:{self.signal['symbol']}"
        desk.clock.advance(days=1)
        self.ex_date = desk.clock.now().astimezone(IST).date()
        self.join()
        self.now_held(2)

    def join(self) -> None:
        """Give the server that runs the parts that compare, with this broker."""
        one, facts, connected = self.desk.container, self.facts, OneConnected()
        books: Any = (one.database, one.clock, one.execution)
        reader = ReconciliationService(*books, connected, self.broker, facts, one.uploads)  # type: ignore[arg-type]
        moves = rescaling_of(one.execution, one.workers)
        acts = HandActions(*books, reader.adopted, *moves)
        corrections = Corrections(one.database, one.clock, reader, acts, why_not_back)
        built = replace(one, reconciliation=reader, corrections=corrections)
        self.desk.container = self.desk.served.state.container = built

    def now_held(self, times: float) -> None:
        units = int(self.held["open_quantity"] * times)
        price = self.held["invested"] / self.held["open_quantity"]
        self.broker.hold(self.signal["symbol"], units, price / times)

    def checked(self, cycles: int = 2) -> list[Json]:
        for _ in range(cycles):
            self.desk.clock.advance(seconds=31)
            self.now_read()
            report = self.post("check", None).json()
        return [one for one in report["items"] if one["instrument"] == self.name]

    def now_read(self) -> None:
        for row in self.broker.rows:
            row.as_of = self.desk.clock.now()

    def post(self, path: str, body: Any, client: TestClient | None = None) -> Any:
        return (client or self.desk.client).post(f"/api/reconciliation/{path}", json=body)

    def wanted(self, **changes: Any) -> Json:
        return {
            "account_scope": SCOPE, "instrument": self.name, "new": 2, "old": 1,
            "difference": self.held["open_quantity"], "ex_date": self.ex_date.isoformat(),
            **changes,
        }  # fmt: skip

    def corrections(self) -> list[Json]:
        return self.desk.client.get("/api/reconciliation/corrections").json()

    def trip(self) -> Json:
        """The position in the trade journal, under any money."""
        found = [
            one
            for money in ("live", "paper")
            for one in self.desk.client.get(f"/api/journal/trips?money={money}").json()
        ]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def case(desk: BrokerDesk) -> Case:
    return Case(desk)


def test_a_bonus_is_shown_previewed_applied_and_taken_back(case: Case) -> None:
    desk, units = case.desk, case.held["open_quantity"]
    cash = desk.get(f"portfolios/{case.portfolio['id']}")["cash"]
    (once,) = case.checked(1)
    assert (once["classification"], once["can_apply_action"]) == ("corporate_action", False)
    early = case.post("corporate-actions", case.wanted())
    assert (early.status_code, "seen to differ once" in early.text) == (409, True)
    (item,) = case.checked(1)
    assert (item["can_apply_action"], item["suggested"]["ratio"]) == (True, 2.0)
    assert "no action on record yet" in item["evidence"]

    shown = case.post("corporate-actions/preview", case.wanted()).json()
    assert (shown["quantity_after"], shown["refused"]) == (units * 2, None)
    (change,) = shown["positions"]
    assert (change["quantity"], change["quantity_after"]) == (units, units * 2)
    assert change["average_price_after"] == pytest.approx(change["average_price"] / 2, abs=1e-4)
    assert desk.position(case.portfolio)["open_quantity"] == units  # a preview changes nothing

    done = case.post("corporate-actions", case.wanted(note="as announced"))
    assert done.status_code == 200, done.text
    assert [one for one in done.json()["items"] if one["instrument"] == case.name] == []
    again = case.post("corporate-actions", case.wanted())
    assert again.status_code in (404, 409), again.text
    desk.settle()
    after = desk.position(case.portfolio)
    assert (after["open_quantity"], after["invested"]) == (units * 2, case.held["invested"])
    assert after["stop_price"] == pytest.approx(case.held["stop_price"] / 2, abs=TICK)
    assert after["protection_status"] == "armed"
    assert desk.get(f"portfolios/{case.portfolio['id']}")["cash"] == cash
    desk.trade(case.signal["symbol"], case.signal["trigger_price"] / 2)
    desk.settle()
    assert desk.orders("SELL") == []  # the new price is no false exit

    (made,) = case.corrections()
    assert (made["action"], made["units"], made["note"]) == (
        "apply_corporate_action", units, "as announced",
    )  # fmt: skip
    undone = case.post(f"corrections/{made['id']}/undo", None)
    assert undone.status_code == 200, undone.text
    assert case.post(f"corrections/{made['id']}/undo", None).status_code == 409
    desk.trade(case.signal["symbol"], case.signal["trigger_price"])
    desk.settle()
    back = desk.position(case.portfolio)
    for name in ("open_quantity", "invested", "stop_price"):
        assert back[name] == pytest.approx(case.held[name], abs=2 * TICK), name
    assert case.checked()[0]["difference"] == units
    with desk.container.database.read() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"reconciliation.apply_corporate_action", "reconciliation.undo"} <= actions


def test_what_would_not_settle_the_difference_is_refused(case: Case) -> None:
    case.checked()
    for changes, words in (
        ({"new": 3}, "Check the ratio and the ex date"),
        ({"ex_date": (case.ex_date - timedelta(days=30)).isoformat()}, "Check the ratio"),
        ({"ex_date": (case.ex_date + timedelta(days=1)).isoformat()}, "today at the latest"),
        ({"difference": 1}, "Look at it again"),
    ):
        refused = case.post("corporate-actions", case.wanted(**changes))
        assert (refused.status_code, words in refused.text) == (409, True), refused.text
    shown = case.post("corporate-actions/preview", case.wanted(new=3)).json()
    assert "would become" in shown["refused"]
    assert case.post("corporate-actions", case.wanted(instrument="NSE:TCS")).status_code == 404
    assert case.post("corporate-actions", case.wanted(new=0)).status_code == 422
    assert case.corrections() == []
    assert case.desk.position(case.portfolio)["open_quantity"] == case.held["open_quantity"]


def test_another_person_sees_and_changes_nothing(
    case: Case, sign_in: Callable[..., TestClient]
) -> None:
    case.checked()
    stranger = sign_in("b@example.com")
    for path in ("corporate-actions", "corporate-actions/preview"):
        assert case.post(path, case.wanted(), stranger).status_code == 404
    assert case.post("corporate-actions", case.wanted()).status_code == 200
    (made,) = case.corrections()
    assert case.post(f"corrections/{made['id']}/undo", None, stranger).status_code == 404


def test_it_lasts_over_a_restart_and_the_data_sets_own_action_is_not_a_second_one(
    case: Case,
) -> None:
    desk, units = case.desk, case.held["open_quantity"]
    case.checked()
    assert case.post("corporate-actions", case.wanted()).status_code == 200
    desk.down()
    desk.up()
    case.join()
    desk.settle()
    assert desk.position(case.portfolio)["open_quantity"] == units * 2
    desk.trade(case.signal["symbol"], case.signal["trigger_price"] / 2)
    desk.settle()  # the stop is armed anew, on the tick
    stop = desk.position(case.portfolio)["stop_price"]
    split(desk, case.signal["symbol"])  # of a data set, a day later: the same action to a person
    desk.settle()
    after = desk.position(case.portfolio)
    assert (after["open_quantity"], after["stop_price"]) == (units * 2, stop)
    assert case.checked() == []
    (made,) = case.corrections()
    assert case.post(f"corrections/{made['id']}/undo", None).status_code == 200
    desk.settle()
    assert desk.position(case.portfolio)["open_quantity"] == units


def test_units_that_were_sold_since_are_not_taken_back(case: Case) -> None:
    desk = case.desk
    case.checked()
    assert case.post("corporate-actions", case.wanted()).status_code == 200
    desk.settle()
    (made,) = case.corrections()
    price = desk.position(case.portfolio)["stop_price"] - 0.5
    desk.trade(case.signal["symbol"], price)
    fill_sales(desk, price)
    desk.settle()
    assert sold(desk) == case.held["open_quantity"] * 2
    refused = case.post(f"corrections/{made['id']}/undo", None)
    assert (refused.status_code, "nothing to undo" in refused.text) == (409, True)
    assert case.corrections()[0]["undone_at"] is None


@pytest.mark.parametrize("is_undone", [False, True])
def test_the_journals_trip_has_the_units_of_it_and_of_its_undoing(
    case: Case, is_undone: bool
) -> None:
    """Sold after it, all units close the trip; without it, half of them would."""
    desk, units = case.desk, case.held["open_quantity"]
    before = case.trip()
    assert (before["closed_on"], float(before["quantity"])) == (None, units)
    case.checked()
    assert case.post("corporate-actions", case.wanted()).status_code == 200
    desk.settle()
    assert case.trip()["key"] == before["key"]
    if is_undone:
        (made,) = case.corrections()
        assert case.post(f"corrections/{made['id']}/undo", None).status_code == 200
        desk.settle()
        desk.trade(case.signal["symbol"], case.signal["trigger_price"])
        desk.settle()
    else:
        units *= 2
    price = desk.position(case.portfolio)["stop_price"] - 0.5
    desk.trade(case.signal["symbol"], price)
    price = round(price, 1)
    fill_sales(desk, price)
    desk.settle()
    assert sold(desk) == units
    after = case.trip()
    assert after["key"] == before["key"]
    assert after["closed_on"] is not None
    gross = Decimal(str(price)) * units - Decimal(before["value"])
    assert Decimal(after["gross"]) == gross
    assert Decimal(after["net"]) == gross - Decimal(after["charges"])
