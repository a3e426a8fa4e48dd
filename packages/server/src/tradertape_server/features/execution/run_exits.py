"""Closing a run's positions: the use cases of an exit.

An exit goes in steps, each on disk: it takes its key, cancels what rests, places what closes. What
a request does not finish, the session clock's job advances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tradertape_core.execution.decision import server_key
from tradertape_core.ledger.drift import Place
from tradertape_core.orders.order import Product, Side
from tradertape_server.features.execution.exits import run_exit
from tradertape_server.features.execution.exits.run_exit import BeginExit, StepExit
from tradertape_server.features.execution.loop.trader import Trader
from tradertape_server.features.execution.orders import closable, views
from tradertape_server.features.execution.orders.idempotency import request_hash
from tradertape_server.features.execution.orders.intent import Intent, require_venue
from tradertape_server.features.execution.orders.replies import EXIT_RUN, Reply, given, reply_of
from tradertape_server.features.execution.orders.run_ref import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.order_ids import OrderIds
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.state.units_there import AtBroker
from tradertape_server.features.execution.trading_accounts import TradingAccounts

Json = dict[str, Any]
_MOST_STEPS = 12  # of an exit within one request; the job advances it further


@dataclass(slots=True)
class RunExits(TradingAccounts):
    """Exits of runs, whole or in part; each method is one use case."""

    trader: Trader
    ids: OrderIds

    def bound_by(self, at_broker: AtBroker, units_changed: Callable[[int, str], None]) -> None:
        """Have it say by how much units at brokers differ from the books: what closes a position
        asks for no more than its account has. units_changed: told of an account and an instrument
        whose units the books changed without a trade. Before trading begins."""
        self.trader.bound_by(at_broker, units_changed)

    def most_to_close(self, run: RunRef, place: Place, side: Side) -> int | None:
        """The most units of a place that a run can close by orders of `side`; None: all it has."""
        if not self.trader.has_differences(run.account_id):
            return None
        return self.trader.execute(
            Command(lambda uow: closable.most(uow, run.account_id, run.run_id, place, side))
        )

    def exit_run(
        self,
        run: RunRef,
        *,
        key: str | None = None,
        reason: str | None = None,
        dry_run: bool = False,
        product: Product | None = None,
        exchanges: frozenset[str] = frozenset(),
        instrument: str | None = None,
        is_square_off: bool = False,
        before: Callable[[UnitOfWork], Any] | None = None,
    ) -> Reply:
        """Cancel a run's orders and close its positions; the same key does it once.

        product, exchanges, instrument: close these alone, and the run stays open. before: done in
        the transaction that takes the key; raises to refuse.
        202 while something still rests at the venue: the job advances it. dry_run: what would
        be done, and nothing is.
        """
        require_venue(run.venue)
        part = run_exit.Part(product, exchanges, instrument)
        if dry_run:
            return self._preview_exit(run, part)
        own_key = server_key(f"exit:{self.ids.next(self.clock.now())}")
        command = self.exit_command(
            run, key=(key or own_key).strip(), reason=reason,
            part=part, is_square_off=is_square_off, before=before,
        )  # fmt: skip
        begun = self.trader.execute(command)
        if not isinstance(begun, run_exit.Progress):
            return given(begun)
        answer = begun.answer
        if answer is None and begun.moved and command.key is not None:
            answer = self.advance_exit(*command.key)
        if answer is not None:
            return given(answer)
        head: Json = {
            "strategy_run_id": views.public_run_id(run.run_id),
            "mode": views.mode_of(run.venue),
        }
        return reply_of({**head, "status": "exiting", "dry_run": False}, 202)

    def _preview_exit(self, run: RunRef, part: run_exit.Part) -> Reply:
        body = self.trader.execute(
            Command(lambda uow: run_exit.preview(uow, run.account_id, run.run_id, part))
        )
        return reply_of(
            {
                "strategy_run_id": views.public_run_id(run.run_id),
                "mode": views.mode_of(run.venue),
                "dry_run": True,
                **body,
            }
        )

    def exit_command(
        self,
        run: RunRef,
        *,
        key: str,
        reason: str | None,
        part: run_exit.Part = run_exit.ALL,
        is_square_off: bool = False,
        before: Callable[[UnitOfWork], Any] | None = None,
    ) -> BeginExit:
        """What `exit_run` begins with, to be decided on together with something else."""
        intent = _exit_intent(run, key, reason, part)
        return BeginExit(
            intent, self.ids, reason=reason, part=part, is_square_off=is_square_off, before=before
        )

    def advance_exit(self, run_id: str, key: str) -> Reply | None:
        """Take an exit as far as it goes now; its answer once it is done."""
        for _ in range(_MOST_STEPS):
            progress = self.trader.execute(StepExit(run_id, key, self.ids))
            if progress.answer is not None:
                return given(progress.answer)
            if not progress.moved:
                return None
        return None


def _exit_intent(run: RunRef, key: str, reason: str | None, part: run_exit.Part) -> Intent:
    payload: Json = {"reason": reason, "product": part.product.value if part.product else None}
    if part.instrument is not None:
        payload["instrument"] = part.instrument
    return Intent(
        account_id=run.account_id,
        run_id=run.run_id,
        venue=run.venue,
        key=key,
        kind=EXIT_RUN,
        request_hash=request_hash(EXIT_RUN, payload),
    )
