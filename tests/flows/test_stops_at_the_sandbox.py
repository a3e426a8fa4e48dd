"""A live portfolio at the sandbox over HTTP: scan, approval, trigger, fill, and the stop that rests
at the broker, over a killed server and a gap through its limit (SG-01 to SG-05, PO-01, PO-02)."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from flow_servers import eventually
from moved_clock import moved
from sandbox_server import Place, served
from test_hours_of_the_broker import trade_the_sandboxs_market

from tradertape_brokers.errors import RateLimited
from tradertape_server.platform.clock import SystemClock

Json = dict[str, Any]
MORNING = "2026-06-10T10:00:00+05:30"  # a Wednesday: the signals of Tuesday's close can be traded
DEPLOY: Json = {
    "name": "Live", "universe": "nifty_100", "starting_capital": 1_000_000,
    "position_size_pct": 5, "max_positions": 5, "max_per_sector": 0, "paper_mode": False,
    "confirm_live": True, "broker": "kite", "paper_fill": "live", "atr_stop_multiplier": 2.0,
    "stops_at": "broker",
}  # fmt: skip

TICKS = ((1_000, 0.05), (5_000, 0.1), (10_000, 0.5), (20_000, 1), (10**9, 5))

pytestmark = pytest.mark.slow


class Person:
    """A person's script against the server, and what the sandbox truly has."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.headers = {"Cookie": place.cookie, "Origin": place.server.url}

    def call(self, method: str, path: str, body: Json | None = None, **params: Any) -> Any:
        answer = requests.request(
            method, f"{self.place.server.url}/api{path}", json=body, params=params,
            headers=self.headers, timeout=120,
        )  # fmt: skip
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json()

    def price(self, symbol: str, price: float) -> None:
        """Have a share trade at the next price above, on its tick."""
        tick = next(tick for below, tick in TICKS if price < below)
        on_tick = math.ceil(price / tick) * tick
        self.place.admin("PUT", "/prices", json={"prices": {f"NSE:{symbol}": f"{on_tick:.2f}"}})

    def position(self, portfolio: int, symbol: str) -> Json | None:
        with suppress(requests.ConnectionError):
            found = self.call("GET", "/model/positions", portfolio_id=portfolio)
            return next((one for one in found if one["symbol"] == symbol), None)
        return None

    def is_guarded(self, portfolio: int, symbol: str) -> bool:
        """Whether the one guard of all units is a trigger that rests at the sandbox."""
        held = self.position(portfolio, symbol)
        if held is None or held["guarded_by"] != "broker":
            return False
        return self.resting(symbol) == [held["open_quantity"]]

    def is_closed(self, portfolio: int, symbol: str) -> bool:
        held = self.position(portfolio, symbol)
        return held is not None and held["status"] == "closed"

    def resting(self, symbol: str) -> list[int] | None:
        """Units of the triggers at the sandbox that would sell a share; None while it takes no
        more requests of the account."""
        try:
            found = self.place.ports.gtts.list()
        except RateLimited:
            return None
        return [
            one.request.orders[0].quantity
            for one in found
            if one.status.value == "active"
            and one.request.instrument == f"NSE:{symbol}"
            and one.request.orders[0].side.value == "SELL"
        ]

    def sold(self, symbol: str) -> tuple[int, float]:
        """Units that were sold at the sandbox, and what they brought, rupees."""
        book = self.place.admin("GET", "/accounts/kite/SB0001")
        sales = {
            one["order_id"]
            for one in book["orders"]
            if (one["instrument"], one["side"]) == (f"NSE:{symbol}", "SELL")
        }
        trades = [one for one in book["trades"] if one["order_id"] in sales]
        rupees = sum(float(one["price"]) * one["quantity"] for one in trades)
        return sum(one["quantity"] for one in trades), rupees


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    clock = tmp_path / "clock"
    clock.write_text(MORNING)
    monkeypatch.setattr(SystemClock, "now", moved(clock))
    with served(tmp_path, clock=clock) as place:
        place.sign_in()
        trade_the_sandboxs_market(place)
        yield Person(place)


def bought(person: Person) -> tuple[int, list[Json]]:
    """A portfolio with two positions, each guarded by a trigger at the sandbox."""
    (strategy,) = [
        one for one in person.call("GET", "/strategies", is_template=True, limit=100)
        if one["base_model"] == "v1_momentum"
    ]  # fmt: skip
    body = {**DEPLOY, "strategy_id": strategy["id"]}
    number = person.call("POST", "/model/portfolios/deploy", body)["id"]
    (scan,) = person.call("POST", "/model/scan", {"portfolio_id": number})["portfolios"]
    assert scan["created"] >= 2, scan
    pending = person.call(
        "GET", "/model/signals", portfolio_id=number, status="pending_approval"
    )[:2]  # fmt: skip
    for one in pending:
        person.price(one["symbol"], one["ref_price"])
    for one in pending:
        person.call("POST", f"/model/signals/{one['id']}/approve")
    placed = person.call("POST", "/model/cart/place", {"portfolio_id": number})
    assert placed["placed"] == 2, placed["results"] if "results" in placed else str(placed)[:3000]
    for one in pending:
        person.price(one["symbol"], one["trigger_price"] * 1.0005)
    for one in pending:
        eventually(
            lambda symbol=one["symbol"]: person.is_guarded(number, symbol), 90,
            f"{one['symbol']} is bought, and its stop rests at the broker",
        )  # fmt: skip
    return number, [person.position(number, one["symbol"]) or {} for one in pending]


def test_po_01_stops_at_the_sandbox_sell_once_over_a_kill_and_a_gap(person: Person) -> None:
    number, (first, second) = bought(person)
    for held in (first, second):
        assert held["status"] == "open"
        assert held["stop_price"] < held["average_price"]

    person.price(first["symbol"], first["stop_price"] * 0.999)
    eventually(lambda: person.is_closed(number, first["symbol"]), 60, "the stop sold it")
    _is_right(person, number, first)

    server = person.place.server
    server.send(signal.SIGKILL)
    person.price(second["symbol"], second["stop_price"] * 0.9)  # below the limit of its order
    server.start()
    server.wait_until_up()
    eventually(lambda: person.is_closed(number, second["symbol"]), 120, "the gap is sold too")
    _is_right(person, number, second)
    page = person.call("GET", "/model/dashboard", portfolio_id=number)
    assert page["kpis"]["open_positions"] == 0
    assert page["kpis"]["equity"] == pytest.approx(page["kpis"]["cash"])


def _is_right(person: Person, number: int, held: Json) -> None:
    """All was sold once at the sandbox, and the books say the same to the paisa."""
    closed = person.position(number, held["symbol"]) or {}
    units, rupees = person.sold(held["symbol"])
    assert units == held["open_quantity"]
    eventually(lambda: person.resting(held["symbol"]) == [], 30, "nothing more would sell it")
    assert closed["exit_reason"] == "stop"
    assert closed["realised_pnl"] == pytest.approx(rupees - held["invested"], abs=0.02)
    assert closed["net_pnl"] == pytest.approx(closed["realised_pnl"] - closed["charges"], abs=0.02)
    assert closed["charges"] > 0
