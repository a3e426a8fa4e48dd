"""Funds of a person's accounts."""

from __future__ import annotations

from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.money import paise_from_rupees
from tradertape_server.features.auth.token_scope import SCOPE
from tradertape_server.features.execution.queries import AccountFigures
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.account_opening import DEFAULT_SCOPE
from tradertape_server.features.workers.errors import LiveDisabled
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.runs.account_scope import account_id_of, demand_account
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


class AccountService:
    """Accounts of a person: everybody has `kite:paper-a`, others are opened."""

    def __init__(self, execution: ExecutionService, pnl: PnlService) -> None:
        self._execution = execution
        self._pnl = pnl

    def funds(self, caller: Identity, *, mode: str, scope: str) -> Json:
        """The funds of an account.

        Raises LiveDisabled, InvalidDocument, AccountNotAllowed, UnknownAccount.
        """
        if mode == "live":
            raise LiveDisabled
        if mode not in ("paper", "dry_run", ""):
            raise InvalidDocument([Problem("/mode", "must be paper or live")])
        if not SCOPE.fullmatch(scope):
            raise InvalidDocument([Problem("/account_scope", "must look like kite:paper-a")])
        account_id = account_id_of(self._execution, caller, scope)
        return self._pnl.funds(account_id, scope)

    def list(self, caller: Identity) -> list[Json]:
        """The accounts that the caller may use, oldest first."""
        if caller.allows_account(DEFAULT_SCOPE):
            self._execution.account(caller.id, DEFAULT_SCOPE)
        found = self._execution.account_figures(caller.id)
        return [_view(one) for one in found if caller.allows_account(one.scope)]

    def open(self, caller: Identity, scope: str, opening_cash: float | None) -> Json:
        """Open a paper account. Raises AccountNotAllowed, Conflict."""
        demand_account(caller, scope)
        paise = None if opening_cash is None else int(paise_from_rupees(opening_cash))
        self._execution.open_paper_account(caller.id, scope, paise)
        found = self._execution.account_figures(caller.id)
        return next(_view(one) for one in found if one.scope == scope)


def _view(account: AccountFigures) -> Json:
    return {
        "account_scope": account.scope,
        "kind": account.kind,
        "broker": account.broker,
        "market": account.market,
        "opening_cash": account.opening_paise / 100,
        "cash": account.cash_paise / 100,
        "created_at": account.created_at.astimezone(IST).isoformat(),
    }
