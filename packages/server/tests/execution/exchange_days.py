"""Days at the paper exchange that can be repeated: steps drawn from a seed, and a server that does
them, restarted or made to fail wherever a test wants.

What a server is asked for is asked again after a failure, under the same key; the feed tells its
latest prices again after a start, as every feed does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from exchange_steps import (
    FUTURE,
    PRICES,
    Alter,
    Basket,
    Exit,
    Place,
    Quote,
    Step,
    Trigger,
    Until,
    Wait,
    Withdraw,
)
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from stub_market import StubMarket

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.tick import Tick
from tradertape_core.orders.order import NIL, Order, Product, Variety
from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.errors import NotTheTrader, TradingPaused
from tradertape_server.features.execution.loop import batch, recording, trader
from tradertape_server.features.execution.loop.recovery import LOST
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.scheduled.expiry_settlement import ExpirySettlement
from tradertape_server.features.execution.scheduled.mark_to_market import MarkToMarket
from tradertape_server.features.execution.scheduled.session_clock import ExecutionJobs
from tradertape_server.features.execution.service import ExecutionService, RunRef, Settings
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.store.models import PostingRow
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError

MONDAY = datetime(2026, 8, 3, tzinfo=IST)
FUTURE_DAYS = 8  # until it expires
OPENING_PAISE = 50_000_000_00
RECORDED_STEPS = (
    "before_commit", "after_commit", "before_send", "after_send", "before_record", "after_record",
)  # fmt: skip
R = TypeVar("R")


# --- faults ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """What the trader's thread of a killed process sees: nothing after it is done."""


@dataclass
class Faults:
    """Ends the server, or fails its transaction, at the next passes of a step."""

    step: str | None = None
    left: int = 0
    kills: bool = False
    is_dead: bool = False
    done: int = 0

    def arm(self, step: str, *, after: int = 1, kills: bool) -> None:
        self.step, self.left, self.kills = step, after, kills

    def reach(self, step: str) -> None:
        """What is called instead of the server's crash points."""
        if step != self.step:
            return
        self.left -= 1
        if self.left <= 0:
            self.step, self.done = None, self.done + 1
            if self.kills:
                self.is_dead = True
                raise Killed
            raise OperationalError("COMMIT", {}, Exception("the connection was cut"))

    @staticmethod
    def install(patch: Any, latest: Callable[[], Faults]) -> None:
        """Have the traders of a test fail as the latest faults say. patch: pytest's monkeypatch."""
        for module in (batch, recording):
            patch.setattr(module, "crash_point", lambda step: latest().reach(step))
        run_batch = trader.Trader._run_batch

        def dying(one: Any, commands: Any, ticks: Any, events: Any) -> None:
            try:
                run_batch(one, commands, ticks, events)
            except Killed:  # their callers lose the connection
                with one._bell:
                    one._is_stopping = True
                trader._fail([*commands, *one._commands], TradingPaused())
                raise

        patch.setattr(trader.Trader, "_run_batch", dying)
        patch.setattr(trader.threading, "excepthook", lambda _args: None)


# --- the exchange ---------------------------------------------------------------------------------


@dataclass
class Days:
    """A server of some traders, what they did, and what came of it after every step.

    before: called before each step; it may restart the server, or have it fail. tells_first: a tick
    of the moment of an order is met before the order is decided on; else it is first seen with it.
    """

    database: Database
    clock: Any
    settings: Settings
    before: Callable[[Days], None] = lambda _days: None
    faults: Faults = field(default_factory=Faults)
    tells_first: bool = False
    traders: int = 2
    refused: list[tuple[str, str]] = field(default_factory=list)
    outcome: dict[str, Any] = field(default_factory=dict)
    restarts: int = 0
    _seq: int = 0

    def __post_init__(self) -> None:
        self.market = StubMarket(self.clock)
        self.market.keeps_hours = True
        self.market.instruments[FUTURE.id] = FUTURE
        self.market.closes["NIFTY"] = "24010"
        for day in range(FUTURE_DAYS):
            price = f"{24000 + 37 * (-1) ** day * (day + 1)}"
            self.market.settlements[FUTURE.id, MONDAY.date() + timedelta(days=day)] = price
        self.settings = replace(self.settings, opening_paise=OPENING_PAISE)
        for name in PRICES:
            self.market.tell(self._tick(Quote(name, 0)))
        self._start()
        self.runs = [self._run_of(number) for number in range(self.traders)]

    def run(self, steps: Sequence[Step]) -> Days:
        """Do the steps, and note what comes of them."""
        funds: list[Any] = []
        for step in steps:
            self.before(self)
            self.do(step)
            funds.append(self.funds())
        self.outcome = {
            "orders": self.orders(),
            "funds": funds,
            "positions": self.positions(),
            "triggers": self.triggers(),
            "postings": self.postings(),
        }
        return self

    def stop(self) -> None:
        """End the server."""
        self.service.trader.stop()

    def restart(self) -> None:
        """End the server and start another on the same database."""
        self.service.trader.stop()
        self.restarts += 1
        self._start()

    def do(self, step: Step) -> None:  # noqa: C901 - one case for each step
        match step:
            case Quote():
                self.market.tell(self._tick(step))
            case Place():
                self._place(step)
            case Basket():
                run, legs = self.runs[step.who], [dict(leg) for leg in step.legs]
                self._ask(step.key, lambda one: one.place_basket(run, legs, key=step.key))
            case Alter():
                found, run_id = self._open(step), self.runs[step.who].run_id
                patch = dict(step.patch)
                if found:
                    self._ask(
                        step.key,
                        lambda one: one.modify_once(run_id, found, patch, key=step.key),
                    )
            case Withdraw():
                found, run_id = self._open(step), self.runs[step.who].run_id
                if found:
                    self._ask(step.key, lambda one: one.cancel_once(run_id, found, key=step.key))
            case Trigger():
                self._trigger(step)
            case Exit():
                run = self.runs[step.who]
                self._ask(
                    step.key, lambda one: one.exit_run(run, key=step.key, product=Product.MIS)
                )
            case Wait():
                self._pass(timedelta(seconds=step.seconds))
            case Until():
                wanted = MONDAY + timedelta(
                    days=step.day, hours=step.hour, minutes=step.minute, seconds=step.second
                )
                if wanted > self.clock.now():
                    self._pass(wanted - self.clock.now())
        self.settle()

    def settle(self) -> None:
        """Wait until the trader has worked off what it was told before."""
        for _ in range(2):
            self._again(lambda one: one.trader.execute(Command(lambda _uow: None)))

    # --- what came of it ----------------------------------------------------------------------

    def funds(self) -> list[Any]:
        """Cash, margins, charges and results of every trader."""
        found = [self._again(lambda one, run=run: one.funds(run.account_id)) for run in self.runs]
        return [astuple(one) for one in found]

    def orders(self) -> dict[str, Any]:
        """Every order by its tag, which no process changes: its terms, its state and its fills."""
        return {one.tag: _seen(one) for run in self.runs for one in self._orders(run)}

    def positions(self) -> dict[Any, Any]:
        """What is held: units, cost and result."""
        found = self._again(lambda one: one.positions())
        return {
            (str(one.key.account), one.key.run_id, one.key.instrument, one.key.product): (
                one.quantity, one.cost_paise, one.realised_paise,
            )
            for one in found
        }  # fmt: skip

    def triggers(self) -> list[Any]:
        """The state of every trigger."""
        return [
            (gtt.trigger_id, gtt.status, [one.at for one in gtt.results])
            for run in self.runs
            for gtt in self._again(lambda one, run=run: one.gtts(run.account_id))
        ]

    def postings(self) -> list[Any]:
        """Every amount that was posted, without the ids of its order and its trade."""
        with self.database.read() as session:
            rows = session.scalars(select(PostingRow)).all()
        return sorted(
            (one.account_id, one.ledger, one.run_id or "", one.instrument or "", one.amount_paise)
            for one in rows
        )

    # --- inside -------------------------------------------------------------------------------

    def _start(self) -> None:
        while True:
            self.faults.is_dead = False
            self.service = ExecutionService.build(
                self.database, self.clock, self.market, self.settings
            )
            try:
                self.service.trader.start()
            except Killed:  # while it recovered
                continue
            break
        chores = [MarkToMarket(self.service, nse_calendar()), ExpirySettlement(self.service)]
        self.jobs = ExecutionJobs(self.service, nse_calendar(), self.clock, chores=chores)

    def _run_of(self, number: int) -> RunRef:
        with self.database.write() as session:
            user = User(email=f"trader-{number}@example.com", created_at=self.clock.now())
            session.add(user)
            session.flush()
            user_id = user.id
        account = self.service.account(user_id, "kite:paper-a")
        return RunRef(account_id=account.id, run_id=f"run-{number}")

    def _again(self, ask: Callable[[ExecutionService], R]) -> R:
        """Ask until there is an answer; a server that died is started again."""
        while True:
            try:
                return ask(self.service)
            except (TradingPaused, NotTheTrader):
                if self.faults.is_dead:
                    self.restart()
                    for tick in list(self.market.prices.values()):
                        self.market.tell(tick)

    def _ask(self, key: str, ask: Callable[[ExecutionService], Any]) -> None:
        try:
            self._again(ask)
        except (ApiError, InvalidInput) as error:
            self.refused.append((key, str(getattr(error, "code", error))))

    def _tick(self, quote: Quote) -> Tick:
        instrument = self.market.known(quote.instrument)
        last = PRICES[quote.instrument] + Decimal(quote.last) / 20
        known = self.market.prices.get(quote.instrument)
        self._seq += 1
        return Tick(
            instrument_token=instrument.instrument_token,
            instrument_id=instrument.id,
            last_price=last,
            at=self.clock.now(),
            seq=self._seq,
            bid=last - Decimal(quote.spread) / 20,
            ask=last + Decimal(quote.spread) / 20,
            bid_quantity=quote.shown,
            ask_quantity=quote.shown,
            volume=(known.volume if known else 0) + quote.traded,
        )

    def _pass(self, by: timedelta) -> None:
        self.clock.advance(seconds=by.total_seconds())
        self._again(lambda _one: self.jobs.run_once())

    def _place(self, step: Place) -> None:
        run, order = self.runs[step.who], dict(step.fields)
        tick = None if step.quote is None else self._tick(step.quote)
        if tick is not None and self.tells_first:
            self.market.tell(tick)
            self.settle()
        elif tick is not None:
            self.market.prices[tick.instrument_id] = tick
        self._ask(step.key, lambda one: one.place(run, order, key=step.key))
        if tick is not None:
            self.market.tell(tick)

    def _trigger(self, step: Trigger) -> None:
        run = self.runs[step.who]
        price = float(PRICES[step.instrument] + step.away)
        exchange, _, symbol = step.instrument.partition(":")
        leg = {
            "exchange": exchange,
            "tradingsymbol": symbol,
            "transaction_type": "SELL",
            "product": "CNC",
            "order_type": "LIMIT",
            "quantity": step.quantity,
            "price": price,
        }
        latest = self.market.prices[step.instrument].last_price
        condition = {
            "exchange": exchange,
            "tradingsymbol": symbol,
            "trigger_values": [price],
            "last_price": float(latest),
        }
        document = {"type": "single", "condition": condition, "orders": [leg]}
        key = CallersKey(f"user:{run.account_id}", step.key)
        self._ask(step.key, lambda one: one.create_gtt(run.account_id, document, key=key))

    def _orders(self, run: RunRef) -> list[Order]:
        return self._again(lambda one: one.orders(account_id=run.account_id))

    def _open(self, step: Alter | Withdraw) -> str | None:
        run = self.runs[step.who]
        own = [one for one in self._orders(run) if one.is_open and one.run_id == run.run_id]
        own.sort(key=lambda one: one.tag)
        return own[step.number % len(own)].order_id if own else None


def _seen(order: Order) -> Any:
    fills = [(one.price, one.quantity, one.at, one.side) for one in order.fills]
    # That an answer was lost is told, and changes nothing.
    message = None if order.status_message == LOST else order.status_message
    request, modifications = order.request, order.modifications
    if request.variety is Variety.CO and not order.is_open and not fills:
        # A tick that fills the target may move the stop before it ends it.
        request, modifications = replace(request, trigger_price=NIL), 0
    return (
        request, order.status, message, order.placed_at, order.updated_at,
        order.filled_quantity, order.pending_quantity, modifications, fills,
    )  # fmt: skip
