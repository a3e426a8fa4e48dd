"""What the user does about a difference, through the local UI's routes: never by itself, once, and
refused when the difference is not the one that was seen."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.agent.tests.web.test_guards import ask, csrf
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.web.app import build_app


@pytest.fixture
def own(
    tmp_path: Path, cloud: FakeCloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    with machine(tmp_path, cloud, running) as made:
        yield made  # it holds 100 INFY


@pytest.fixture
def client(own: Machine) -> FlaskClient:
    return build_app(own.agent).test_client()


class Page:
    """The reconciliation's page, as far as the agent sees it."""

    def __init__(self, own: Machine, client: FlaskClient) -> None:
        self.own, self.client = own, client
        self.headers = csrf(client)

    def expect(self, quantity: int) -> None:
        self.own.cloud.expected = [
            {
                "symbol": "INFY", "exchange": "NSE", "isin": "INE009A01021", "quantity": quantity,
                "by_portfolio": [{"portfolio_id": 7, "quantity": quantity}], "scaled": False,
            }
        ]  # fmt: skip

    def differ(self, expected: int) -> dict[str, Any]:
        """Expect a quantity, and look twice; the difference."""
        self.expect(expected)
        self.own.cycle()
        self.own.cycle()
        found = self.item()
        assert found is not None
        return found

    def show(self) -> dict[str, Any]:
        return ask(self.client, "GET", "/api/reconciliation").json

    def item(self) -> dict[str, Any] | None:
        return next((one for one in self.show()["items"] if one["symbol"] == "NSE:INFY"), None)

    def get(self, path: str) -> Any:
        return ask(self.client, "GET", path)

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = ask(self.client, "POST", path, json=body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json

    def correct(self, action: str, difference: int, status: int = 200, **more: Any) -> Any:
        return self.post(
            "/api/reconciliation/corrections", status, symbol="NSE:INFY", action=action,
            difference=difference, **more,
        )  # fmt: skip

    def order(self, difference: int, status: int = 200, **more: Any) -> Any:
        return self.post(
            "/api/reconciliation/orders", status, symbol="NSE:INFY", difference=difference,
            **{"confirm": True, **more},
        )  # fmt: skip


@pytest.fixture
def page(own: Machine, client: FlaskClient) -> Page:
    return Page(own, client)


def test_ar_03_what_is_adopted_counts_as_ours_until_it_is_undone(page: Page) -> None:
    found = page.differ(80)
    assert (found["actions"], found["blocked"]) == (["adopt", "corrective_order", "ignore"], "")
    made = page.correct("adopt", 20, note="bought in 2019")
    assert (made["units"], made["undone_at"]) == (20, None)
    waiting = page.item()
    assert waiting is not None
    assert waiting["actions"] == ["ignore"]
    assert "corrected a moment ago" in page.correct("adopt", 20, 409)["detail"]
    page.own.cycle()
    assert page.item() is None
    page.expect(100)  # a purchase through the cloud of what was adopted shows the other way round
    page.own.cycle()
    assert (page.item() or {})["difference"] == -20
    page.expect(80)
    page.post(f"/api/reconciliation/corrections/{made['id']}/undo")
    assert "undone already" in str(
        page.post(f"/api/reconciliation/corrections/{made['id']}/undo", 409)
    )
    page.own.cycle()
    assert (page.item() or {})["difference"] == 20
    [kept] = page.show()["corrections"]
    assert (kept["note"], kept["undone_at"] is not None) == ("bought in 2019", True)
    assert page.own.orders() == []


def test_ar_03_what_is_missing_is_written_off_and_not_adopted(page: Page) -> None:
    page.differ(130)
    assert "write off it" in page.correct("adopt", -30, 409)["detail"]
    assert page.correct("write_off", -30)["units"] == -30
    page.own.cycle()
    assert page.item() is None


def test_ar_03_a_difference_that_is_not_the_one_seen_is_refused(page: Page) -> None:
    page.expect(80)
    page.own.cycle()
    assert "seen once" in page.correct("adopt", 20, 409)["detail"]
    page.own.cycle()
    assert "is 20 now, not 21" in page.correct("adopt", 21, 409)["detail"]
    assert (
        "whole number"
        in page.post(
            "/api/reconciliation/corrections",
            422,
            symbol="NSE:INFY",
            action="adopt",
            difference="20",
        )["detail"]
    )
    assert "adopt, write_off" in page.correct("sell", 20, 422)["detail"]
    page.own.later(minutes=16)
    assert "not read lately" in page.correct("adopt", 20, 409)["detail"]
    page.own.agent.desk.primary._ended("over")
    page.own.cycle()
    assert "not read lately" in page.correct("adopt", 20, 409)["detail"]
    assert page.show()["corrections"] == []


def test_ar_03_a_clock_that_jumps_back_corrects_nothing_twice(page: Page) -> None:
    page.differ(80)
    page.correct("adopt", 20)
    page.own.later(hours=-2)
    page.correct("adopt", 20, 409)
    page.own.cycle()
    assert page.item() is None


def test_ar_03_a_corrective_order_is_shown_first_and_sent_once_when_it_is_confirmed(
    page: Page,
) -> None:
    page.differ(90)
    shown = page.get("/api/reconciliation/orders/NSE:INFY").json
    assert (shown["side"], shown["quantity"], shown["order_type"]) == ("SELL", 10, "MARKET")
    assert page.own.orders() == []
    assert "confirm" in page.order(10, 422, confirm=False)["detail"]
    assert page.own.orders() == []
    sent = page.order(10)
    assert sent["key"].startswith("corrective:NSE:INFY:")
    again = page.order(10, 409)["detail"]
    assert "is open" in again or "has 90" in again
    page.own.cycle()
    page.own.cycle()
    [order] = page.own.orders()
    assert (order.request.side, order.request.quantity) == ("SELL", 10)
    assert page.item() is None
    [kept] = page.show()["orders"]
    assert (kept["state"], kept["filled"]) == ("filled", 10)
    assert page.own.cloud.results == []  # no signal of the cloud's: it is told nothing


def test_ar_03_two_confirmations_at_once_are_one_order(page: Page, client: FlaskClient) -> None:
    page.differ(90)
    body = {"symbol": "NSE:INFY", "difference": 10, "confirm": True, "limit_price": "158"}

    def send(_: int) -> int:
        other = build_app(page.own.agent).test_client()
        return ask(
            other, "POST", "/api/reconciliation/orders", json=body, headers=csrf(other)
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert sorted(answers) == [200] + [409] * 7
    assert len(page.own.orders()) == 1


def test_ar_03_an_open_corrective_order_is_cancelled_and_may_be_tried_again(page: Page) -> None:
    page.differ(90)
    sent = page.order(10, limit_price="158")  # far above: it rests
    page.own.cycle()
    assert "is open" in page.order(10, 409)["detail"]
    page.post(f"/api/reconciliation/orders/{sent['key']}/cancel")
    page.own.cycle()
    assert page.show()["orders"][0]["state"] == "ended"
    again = page.order(10, limit_price="158")
    assert again["key"] != sent["key"]
    assert len(page.own.orders()) == 2


def test_ar_03_the_broker_is_read_again_before_an_order_leaves(page: Page) -> None:
    page.differ(90)
    page.own.cloud.add(1, order={"type": "market", "stop_trigger": 1}, quantity=5)
    page.own.agent.loop._place(page.own.agent.loop._poll())  # bought after the comparison
    assert "has 105 of NSE:INFY now, not 100" in page.order(10, 409)["detail"]
    assert len(page.own.orders()) == 1


def test_ar_03_the_kill_switch_keeps_corrective_purchases(page: Page) -> None:
    page.differ(130)
    page.own.agent.journal.store.set_meta("kill_switch", "on")
    assert "kill switch" in page.order(-30, 409)["detail"]
    page.own.agent.journal.store.set_meta("kill_switch", "")
    assert page.order(-30)["side"] == "BUY"


def test_ar_03_a_restart_keeps_corrections_and_sends_no_order_again(
    page: Page, tmp_path: Path
) -> None:
    page.differ(90)
    page.order(10, limit_price="158")
    own = page.own
    from packages.agent.tests.machine import environment_of

    from tradertape_agent.config.settings import load
    from tradertape_agent.wiring import build

    other = build(
        load(own.agent.folder, {}), own.agent.folder, environment=environment_of(own.running),
        clock=own.watch,
    )  # fmt: skip
    try:
        for _ in range(3):
            other.loop.cycle()
        later = Page(own, build_app(other).test_client())
        assert "is open" in later.order(10, 409)["detail"]
    finally:
        other.close()
    assert len(own.orders()) == 1
