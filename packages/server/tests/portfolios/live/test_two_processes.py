"""Many portfolios and signals on two processes that are killed at any moment: each signal is placed
once, or says why not; then each trigger fires and each position is bought once (SG-05, SG-07)."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from packages.server.tests.portfolios.live.at_broker.conftest import AbleAccounts
from packages.server.tests.portfolios.live.conftest import OpenMarket

from tradertape_core.portfolio.book import PaperBook, document
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_core.portfolio.signals import Event
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.portfolios.build import build_upkeep
from tradertape_server.features.portfolios.live.accounts import PortfolioAccounts
from tradertape_server.features.portfolios.live.upkeep import Upkeep
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import move, settings_document
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.processes.trader_election import TraderElection

ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
MONDAY_10_AM = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
LIFE_S = 2.0  # of the lease of the process that trades
QUANTITY, TRIGGER, LAST = 2, 110.0, 100.0
LIVE: dict[str, Any] = {"paper_fill": "live"}
FORK = multiprocessing.get_context("fork")


class MarketClock(SystemClock):
    """The machine's clock, set to the middle of a session."""

    def __init__(self) -> None:
        self._ahead = MONDAY_10_AM - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead


class Process:
    """A server, as far as it trades for portfolios."""

    def __init__(self, url: str, clock: MarketClock, symbols: list[str]) -> None:
        self.database, self.market = Database(url), OpenMarket(clock)
        self.symbols, self.prices = symbols, dict.fromkeys(symbols, LAST)
        self.election = TraderElection(self.database, role="all", address="", life_s=LIFE_S)
        self.trading = Database(url, name=self.election.connections)
        self.execution = ExecutionService.build(
            self.database, clock, self.market, ExecutionSettings(), trading=self.trading,
            fence=self.election.fence,
        )  # fmt: skip
        accounts = PortfolioAccounts(self.execution, AbleAccounts())
        self.upkeep: Upkeep = build_upkeep(self.database, clock, self.execution, accounts)

    def quote(self) -> None:
        for symbol in self.symbols:
            self.market.trade(f"NSE:{symbol}", f"{self.prices[symbol]:.2f}")

    def serve(self, ids: dict[int, list[int]], draw: random.Random, until: float) -> None:
        """Trade when it is this process's turn, and place carts all the time as a web page does."""
        self.election.start((self.execution.trader,))
        was_trader = False
        while time.monotonic() < until:
            self.quote()
            portfolio_id = draw.choice(list(ids))
            with suppress(ApiError):
                self.upkeep.placing.place(portfolio_id, ids[portfolio_id], by="page")
            time.sleep(0.01)
            is_trader = self.election.is_trader and self.execution.trader.is_well
            if is_trader:
                self.upkeep.run_once() if was_trader else self.upkeep.recover()
            was_trader = is_trader


def serve(url: str, clock: MarketClock, symbols: list[str], ids: Any, seed: int) -> None:
    Process(url, clock, symbols).serve(ids, random.Random(seed), time.monotonic() + 600)


class World:
    """The portfolios, and the processes that come and go."""

    def __init__(self, url: str, portfolios: int, signals: int) -> None:
        self.url, self.clock, self.each = url, MarketClock(), signals
        self.symbols = [f"SHARE{number}" for number in range(signals)]
        self.seed = random.SystemRandom().randrange(10**6)
        self.draw = random.Random(self.seed)
        self.children: list[Any] = []
        database = Database(url)
        with database.write() as session:
            user = User(email="person@example.com", created_at=self.clock.now())
            session.add(user)
            session.flush()
            rows = [self._portfolio(user.id, number) for number in range(portfolios)]
            session.add_all(rows)
            session.flush()
            self.ids = {row.id: self._signals(session, row.id) for row in rows}
        execution = ExecutionService.build(database, self.clock, OpenMarket(self.clock))
        execution.trader.start()
        accounts = PortfolioAccounts(execution, Any)  # type: ignore[arg-type]
        with database.write() as session:
            for portfolio_id in self.ids:
                row = session.get_one(Portfolio, portfolio_id)
                row.account_id = accounts.account_of(session, row, PortfolioSettings(**LIVE))
        execution.trader.stop()
        database.close()

    def _portfolio(self, user_id: int, number: int) -> Portfolio:
        now = self.clock.now()
        return Portfolio(
            user_id=user_id, name=f"Portfolio {number}", strategy_id=1, strategy_version=1,
            strategy_name="S", document=BASE_MODELS["v1_momentum"],
            settings=settings_document(PortfolioSettings(**LIVE)), data_set="simulated",
            status="active", book=document(PaperBook.opened(100_000_000)), shadow={},
            created_at=now, updated_at=now,
        )  # fmt: skip

    def _signals(self, session: Any, portfolio_id: int) -> list[int]:
        now = self.clock.now()
        rows = [
            PortfolioSignal(
                portfolio_id=portfolio_id, epoch=1, symbol=symbol, status="in_cart", conviction=70,
                rank=rank, sector="IT", company=symbol, isin="", reason="", ref_price=LAST,
                trigger_price=TRIGGER, limit_price=TRIGGER * 1.01, quantity=QUANTITY,
                signal_date=date(2026, 1, 2), history=[], expires_at=now + timedelta(days=5),
                created_at=now, updated_at=now,
            )
            for rank, symbol in enumerate(self.symbols, start=1)
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]

    def begin(self) -> None:
        arguments = (self.url, self.clock, self.symbols, self.ids, self.draw.randrange(10**6))
        child = FORK.Process(target=serve, args=arguments, daemon=True)
        child.start()
        self.children.append(child)

    def kill(self) -> None:
        child = self.children.pop(0)
        child.kill()
        child.join()

    def left(self, database: Database) -> int:
        with database.read() as session:
            return session.query(PortfolioSignal).filter_by(status="in_cart").count()


def kill_over_and_over(url: str, portfolios: int, signals: int, *, kills: int) -> None:
    world, began_s = World(url, portfolios, signals), time.monotonic()
    total, killed = portfolios * signals, 0
    world.begin()
    world.begin()
    watch = Database(url)
    try:
        for step in itertools.count():
            assert step < 3_000, f"{world.left(watch)} are left (seed {world.seed})"
            time.sleep(world.draw.uniform(0.2, 2 * LIFE_S))
            left = world.left(watch)
            if left == 0 or killed == kills:
                break
            if left <= total * (kills - killed) / (kills + 1):
                world.begin()
                world.kill()
                killed += 1
    finally:
        while world.children:
            world.kill()
        watch.close()
    placed_s = time.monotonic() - began_s
    told = settle_and_fire(world)
    sys.stdout.write(
        f"\n{portfolios} portfolios, {total} signals, {killed} kills in {placed_s:.0f} s: {told} "
        f"(seed {world.seed})\n"
    )


def settle_and_fire(world: World) -> str:
    """A last process finds out what became of everything; then each trigger is reached."""
    process = Process(world.url, world.clock, world.symbols)
    process.quote()
    process.election.start((process.execution.trader,))
    eventually(lambda: process.election.is_trader and process.execution.trader.is_well)
    process.upkeep.recover()
    again = retry_failed(process)
    for portfolio_id, ids in world.ids.items():
        process.quote()
        process.upkeep.placing.place(portfolio_id, ids, by="page", alone=False)
    check_placed(process, world)
    process.prices = dict.fromkeys(world.symbols, TRIGGER)
    process.quote()
    total = sum(map(len, world.ids.values()))
    eventually(lambda: held_after_a_look(process) == total)
    check_bought(process, world)
    process.election.stop()
    process.execution.trader.stop()
    process.trading.close()
    process.database.close()
    return f"each placed once ({again} tried again after a kill), each bought once"


def held_after_a_look(process: Process) -> int:
    """How many positions there are once what was filled is taken over."""
    process.quote()
    process.upkeep.mirror.refresh_all()
    with process.database.read() as session:
        return session.query(PortfolioPosition).count()


def eventually(done: Any, within_s: float = 60) -> None:
    until = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


def retry_failed(process: Process) -> int:
    """A placement that a kill interrupted says so, and is put back into the cart."""
    with process.database.write() as session:
        failed = session.query(PortfolioSignal).filter_by(status="failed").all()
        for row in failed:
            assert row.failure_reason, f"signal {row.id} does not say why it failed"
            move(row, Event.RETRY, by="me", now=process.execution.clock.now())
        return len(failed)


def check_placed(process: Process, world: World) -> None:
    accounts = {}
    with process.database.read() as session:
        for row in session.query(PortfolioSignal).all():
            seen = (row.id, row.status, row.gtt_status, row.failure_reason, world.seed)
            assert (row.status, row.gtt_status) == ("approved", "active"), seen
            assert [one["status"] for one in row.history][-1] == row.status, seen
            assert row.history[0]["event"] == "place", seen
        for portfolio in session.query(Portfolio).all():
            accounts[portfolio.id] = portfolio.account_id
        known = {row.gtt_id for row in session.query(PortfolioSignal).all()}
    for portfolio_id, account_id in accounts.items():
        active = [one for one in process.execution.gtts(account_id) if one.is_active]
        by_run = Counter(one.run_id for one in active)
        wanted = {f"portfolio:{portfolio_id}:1:{one}" for one in world.ids[portfolio_id]}
        assert by_run.keys() == wanted, (portfolio_id, world.seed)
        assert set(by_run.values()) == {1}, (by_run, world.seed)
        assert {one.trigger_id for one in active} <= known, world.seed


def check_bought(process: Process, world: World) -> None:
    with process.database.read() as session:
        for row in session.query(PortfolioSignal).all():
            seen = (row.id, row.status, row.gtt_status, row.failure_reason, world.seed)
            assert (row.status, row.filled_quantity) == ("executed", QUANTITY), seen
        held = session.query(PortfolioPosition).all()
        assert Counter(one.signal_id for one in held) == Counter(
            one for ids in world.ids.values() for one in ids
        )
        assert {one.open_quantity for one in held} == {QUANTITY}


@ON_POSTGRES
def test_sg_05_100_signals_are_placed_once_whoever_is_killed(database_url: str) -> None:
    kill_over_and_over(database_url, 10, 10, kills=2)


@pytest.mark.slow
@ON_POSTGRES
def test_sg_05_2000_signals_of_200_portfolios_are_placed_once(database_url: str) -> None:
    kill_over_and_over(database_url, 200, 10, kills=12)
