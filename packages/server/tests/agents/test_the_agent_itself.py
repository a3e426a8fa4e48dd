"""The agent's own program against this server and a sandbox broker: from the cart to the fill."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from packages.agent.tests.machine import Watch, configure, environment_of, sign_in
from packages.brokers.tests.sandboxed import Running, served_sandbox
from packages.server.tests.agents.conftest import AgentDesk

from tradertape_agent.agent import Agent
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import load
from tradertape_agent.journal.intents import Intent, IntentState
from tradertape_agent.wiring import build
from tradertape_sandbox.app import open_default_account


class Served(httpx.BaseTransport):
    """Hands the agent's requests to the server's application in this process."""

    def __init__(self, desk: AgentDesk, key: str) -> None:
        self._client = desk.agent("wire", key).client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {
            name: value for name, value in request.headers.items() if name not in ("host",)
        }  # fmt: skip
        target = request.url.raw_path.decode()
        answer = self._client.request(
            request.method, target, headers=headers, content=request.read()
        )
        kept = {"content-type": "application/json"} if answer.content else {}
        return httpx.Response(answer.status_code, headers=kept, content=answer.content)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def own(
    desk: AgentDesk, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Agent]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    open_default_account(running.sandbox.exchange, "kite", Decimal(100_000_000))
    files, key = Folder(tmp_path / "agent.json"), desk.key(label="itself")
    configure(files, "http://localhost:18777", api_key=key, stop_loss_pct=5)
    made = build(
        load(files, {}), files, environment=environment_of(running), clock=Watch(),
        transport=Served(desk, key),
    )  # fmt: skip
    sign_in(made)
    yield made
    made.close()


def test_a_signal_in_the_cart_is_placed_filled_and_booked(
    desk: AgentDesk, own: Agent, running: Running
) -> None:
    portfolio, signal = desk.in_cart()
    symbol = f"NSE:{signal['symbol']}"
    running.sandbox.exchange.market.set_price(symbol, Decimal(str(signal["ref_price"])))
    health = own.loop.cycle()
    assert (health.cloud, health.broker) == ("ok", "ok"), health.problem
    [intent] = own.journal.intents.of_states()
    assert own.journal.reports.refused() == []
    assert intent.venue_id
    reached: Any = intent.request
    price = getattr(reached, "trigger_values", (reached,))[0]
    running.sandbox.exchange.market.set_price(symbol, Decimal(str(price)))
    for _ in range(40):
        own.desk.primary.forget()
        own.loop.cycle()
        if not own.journal.intents.of_states():
            break
    assert own.journal.reports.refused() == []
    assert own.journal.reports.count() == 0
    desk.settle()
    expected = own.cloud.get("/api/agent/expected-holdings").body
    assert [(one["symbol"], one["quantity"]) for one in expected] == [
        (signal["symbol"], intent.quantity)
    ]
    assert expected[0]["by_portfolio"][0]["portfolio_id"] == portfolio["id"]
    items = {one["symbol"] for one in own.reconciler.look()["items"]}
    assert symbol not in items


def test_ae_05_what_the_agents_own_stop_sells_is_booked_and_never_sold_again(
    desk: AgentDesk, own: Agent, running: Running
) -> None:
    market = running.sandbox.exchange.market
    portfolio = desk.deploy_live(atr_stop_multiplier=None)
    _, (signal,) = desk.approved(portfolio)
    symbol = f"NSE:{signal['symbol']}"
    market.set_price(symbol, Decimal(str(signal["ref_price"])))
    own.loop.cycle()
    [bought] = own.journal.intents.of_states()
    market.set_price(symbol, bought.request.trigger_values[0])  # type: ignore[union-attr]

    def until(state: IntentState) -> Intent:
        for _ in range(60):
            own.desk.primary.forget()
            own.loop.cycle()
            for stop in own.journal.intents.named(":stop"):
                if stop.state is state:
                    return stop
        pytest.fail(f"no stop is {state.value}")

    stop = until(IntentState.RESTING)
    market.set_price(symbol, stop.request.trigger_values[0])  # type: ignore[union-attr]
    stop = until(IntentState.FILLED)
    for _ in range(5):
        own.desk.primary.forget()
        own.loop.cycle()
        desk.settle()
    closed = desk.position(portfolio)
    assert (closed["status"], closed["exit_reason"]) == ("closed", "stop")
    assert closed["exit_price"] == pytest.approx(float(stop.average))
    assert own.journal.reports.refused() == []
    orders = own.desk.primary.trading.orders.order_book()
    assert [one.venue_order_id for one in orders if one.venue_order_id == stop.order_id]
    assert len(orders) == 2, "the purchase and the stop's sale"
    assert own.cloud.get("/api/agent/expected-holdings").body == []
