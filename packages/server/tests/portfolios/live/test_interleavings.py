"""User, clock, market and crashes in a random order: each order once, each signal explained."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.platform.errors import ApiError

from .conftest import Json, LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
STEPS, SIGNALS = 150, 3


class Story:
    """Draws what happens next."""

    def __init__(self, desk: LiveDesk, portfolio: Json, signals: list[Json], seed: int) -> None:
        self.desk, self.portfolio, self.signals = desk, portfolio, signals
        self.draw = random.Random(seed)
        self.steps = [
            self.user, self.user, self.place, self.place, self.place_and_lose,
            self.price, self.price, self.price,
            self.look, self.look, self.start_again, self.wait, self.close, self.cancel_orders,
        ]  # fmt: skip

    def go_on(self) -> None:
        self.draw.choice(self.steps)()

    def user(self) -> None:
        action = self.draw.choice(["approve"] * 4 + ["retry"] * 4 + ["cancel", "reject", "expire"])
        signal = self.draw.choice(self.signals)
        answer = self.desk.client.post(f"/api/model/signals/{signal['id']}/{action}", json={})
        assert answer.status_code in (200, 409), answer.text

    def place(self) -> None:
        body = {"portfolio_id": self.portfolio["id"]}
        answer = self.desk.client.post("/api/model/cart/place", json=body)
        assert answer.status_code in (200, 400, 409), answer.text

    def place_and_lose(self) -> None:
        """The server stops, or the answer is lost, before or after the market has the order."""
        execution = type(self.desk.container.execution)
        create, is_made = execution.create_gtt, self.draw.random() < 0.5

        def lost(*args: Any, **more: Any) -> int:
            if is_made:
                create(*args, **more)
            raise TradingPaused

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(execution, "create_gtt", lost)
            self.place()

    def price(self) -> None:
        signal = self.draw.choice(self.signals)
        share = self.draw.choice([0.8, 0.97, 1.0, 1.001, 1.003, 1.05, 1.3])
        price = round(signal["trigger_price"] * share * 20) / 20
        self.desk.market.trade(f"NSE:{signal['symbol']}", f"{price:.2f}")
        self.desk.idle()

    def look(self) -> None:
        self.desk.parts.upkeep.run_once()
        self.desk.container.guardian.check_all()

    def start_again(self) -> None:
        self.desk.parts.upkeep.recover()

    def wait(self) -> None:
        self.desk.clock.advance(seconds=self.draw.choice([1, 10, 40]))
        self.desk.market.refresh()

    def close(self) -> None:
        held = self.desk.get(f"positions?portfolio_id={self.portfolio['id']}&status=open")
        if held:
            body = {"order": self.draw.choice(["market", "limit", "gtt"]), "limit_price": 10_000}
            url = f"/api/model/positions/{self.draw.choice(held)['id']}/close"
            answer = self.desk.client.post(url, json=body)
            assert answer.status_code in (200, 409), answer.text

    def cancel_orders(self) -> None:
        """Somebody cancels an order that rests, elsewhere."""
        execution = self.desk.container.execution
        account_id = self.portfolio["account_id"]
        for order in execution.orders(account_id=account_id, open_only=True):
            if self.draw.random() < 0.3:
                try:
                    execution.cancel(str(order.run_id), order.order_id)
                except ApiError:
                    continue


def check(desk: LiveDesk, portfolio: Json) -> None:
    execution, account_id = desk.container.execution, portfolio["account_id"]
    signals = desk.signals(portfolio)
    bought: dict[str, int] = {}
    sold: dict[str, int] = {}
    for fill in execution.trades(account_id=account_id):
        side = bought if fill.side == "BUY" else sold
        side[str(fill.run_id)] = side.get(str(fill.run_id), 0) + fill.quantity
    entries = {f"portfolio:{portfolio['id']}:1:{s['id']}": s for s in signals if s["side"] == "BUY"}
    for run_id, quantity in bought.items():
        assert quantity <= entries[run_id]["quantity"], "an entry was bought twice"
        assert sold.get(run_id, 0) <= quantity, "more was sold than was held"
        assert entries[run_id]["filled_quantity"] == quantity
    for gtt in execution.gtts(account_id):
        if gtt.is_active:
            mine = [s for s in signals if s["gtt_id"] == gtt.trigger_id]
            assert [s["gtt_status"] for s in mine] == ["active"], "a trigger nobody knows"
    for position in desk.get(f"positions?portfolio_id={portfolio['id']}"):
        run_id = f"portfolio:{portfolio['id']}:1:{position['signal_id']}"
        assert position["open_quantity"] == bought[run_id] - sold.get(run_id, 0)
        assert position["open_quantity"] == 0 or position["protection_status"] != "failed"
    for one in signals:
        assert one["gtt_status"] not in ("placing", "unknown")
        assert one["status"] != "failed" or one["failure_reason"]
        assert [entry["status"] for entry in one["actor_history"]][-1] == one["status"]
    (figures,) = [f for f in execution.account_figures(1) if f.scope.startswith("model:")]
    shown = desk.get(f"portfolios/{portfolio['id']}")
    assert round(shown["cash"] * 100) == figures.cash_paise


@pytest.mark.parametrize("seed", range(4))
def test_each_is_placed_once_and_each_is_explained(desk: LiveDesk, seed: int) -> None:
    portfolio = desk.deploy_live(max_oversubscription=2.0)
    at, signals = desk.first_signals(portfolio)
    desk.at(desk.days[at + 1])
    for one in signals:
        desk.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")
    story = Story(desk, portfolio, signals[:SIGNALS], seed)
    for _ in range(STEPS):
        story.go_on()
    desk.clock.advance(seconds=60)
    desk.market.refresh()
    desk.parts.upkeep.recover()
    for _ in range(4):
        desk.settle()
    check(desk, portfolio)
