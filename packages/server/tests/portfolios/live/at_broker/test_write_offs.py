"""Units that are written off leave the portfolio's position, and return when it is undone: D11."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from .conftest import BrokerDesk, Json
from .test_actions_by_hand import SCOPE, Case
from .test_exits import fill_sales, sold

MISSING = 4
BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


class Lost(Case):
    """A portfolio's position at a broker, of which the broker has fewer units."""

    def __init__(self, desk: BrokerDesk, *, missing: int | None = MISSING, **settings: Any) -> None:
        super().__init__(desk, **settings)
        self.units = self.held["open_quantity"]
        self.missing = self.units if missing is None else missing
        self.broker.hold(self.signal["symbol"], self.units - self.missing, 500.0)
        (self.item,) = self.checked()

    def write_off(self, client: TestClient | None = None, **changes: Any) -> Any:
        body = {
            "account_scope": SCOPE, "instrument": self.name, "action": "write_off",
            "difference": -self.missing, **changes,
        }  # fmt: skip
        return self.post("corrections", body, client)

    def undo(self, client: TestClient | None = None) -> Any:
        return self.post(f"corrections/{self.corrections()[0]['id']}/undo", None, client)

    def position(self) -> Json:
        return self.desk.position(self.portfolio)

    def story(self) -> list[Json]:
        steps = self.desk.get(f"positions/{self.held['id']}/story")["events"]
        return [one for one in steps if one["kind"] == "exit"]

    def money(self) -> tuple[float, float]:
        found = self.desk.get(f"portfolios/{self.portfolio['id']}")
        return found["cash"], found["equity"]


@BOTH
def test_po_03_written_off_units_leave_the_position_and_return(desk: BrokerDesk) -> None:
    case = Lost(desk)
    before, (cash, equity) = case.position(), case.money()
    assert case.item["can_correct"] == "write_off"
    done = case.write_off(note="sold in the app")
    assert done.status_code == 200, done.text
    assert case.write_off().status_code in (404, 409)
    assert case.checked() == []
    desk.settle()
    after = case.position()
    assert (after["open_quantity"], after["quantity"]) == (case.units - MISSING, case.units)
    assert after["average_price"] == before["average_price"]
    share = before["invested"] * MISSING / case.units
    assert after["invested"] == pytest.approx(before["invested"] - share, abs=0.01)
    assert after["realised_pnl"] == 0, "at their cost: nobody knows what they were sold for"
    now = case.money()
    assert now[0] == pytest.approx(cash + share, abs=0.01)
    assert now[1] == pytest.approx(equity - MISSING * before["ltp"] + share, abs=0.02)
    (step,) = case.story()
    assert (step["title"], f"{MISSING} at" in step["text"]) == ("Written off", True)
    shown = desk.get(f"dashboard?portfolio_id={case.portfolio['id']}")
    assert any("written off" in one["text"] for one in shown["activity"])
    assert shown["positions"][0]["open_quantity"] == case.units - MISSING

    desk.trade(case.signal["symbol"], after["stop_price"] * 0.99)
    desk.trade(case.signal["symbol"], after["stop_price"] * 0.98)
    assert desk.open_sales() == case.units - MISSING, "the stop sells what is there"
    fill_sales(desk, round(after["stop_price"] * 0.98, 1))
    closed = case.position()
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert sold(desk) == case.units - MISSING

    desk.trade(case.signal["symbol"], case.signal["trigger_price"])
    undone = case.undo()
    assert undone.status_code == 200, undone.text
    desk.settle()
    back = case.position()
    assert (back["status"], back["open_quantity"], back["exit_reason"]) == ("open", MISSING, None)
    assert case.undo().status_code == 409


@BOTH
@pytest.mark.parametrize("stops_at", ["broker", "server"])
def test_po_03_a_position_of_which_nothing_is_left_closes_without_a_sale(
    desk: BrokerDesk, stops_at: str
) -> None:
    case = Lost(desk, missing=None, stops_at=stops_at)
    desk.trade(case.signal["symbol"], case.signal["trigger_price"])
    desk.settle()
    before = case.position()
    money = case.money()
    assert len(desk.resting) == (stops_at == "broker")
    assert case.write_off().status_code == 200
    for _ in range(2):
        desk.settle()
    assert desk.resting == [], "nothing at the broker sells what is not there"
    closed = case.position()
    assert (closed["status"], closed["exit_reason"]) == ("closed", "written_off")
    assert closed["exit_date"] is not None
    desk.down()
    desk.up()
    case.join()
    desk.trade(case.signal["symbol"], before["stop_price"] * 0.9)
    desk.settle()
    assert desk.orders("SELL") == []
    assert case.checked() == []

    desk.trade(case.signal["symbol"], case.signal["trigger_price"])
    assert case.undo().status_code == 200
    for _ in range(3):
        desk.settle()
    back = case.position()
    for name in ("status", "open_quantity", "invested", "average_price", "stop_price", "exit_date"):
        assert back[name] == before[name], name
    cash, equity = case.money()
    assert cash == money[0]
    assert equity == pytest.approx(cash + back["ltp"] * back["open_quantity"], abs=0.01)
    assert case.story() == []
    assert (back["guarded_by"], back["protection_status"]) == (
        before["guarded_by"], before["protection_status"],
    )  # fmt: skip
    assert len(desk.resting) == (stops_at == "broker")
    (again,) = case.checked()
    assert again["difference"] == -case.units


def test_po_03_units_that_open_orders_sell_are_not_written_off(desk: BrokerDesk) -> None:
    case = Lost(desk)
    desk.trade(case.signal["symbol"], case.held["stop_price"] * 0.99)
    assert desk.open_sales() == case.units
    refused = case.write_off()
    assert (refused.status_code, "Open orders sell" in refused.text) == (409, True), refused.text
    assert case.corrections() == []
    assert case.position()["open_quantity"] == case.units


def test_po_03_a_position_that_was_sold_since_is_compared_again(desk: BrokerDesk) -> None:
    case = Lost(desk)
    price = case.held["stop_price"] * 0.99
    desk.trade(case.signal["symbol"], price)
    fill_sales(desk, round(price, 1))
    refused = case.write_off()
    assert (refused.status_code, "Check again first" in refused.text) == (409, True), refused.text
    assert case.corrections() == []


def test_po_03_nobody_else_writes_off_or_undoes(
    desk: BrokerDesk, sign_in: Callable[..., TestClient]
) -> None:
    case, stranger = Lost(desk), sign_in("b@example.com")
    assert case.write_off(stranger).status_code == 404
    assert case.write_off().status_code == 200
    assert case.undo(stranger).status_code == 404
    desk.settle()
    assert case.position()["open_quantity"] == case.units - MISSING


def test_po_03_units_do_not_return_to_a_portfolio_that_is_retired(desk: BrokerDesk) -> None:
    case = Lost(desk, missing=None)
    assert case.write_off().status_code == 200
    desk.settle()
    retired = desk.client.post(f"/api/model/portfolios/{case.portfolio['id']}/retire")
    assert retired.status_code == 200, retired.text
    refused = case.undo()
    assert (refused.status_code, "is retired" in refused.text) == (409, True), refused.text
    assert case.corrections()[0]["undone_at"] is None
