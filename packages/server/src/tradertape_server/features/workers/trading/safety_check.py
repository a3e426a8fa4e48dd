"""Safety checks: whether a run may trade now, and a single-use token for its next order.

A token is an id, its expiry and an HMAC over both with run, session nonce and protection
generation. Nothing is stored until it is used: then its id is, in the transaction of the order.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.denials import Denial, DenialReason
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.errors import OtherMarket
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import TokenRefused
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.features.workers.runs.live_gate import BrokerAccounts, is_live
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.trading.run_risks import RunRisks
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.secrets import SecretBox, constant_time_equal

Json = dict[str, Any]
TOKEN_LIFE = timedelta(seconds=30)
_CLEAN_EVERY = timedelta(minutes=1)
_KEPT_FOR = timedelta(minutes=10)  # far longer than a token is valid
_CODES = {DenialReason.TRADING_HALTED: DenialReason.RUN_NOT_OPEN.value}  # as the contract has it
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
        risks: RunRisks,
        brokers: BrokerAccounts,
    ) -> None:
        self._execution = execution
        self._tokens = tokens
        self._liveness = liveness
        self._risks = risks
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
        """Why the run may not trade: a sentence with a code each; empty when it may.

        It is the risk gate's own verdict, so an order gets the same.
        """
        outside = self._brokers.why_not(run.user_id, run.account_scope) if is_live(run) else ()
        live = [f"{one.words} ({one.code})" for one in outside]
        asked = replace(ref(run), risk=self._risks.of(run))
        try:
            found = self._execution.denials(asked)
            # What blocks live trading halts its orders, and is said with its own code.
            said = [
                one for one in found if not live or one.reason is not DenialReason.TRADING_HALTED
            ]
            return [*live, *(_sentence(one) for one in said)]
        except OtherMarket as error:
            return [f"{error} ({error.code})"]


def _generation(run: WorkerRun | TradingRun) -> int:
    if isinstance(run, TradingRun):
        return run.generation or 0
    return protection_of(run).generation


def _sentence(found: Denial) -> str:
    """A refusal as a state of the run: without the rule's name, with its code at the end."""
    text = found.message.partition('": ')[2] or found.message
    code = _CODES.get(found.reason, found.reason.value)
    return f"{text[0].upper()}{text[1:]} ({code})"
