"""Fixtures of workers: the app on a market whose prices a test sets.

serving     the same app behind a real port: `serving.config.port`
worker      makes callers with a worker token: `worker()`, `worker("b@example.com", scopes=["gtt"])`
api         the path of a worker route: `api("runs")`
new_run     creates a run and returns its payload: `new_run(worker(), "run-1", **fields)`
market      `market.trade("NSE:INFY", "1500.00")`
guardian    the guardian of protections; `guardian.check_all()` checks once, its thread does not run
nifty       option contracts on the market: `nifty("CE", 0)` is the call at the money, 1 a strike up
option_run  creates a run of legs: `option_run(caller, ("BUY", nifty("CE", 0)), protection={…})`
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.market.hours import segment_of
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import PhaseKind, Segment
from tradertape_core.market.tick import Tick
from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.features.auth.token_limits import NO_LIMITS, TokenLimits
from tradertape_server.features.auth.token_scope import TokenScope
from tradertape_server.features.execution.ports import OnTick
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.protection.guardian import Guardian
from tradertape_server.features.risk.market_facts import NoMarketFacts
from tradertape_server.features.workers.service import OptionServices
from tradertape_server.wiring.trading import build_risk_rules, build_workers

BASE_URL = "http://localhost:18777"
PREFIX = "/api/algo-workers/worker"
Json = dict[str, Any]

INSTRUMENTS = {
    one.id: one
    for one in (
        Instrument(
            exchange="NSE", tradingsymbol="INFY", instrument_token=408065, exchange_token=1594
        ),
        Instrument(
            exchange="NSE", tradingsymbol="TCS", instrument_token=2953217, exchange_token=11536
        ),
    )
}


class HandMarket:
    """Two shares, and those that a test adds, at prices that the test sets."""

    never_closes = False
    has_auctions = True
    is_stale = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.open = True
        self.instruments = dict(INSTRUMENTS)
        self.underlying: Decimal | None = None
        self.no_bids: set[str] = set()  # nobody buys: at the lower circuit
        self._ticks: dict[str, Tick] = {}
        self._watched: dict[OnTick, frozenset[str]] = {}
        self._seq = 0

    def instrument(self, instrument_id: str) -> Instrument | None:
        return self.instruments.get(instrument_id)

    def by_token(self, token: int) -> Instrument | None:
        known = self.instruments.values()
        return next((one for one in known if one.instrument_token == token), None)

    def hint(self, name: str) -> str:
        return ""

    def known(self, instrument_id: str) -> Instrument:
        if instrument_id not in self.instruments:
            raise InvariantBroken(instrument_id)
        return self.instruments[instrument_id]

    def underlying_price(self, instrument: Instrument) -> Decimal | None:
        return self.underlying

    def tick(self, instrument_id: str) -> Tick | None:
        return self._ticks.get(instrument_id)

    def segment(self, instrument: Instrument) -> Segment:
        return segment_of(instrument)

    def phase(self, instrument: Instrument, now: datetime) -> PhaseKind | None:
        return PhaseKind.CONTINUOUS if self.open else None

    def is_open(self, now: datetime) -> bool:
        return self.open

    def watch(self, instrument_ids: Collection[str], listener: OnTick) -> None:
        self._watched[listener] = frozenset(instrument_ids)

    def trade(self, instrument_id: str, price: str) -> Tick:
        self._seq += 1
        last, instrument = Decimal(price), self.known(instrument_id)
        has_bid = instrument_id not in self.no_bids
        tick = Tick(
            instrument_token=instrument.instrument_token,
            instrument_id=instrument_id,
            last_price=last,
            at=self.clock.now(),
            seq=self._seq,
            bid=last if has_bid else None,
            ask=last + instrument.tick_size,
            bid_quantity=1000 if has_bid else 0,
            ask_quantity=1000,
            volume=self._seq * 10,
        )
        self._ticks[instrument_id] = tick
        for listener, names in list(self._watched.items()):
            if instrument_id in names:
                listener(tick)
        return tick

    def refresh(self) -> None:
        for name, tick in self._ticks.items():
            self._ticks[name] = replace(tick, at=self.clock.now())


@pytest.fixture
def overrides() -> Json:
    return {"feed": "off"}


@pytest.fixture
def market(clock: Clock) -> HandMarket:
    market = HandMarket(clock)
    market.trade("NSE:INFY", "1500.00")
    market.trade("NSE:TCS", "3000.00")
    return market


@pytest.fixture
def compat() -> bool:
    return False


@pytest.fixture
def container(
    container: Container, market: HandMarket, clock: Clock, compat: bool
) -> Iterator[Container]:
    """The app's parts, with execution on the test's market."""
    execution = ExecutionService.build(
        container.database, clock, market, ExecutionSettings(strict_answers=compat)
    )
    risk = build_risk_rules(container.database, clock, execution, container.bus, NoMarketFacts())
    execution.trader.start()
    workers, guardian = build_workers(
        container.database, clock, container.secrets, execution, container.bus, market,
        by_token=market.by_token, compat=compat,
    )  # fmt: skip
    option_services = OptionServices.build(
        workers, execution, container.options.reader, container.feed, clock, container.secrets
    )
    yield replace(
        container, execution=execution, risk=risk, workers=workers, guardian=guardian,
        option_services=option_services,
    )  # fmt: skip
    execution.trader.stop()


@pytest.fixture
def guardian(container: Container) -> Guardian:
    return container.guardian


@pytest.fixture
def worker(app: FastAPI, client: TestClient, sign_in: Any, container: Container) -> Any:
    """A client with a worker token."""

    def make(
        email: str = "person@example.com",
        scopes: tuple[str, ...] = ("paper", "data", "gtt"),
        accounts: tuple[str, ...] = (),
        limits: TokenLimits = NO_LIMITS,
    ) -> TestClient:
        person = sign_in(email).get("/api/auth/me").json()
        owner, keys = Owner(person["id"], person["email"]), Keys(container.clock, "worker")
        with container.database.write() as session:
            made = keys.create(
                session, owner, COMMAND_LINE, label="x", scopes=scopes, expires_in_days=None,
                token_scope=TokenScope(account_scopes=accounts), limits=limits,
            )  # fmt: skip
        headers = {"Authorization": f"Bearer {made.token}", "Content-Type": "application/json"}
        return CheckedClient(app, base_url=BASE_URL, headers=headers)

    return make


@pytest.fixture
def serving(app: FastAPI, client: Any) -> Iterator[uvicorn.Server]:
    """The app behind a real port."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        server.config.port = listener.getsockname()[1]
        yield server
        server.should_exit = True
        thread.join(timeout=30)


def api(path: str) -> str:
    return f"{PREFIX}/{path}"


@pytest.fixture(name="api")
def api_fixture() -> Callable[[str], str]:
    return api


@pytest.fixture
def new_run() -> Callable[..., Json]:
    def make(caller: TestClient, run_id: str = "run-1", **fields: Any) -> Json:
        body = {
            "strategy_run_id": run_id,
            "template_id": "t",
            "account_scope": "kite:paper-a",
            "execution_mode": "paper",
            **fields,
        }
        answer = caller.post(api("runs"), json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return make


@pytest.fixture
def buy() -> Callable[..., Json]:
    """An intent: `buy("key-00001", quantity=2)`."""

    def make(key: str, *, token: str | None = None, **changes: Any) -> Json:
        order = {
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "transaction_type": "BUY",
            "variety": "regular",
            "product": "CNC",
            "order_type": "MARKET",
            "quantity": 10,
            **changes,
        }
        intent: Json = {
            "intent_type": "place_order",
            "payload": {"order": order},
            "idempotency_key": key,
            "metadata": {},
        }
        return intent | ({"safety_token": token} if token else {})

    return make


@pytest.fixture
def nifty(container: Container, market: HandMarket) -> Callable[..., Instrument]:
    """Contracts of a monthly expiry, quoted at 100 rupees until a test changes that."""
    market.underlying = Decimal(18_500)

    def contract(kind: str, away: int, underlying: str = "NIFTY", expiry: str = "") -> Instrument:
        reader = container.options.reader
        found = reader.underlying(underlying)
        day = reader.expiry(found, expiry or "current_month")
        options = [o for o in found.options if o.expiry == day and o.option_type == kind]
        options.sort(key=lambda one: one.strike or Decimal(0))
        one = options[len(options) // 2 + away]
        if one.id not in market.instruments:
            market.instruments[one.id] = one
            market.trade(one.id, "100.00")
        return one

    return contract


@pytest.fixture
def option_run() -> Callable[..., Json]:
    def make(caller: TestClient, *legs: tuple[str, Instrument], **fields: Any) -> Json:
        body = {
            "strategy_name": "Test strategy",
            "product": "NRML",
            "metadata": {},
            "legs": [
                {
                    "leg_id": f"leg_{index}",
                    "exchange": "NFO",
                    "tradingsymbol": one.tradingsymbol,
                    "transaction_type": side,
                    "quantity": one.lot_size,
                    "order_type": "MARKET",
                    "metadata": {},
                }
                for index, (side, one) in enumerate(legs)
            ],
            **fields,
        }
        answer = caller.post(api("options/runs"), json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return make


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """Waits until something that other threads do has happened."""

    def wait(what: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.005)

    return wait
