"""Portfolios on live prices: the app on a market whose prices a test sets.

The threads that follow execution do not run: `desk.settle()` does once what they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zlib import crc32

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.portfolios.conftest import Desk, Json
from packages.server.tests.workers.conftest import HandMarket

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.instrument import Instrument
from tradertape_server.container import Container
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.portfolios.build import build_portfolios
from tradertape_server.wiring.trading import build_workers


class OpenMarket(HandMarket):
    """Lists every share that is asked for."""

    def instrument(self, instrument_id: str) -> Instrument | None:
        if instrument_id not in self.instruments and instrument_id.startswith("NSE:"):
            token = crc32(instrument_id.encode()) % 10_000_000 + 10_000_000
            self.instruments[instrument_id] = Instrument(
                exchange="NSE",
                tradingsymbol=instrument_id.removeprefix("NSE:"),
                instrument_token=token,
                exchange_token=token // 256,
            )
        return self.instruments.get(instrument_id)

    def known(self, instrument_id: str) -> Instrument:
        self.instrument(instrument_id)
        return super().known(instrument_id)


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off"}


@pytest.fixture
def market(clock: Clock) -> OpenMarket:
    return OpenMarket(clock)


@pytest.fixture
def container(container: Container, market: OpenMarket, clock: Clock) -> Iterator[Container]:
    """The app's parts, with execution on the test's market."""
    execution = ExecutionService.build(container.database, clock, market, ExecutionSettings())
    workers, guardian = build_workers(
        container.database, clock, container.secrets, execution, container.bus, market,
        by_token=market.by_token,
    )  # fmt: skip
    portfolios = build_portfolios(
        container.database, clock, container.market, container.strategies, execution,
        container.live_accounts,
    )  # fmt: skip
    yield replace(
        container, execution=execution, workers=workers, guardian=guardian, portfolios=portfolios
    )
    execution.trader.stop()


class LiveDesk(Desk):
    """A person with portfolios on live prices."""

    def __init__(self, client: TestClient, container: Container, clock: Any, market: Any) -> None:
        super().__init__(client, container, clock)
        self.market = market

    @property
    def parts(self) -> Any:
        return self.container.portfolios

    def deploy_live(self, **settings: Any) -> Json:
        return self.deploy(**{"paper_fill": "live", "atr_stop_multiplier": 2.0, **settings})

    def at(self, day: date, hour: int = 10, minute: int = 0) -> None:
        """Move the clock to a time of a day."""
        wanted = datetime.combine(day, time(hour, minute), IST)
        self.clock.set_wrong(seconds=(wanted - self.clock.now()).total_seconds())

    def trade(self, symbol: str, price: float) -> None:
        """A trade at a price, and everything that follows from it."""
        self.market.trade(f"NSE:{symbol}", f"{price:.2f}")
        self.settle()

    def idle(self) -> None:
        """Let the trader do what it has been given."""
        for _ in range(2):
            self.container.execution.trader.execute(Command(lambda _uow: None))

    def settle(self) -> None:
        """Let what is due be done: fills, protection, signals and positions."""
        for _ in range(3):
            self.idle()
            self.parts.upkeep.run_once()
            self.container.guardian.check_all()

    def signal(self, signal_id: int) -> Json:
        found = self.get("signals?limit=500")
        return next(one for one in found if one["id"] == signal_id)

    def position(self, portfolio: Json) -> Json:
        found = self.get(f"positions?portfolio_id={portfolio['id']}")
        assert len(found) == 1
        return found[0]

    def approved(self, portfolio: Json, back: int = 5, most: int = 1) -> tuple[int, list[Json]]:
        """The evening of a day with signals, the best of them approved; then the next morning."""
        at, signals = self.first_signals(portfolio, back)
        chosen = [self.post(f"signals/{one['id']}/approve") for one in signals[:most]]
        self.at(self.days[at + 1])
        for one in chosen:
            self.market.trade(f"NSE:{one['symbol']}", f"{one['ref_price']:.2f}")
        return at, chosen

    def placed(self, portfolio: Json, most: int = 1) -> tuple[int, list[Json]]:
        """The same, with their triggers placed."""
        at, chosen = self.approved(portfolio, most=most)
        answer = self.post("cart/place", {"portfolio_id": portfolio["id"]})
        assert answer["placed"] == most, answer
        return at, [self.signal(one["id"]) for one in chosen]

    def bought(self, portfolio: Json) -> tuple[int, Json, Json]:
        """The same, bought: day, signal and position."""
        at, (one,) = self.placed(portfolio)
        self.trade(one["symbol"], one["trigger_price"])
        return at, self.signal(one["id"]), self.position(portfolio)


@pytest.fixture
def desk(
    with_market: None, signed_in: TestClient, container: Container, clock: Any, market: Any
) -> LiveDesk:
    container.portfolios.schedule.stop()
    container.portfolios.upkeep.stop()
    container.guardian.stop()
    container.execution_jobs.stop()
    return LiveDesk(signed_in, container, clock, market)
