"""Safety checks: whether a run may trade now, and a single-use token for its next order.

A token is an id, its expiry and an HMAC over both with run, session nonce and protection
generation. Nothing is stored until it is used: then its id is, in the transaction of the order.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.orders.risk_facts import NO_RISK
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import TokenRefused
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.features.workers.runs.live_gate import BrokerAccounts, is_live
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.features.workers.runs.run_limits import limit_reasons, risk_of
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.secrets import SecretBox, constant_time_equal

Json = dict[str, Any]
TOKEN_LIFE = timedelta(seconds=30)
_CLEAN_EVERY = timedelta(minutes=1)
_KEPT_FOR = timedelta(minutes=10)  # far longer than a token is valid
_CLOCKS_APART_S = 5  # at most, between the processes that issue and check tokens


class SafetyTokens:
    """Issues, checks and spends tokens, by the wall clock: the days of a replay pass faster."""

    def __init__(self, box: SecretBox, clock: Clock) -> None:
        self._box = box
        self._clock = clock
        self._cleaned_at: datetime | None = None

    def issue(self, run: WorkerRun) -> tuple[str, datetime]:
        """Issue a token for the run, its session and its protection; return it with its expiry."""
        expires_at = self._clock.now() + TOKEN_LIFE
        head = f"{secrets.token_hex(16)}.{int(expires_at.timestamp() * 1000)}"
        generation = protection_of(run).generation
        signature = self._sign(run.strategy_run_id, run.session_nonce, generation, head)
        return f"{head}.{signature}", expires_at

    def check(self, uow: UnitOfWork, run: WorkerRun | TradingRun, token: str) -> str:
        """Return the token's id. Raises TokenRefused."""
        head, _, signature = token.rpartition(".")
        generation = _generation(run)
        ours = self._sign(run.strategy_run_id, run.session_nonce, generation, head)
        if not constant_time_equal(ours, signature):
            raise TokenRefused("is not valid for this run, session and protection")
        token_id, _, expires_ms = head.partition(".")
        left_s = int(expires_ms) / 1000 - self._clock.now().timestamp()
        # Valid for longer than any token: the clock was set back since.
        if left_s <= 0 or left_s > TOKEN_LIFE.total_seconds() + _CLOCKS_APART_S:
            raise TokenRefused("expired")
        if repository.is_spent(uow.session, token_id):
            raise TokenRefused("was used already")
        return token_id

    def spend(self, uow: UnitOfWork, token_id: str) -> None:
        """Mark a token as used, in this transaction."""
        now = self._clock.now()
        repository.spend(uow.session, token_id, now=now)
        if self._cleaned_at is None or now - self._cleaned_at > _CLEAN_EVERY:
            repository.forget_spent(uow.session, now - _KEPT_FOR)
            self._cleaned_at = now

    def _sign(self, run_id: str, nonce: str | None, generation: int, head: str) -> str:
        parts = (run_id, nonce or "", str(generation), head)
        return self._box.code_hash("safety_token", "\0".join(parts))


class SafetyService:
    """Checks whether runs may trade."""

    def __init__(
        self,
        execution: ExecutionService,
        tokens: SafetyTokens,
        liveness: Liveness,
        is_awaiting_entry: Callable[[WorkerRun], bool],
        brokers: BrokerAccounts,
    ) -> None:
        """is_awaiting_entry: whether the run's protection is armed once it is entered."""
        self._execution = execution
        self._tokens = tokens
        self._liveness = liveness
        self._is_awaiting_entry = is_awaiting_entry
        self._brokers = brokers

    def check(self, run: WorkerRun) -> Json:
        """Whether the run may trade, with every reason why not, or with a token."""
        reasons = self.reasons(run)
        state = protection_of(run)
        snapshot = protection_snapshot(state) if state.generation else {}
        token, expires_at = (None, None) if reasons else self._tokens.issue(run)
        return {
            "strategy_run_id": run.public_id,
            "can_trade": not reasons,
            "run_status": run.status,
            "safety_token": token,
            "token_expires_at": None if expires_at is None else in_ist(expires_at),
            "blocking_reasons": reasons,
            "generic_protection": {} if run.option_run else snapshot,
            "options_protection": snapshot if run.option_run else {},
            "evaluated_at": in_ist(self._liveness.now),
        }

    def reasons(self, run: WorkerRun) -> list[str]:
        """Why the run may not trade: a sentence with a code each; empty when it may."""
        reasons = [
            *_run_reasons(run),
            *self._live_reasons(run),
            *self._halt_reasons(run),
            *self._session_reasons(run),
            *self._protection_reasons(run),
            *self._market_reasons(),
        ]
        return reasons if run.status != "open" else reasons + self._account_reasons(run)

    def _live_reasons(self, run: WorkerRun) -> list[str]:
        if not is_live(run):
            return []
        reasons = self._brokers.why_not(run.user_id, run.account_scope)
        return [f"{one.words} ({one.code})" for one in reasons]

    def _account_reasons(self, run: WorkerRun) -> list[str]:
        reasons: list[str] = []
        pnl = self._execution.pnl(ref(run))
        if pnl.is_stale and pnl.position_count:
            reasons.append(
                "Prices of open positions are older than they may be (market_data_stale)"
            )
        open_orders = self._execution.orders(
            run_id=run.strategy_run_id, account_id=run.account_id, open_only=True
        )
        if any(order.in_doubt for order in open_orders):
            reasons.append("The reply to an order was lost (reconciliation_required)")
        risk = risk_of(run)
        if risk is NO_RISK:
            return reasons
        return reasons + limit_reasons(risk, self._execution.usage(replace(ref(run), risk=risk)))

    def _halt_reasons(self, run: WorkerRun) -> list[str]:
        halt = self._execution.halt(run.user_id)
        return [] if halt is None else [f"The kill switch is on: {halt.words} (kill_switch_active)"]

    def _session_reasons(self, run: WorkerRun) -> list[str]:
        if run.session_nonce is None:
            if run.session_released_at is None:
                return []  # never claimed: a simple worker that uses no session
            return ["The session was released: claim it again (session_not_claimed)"]
        if self._liveness.is_silent(run):
            return ["The session has had no heartbeat for a minute (session_stale)"]
        return []

    def _protection_reasons(self, run: WorkerRun) -> list[str]:
        status = run.protection_status
        if status in ("triggered", "exiting", "failed"):
            claim = protection_of(run).last_claim
            why = f": {claim.message}" if claim else ""
            return [f"The protection has triggered{why} (protection_triggered)"]
        if not run.details.get("require_protection") or status == "armed":
            return []
        if self._is_awaiting_entry(run):
            return []
        return ["The run requires a protection and none is armed (protection_unarmed)"]

    def _market_reasons(self) -> list[str]:
        market = self._execution.market
        if market.is_stale:
            return ["No prices are coming in (market_data_stale)"]
        if market.never_closes:
            return []
        return (
            []
            if market.is_open(self._execution.clock.now())
            else ["The market is closed (market_closed)"]
        )


def _generation(run: WorkerRun | TradingRun) -> int:
    if isinstance(run, TradingRun):
        return run.generation or 0
    return protection_of(run).generation


def _run_reasons(run: WorkerRun) -> list[str]:
    reasons: list[str] = []
    if run.status == "exiting":
        reasons.append("The run is being exited (run_exiting)")
    elif run.status != "open":
        why = f": {run.status_reason}" if run.status_reason else ""
        reasons.append(f"The run is {run.status}{why} (run_not_open)")
    if run.recovery_status == "required":
        reasons.append("The run has to be reconciled first (reconciliation_required)")
    return reasons
