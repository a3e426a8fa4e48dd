"""Stops and targets of positions at a broker: a trigger of the broker's that stands for both.

One guard at a time. Before a trigger is asked for, its key is stored and the server's protection
disarmed; while it rests, or may rest, the server sells nothing. When it is over, or the broker took
none, the server guards again. A sale waits until the trigger is known to be gone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.gtt import Gtt, GttStatus
from tradertape_core.orders.order import Product, Side
from tradertape_core.portfolio.guarding import Guard
from tradertape_core.portfolio.signals import Status
from tradertape_core.portfolio.standing import StandingStep, StandingTerms, next_step
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.arming import Arming
from tradertape_server.features.portfolios.live.orders import Orders
from tradertape_server.features.portfolios.live.projecting import protection_of
from tradertape_server.features.portfolios.live.run_ids import ref_of
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, Conflict, NotFound, Unavailable
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)
AGAIN_AFTER = timedelta(minutes=5)  # what the broker did not take is asked for again
_WHY_OVER = {
    GttStatus.TRIGGERED: "It was reached, and its order has not sold everything.",
    GttStatus.DISABLED: "The broker disabled it, as it does after a corporate action.",
    GttStatus.REJECTED: "The broker refused it.",
    GttStatus.CANCELLED: "It is no longer at the broker.",
    GttStatus.DELETED: "It was deleted at the broker.",
    GttStatus.EXPIRED: "It expired at the broker.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Makes what rests at brokers for positions equal to what should."""

    database: Database
    clock: Clock
    execution: ExecutionService
    orders: Orders
    arming: Arming

    def keep_all(self) -> int:
        """Do what is due next for each position; how many there are."""
        with self.database.read() as session:
            held = [
                (row, of)
                for row, of in repository.executed_positions(session)
                if rests_at_broker(of) or row.standing_key is not None
            ]
            session.expunge_all()
        if not held:
            return 0
        exiting = {run_id for run_id, _ in self.execution.exits_under_way()}
        for row, portfolio in held:
            try:
                self._keep(row, portfolio, is_exiting=row.run_id in exiting)
            except Unavailable:
                raise  # trading is paused: the next pass tries again
            except Exception:
                # The others are kept; this one is looked at again in the next pass.
                logger.exception("a stop at a broker could not be kept", position_id=row.id)
        return len(held)

    def keep(self, position_id: int) -> None:
        """Do what is due next for one position: a sale of it has begun, for instance."""
        with self.database.read() as session:
            row = session.get_one(PortfolioPosition, position_id)
            portfolio = session.get_one(Portfolio, row.portfolio_id)
            session.expunge_all()
        if rests_at_broker(portfolio) or row.standing_key is not None:
            exiting = {run_id for run_id, _ in self.execution.exits_under_way()}
            self._keep(row, portfolio, is_exiting=row.run_id in exiting)

    def _keep(self, row: PortfolioPosition, portfolio: Portfolio, *, is_exiting: bool) -> None:
        account_id = row.account_id or 0
        rules = self.execution.lanes.gtt_rules(account_id)
        if row.standing_key is None and rules is None:
            return
        if row.standing_key is not None and row.standing_gtt_id is None:
            self._find_interrupted(row, account_id)
            return
        gtt = self._gtt(row)
        is_free = not is_exiting and rests_at_broker(portfolio)
        wanted = self._wanted(row, portfolio) if is_free else None
        if wanted is not None and rules is not None and wanted.type not in rules.types:
            wanted = None
        match next_step(wanted, gtt, self.clock.now()):
            case StandingStep.PLACE if wanted is not None:
                self._place(row, wanted)
            case StandingStep.CHANGE if wanted is not None and gtt is not None:
                self._change(account_id, gtt, wanted)
            case StandingStep.END if gtt is not None:
                self._end(account_id, gtt)
            case StandingStep.RELEASE if gtt is not None:
                self._release(row, gtt)
            case _:
                pass

    # --- what should rest ---------------------------------------------------------------------

    def _wanted(self, row: PortfolioPosition, portfolio: Portfolio) -> StandingTerms | None:
        """What should rest for a position; None while something else sells it, or is about to."""
        with self.database.read() as session:
            is_selling = self._is_selling(session, row)
        if is_selling or protection_of(row).is_exiting:
            return None
        levels = self.arming.levels_of(row)
        if row.open_quantity == 0 or not levels.is_needed:
            return None
        quantity = self._units(row, portfolio, levels)
        if not quantity:
            return None  # the broker has none of them
        instrument = self.execution.market.instrument(levels.instrument)
        return StandingTerms(
            instrument=levels.instrument, quantity=quantity, stop=levels.stop,
            target=levels.target,
            tick_size=Decimal("0.05") if instrument is None else instrument.tick_size,
        )  # fmt: skip

    def _units(self, row: PortfolioPosition, portfolio: Portfolio, levels: Guard) -> int:
        """Units of a position that the account has at its broker, as far as that is known."""
        run = ref_of(portfolio, str(row.run_id))
        place = levels.instrument, Product.CNC
        most = self.execution.most_to_close(run, place, Side.SELL)
        return levels.quantity if most is None else min(levels.quantity, most)

    def _is_selling(self, session: Session, row: PortfolioPosition) -> bool:
        return is_selling(repository.signals_of_run(session, str(row.run_id)), self.orders)

    def _gtt(self, row: PortfolioPosition) -> Gtt | None:
        if row.standing_gtt_id is None:
            return None
        with contextlib.suppress(NotFound):
            return self.execution.get_gtt(row.account_id or 0, row.standing_gtt_id)
        return None

    # --- asking -------------------------------------------------------------------------------

    def _place(self, row: PortfolioPosition, wanted: StandingTerms) -> None:
        now, last = self.clock.now(), self.orders.last_price(row.symbol)
        is_early = row.standing_retry_at is not None and now < row.standing_retry_at
        if is_early or last is None or not wanted.is_placeable(last):
            return
        key = self._lease(row)
        if key is None:
            return
        crash_point("standing_leased")
        self.arming.arm(row)  # disarms: the key that is stored says that the broker guards
        with self.database.read() as session:
            is_sold = protection_of(session.get_one(PortfolioPosition, row.id)).is_exiting
        if is_sold:  # a stop was reached in between
            self._store(row.id, key=None)
            return
        try:
            gtt_id = self.execution.create_gtt(
                row.account_id or 0, wanted.document(last), run_id=row.run_id, only_closes=True,
                key=_callers(row, key),
            )  # fmt: skip
        except Unavailable:
            return  # the next pass finds out what came of it
        except (ApiError, InvalidInput) as error:
            words = error.detail if isinstance(error, ApiError) else error.message
            self._store(row.id, key=None, problem=words)
            return
        crash_point("standing_placed")
        self._store(row.id, key=key, gtt_id=gtt_id)

    def _lease(self, row: PortfolioPosition) -> str | None:
        """Store the key of a trigger, unless a sale was begun since: sales look for the key."""
        with self.database.write() as session:
            repository.lock(session, row.portfolio_id)
            found = session.get_one(PortfolioPosition, row.id, populate_existing=True)
            is_same = found.open_quantity == row.open_quantity and found.standing_key is None
            if not is_same or self._is_selling(session, found):
                return None
            found.standing_number += 1
            found.standing_key = f"stop:{found.id}:a{found.standing_number}"
            return found.standing_key

    def _find_interrupted(self, row: PortfolioPosition, account_id: int) -> None:
        """A stop came between the key and its trigger: find it, or use the key up."""
        key = str(row.standing_key)
        gtt_id = self.execution.void_gtt(account_id, key=_callers(row, key))
        self._store(row.id, key=None if gtt_id is None else key, gtt_id=gtt_id)

    def _change(self, account_id: int, gtt: Gtt, wanted: StandingTerms) -> None:
        last = self.orders.last_price(wanted.instrument.partition(":")[2])
        if last is None or not wanted.is_placeable(last):
            self._end(account_id, gtt)  # the price is at the level: the server guards it
            return
        try:
            self.execution.modify_gtt(account_id, gtt.trigger_id, wanted.document(last))
        except Conflict:
            return  # it was reached or is being changed: its state says so next
        except (ApiError, InvalidInput) as error:
            if isinstance(error, Unavailable):
                raise
            self._end(account_id, gtt)

    def _end(self, account_id: int, gtt: Gtt) -> None:
        """Ask for its end; it is over once its state says so."""
        with contextlib.suppress(Conflict, NotFound):
            self.execution.delete_gtt(account_id, gtt.trigger_id)
        self.execution.read_gtts(account_id)

    def _release(self, row: PortfolioPosition, gtt: Gtt) -> None:
        """It is over: the server guards what it did not sell."""
        at = gtt.at_broker
        was_ours = at is not None and at.ends and gtt.status is GttStatus.DELETED
        problem = None
        if not was_ours:  # of one that sold everything nobody reads it
            problem = _WHY_OVER.get(gtt.status, "It is over at the broker.")
            if at is not None and at.problem:
                problem = f"{problem} The broker says: {at.problem}"
        self._store(row.id, key=None, problem=problem)

    def _store(
        self, position_id: int, *, key: str | None, gtt_id: int | None = None,
        problem: str | None = None,
    ) -> None:  # fmt: skip
        with self.database.write() as session:
            row = session.get_one(PortfolioPosition, position_id, populate_existing=True)
            row.standing_key, row.standing_gtt_id = key, gtt_id
            row.standing_problem = problem
            row.standing_retry_at = None if problem is None else self.clock.now() + AGAIN_AFTER


def rests_at_broker(portfolio: Portfolio) -> bool:
    """Whether a portfolio's stops are to rest at its broker."""
    return settings_of(portfolio).rests_stops_at_broker


def is_selling(signals: Sequence[PortfolioSignal], orders: Orders) -> bool:
    """Whether a position is being sold, or is about to be: by a sale that can be sent now."""
    sales = [one for one in signals if one.side == "SELL"]
    return any(
        one.status == Status.APPROVED
        or (one.status == Status.IN_CART and not orders.exit(one).detail)
        for one in sales
    )


def _callers(row: PortfolioPosition, key: str) -> CallersKey:
    return CallersKey(str(row.run_id), key, {"standing": key})
