"""Funds of a person's accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_server.features.auth.token_scope import SCOPE
from tradertape_server.features.execution.errors import LiveBlocked
from tradertape_server.features.execution.live_accounts import Blocked
from tradertape_server.features.execution.queries import AccountFigures
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.account_opening import DEFAULT_SCOPE
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.runs.account_scope import account_id_of, demand_account
from tradertape_server.features.workers.runs.live_gate import (
    AT_A_BROKER,
    BrokerAccounts,
    demand_live,
)
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


class AccountService:
    """Accounts of a person: everybody has `kite:paper-a`, others are opened."""

    def __init__(
        self, execution: ExecutionService, pnl: PnlService, brokers: BrokerAccounts
    ) -> None:
        self._brokers = brokers
        self._execution = execution
        self._pnl = pnl

    def funds(self, caller: Identity, *, mode: str, scope: str) -> Json:
        """The funds of an account.

        Raises LiveDisabled, LiveBlocked, InvalidDocument, AccountNotAllowed, UnknownAccount.
        """
        if mode not in ("paper", "dry_run", "live", ""):
            raise InvalidDocument([Problem("/mode", "must be paper or live")])
        if not SCOPE.fullmatch(scope):
            raise InvalidDocument([Problem("/account_scope", "must look like kite:paper-a")])
        is_at_broker = self._kind(caller, scope) == AT_A_BROKER
        if mode == "live" and not is_at_broker:
            demand_live(self._brokers, caller, scope)  # says what is missing
            raise InvalidDocument([Problem("/account_scope", "must name an account at a broker")])
        account_id = account_id_of(self._execution, caller, scope)
        if is_at_broker and self._brokers.figures(account_id) is None:
            raise LiveBlocked([_unread(scope, self._brokers.why_not(caller.id, scope))])
        return self._pnl.funds(account_id, scope)

    def _kind(self, caller: Identity, scope: str) -> str | None:
        found = (one.kind for one in self._execution.accounts(caller.id) if one.scope == scope)
        return next(found, None)

    def list(self, caller: Identity) -> list[Json]:
        """The accounts that the caller may use, oldest first."""
        if caller.allows_account(DEFAULT_SCOPE):
            self._execution.account(caller.id, DEFAULT_SCOPE)
        found = self._execution.account_figures(caller.id)
        return [self._view(caller, one) for one in found if caller.allows_account(one.scope)]

    def open(self, caller: Identity, scope: str, opening_cash: float | None) -> Json:
        """Open a paper account. Raises AccountNotAllowed, Conflict."""
        demand_account(caller, scope)
        paise = None if opening_cash is None else int(paise_from_rupees(opening_cash))
        self._execution.open_paper_account(caller.id, scope, paise)
        found = self._execution.account_figures(caller.id)
        return next(self._view(caller, one) for one in found if one.scope == scope)

    def _view(self, caller: Identity, account: AccountFigures) -> Json:
        is_sandbox = self._brokers.is_sandbox(caller.id, account.scope)
        environment = None
        if account.kind == AT_A_BROKER:
            environment = "sandbox" if is_sandbox else "live"
        return {**_view(account), "environment": environment}


def _unread(scope: str, reasons: Sequence[Blocked]) -> tuple[str, str]:
    for one in reasons:
        if one.code in ("broker_disconnected", "token_expired"):
            return one.code, one.words
    return "funds_not_read", f"The funds of {scope} are not read from its broker yet: ask again"


def _view(account: AccountFigures) -> Json:
    return {
        "account_scope": account.scope,
        "kind": account.kind,
        "broker": account.broker,
        "market": account.market,
        "opening_cash": account.opening_paise / 100,
        "cash": account.cash_paise / 100,
        "mark_to_market": account.mtm_paise / 100,
        "created_at": account.created_at.astimezone(IST).isoformat(),
    }
