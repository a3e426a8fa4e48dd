"""Funds of a person's accounts."""

from __future__ import annotations

from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_server.features.auth.token_scope import SCOPE
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers.errors import LiveDisabled
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.runs.account_scope import demand_account
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


class AccountService:
    """A paper account is created when its scope is first used."""

    def __init__(self, execution: ExecutionService, pnl: PnlService) -> None:
        self._execution = execution
        self._pnl = pnl

    def funds(self, caller: Identity, *, mode: str, scope: str) -> Json:
        """The funds of an account. Raises LiveDisabled, InvalidDocument, AccountNotAllowed."""
        if mode == "live":
            raise LiveDisabled
        if mode not in ("paper", "dry_run", ""):
            raise InvalidDocument([Problem("/mode", "must be paper or live")])
        if not SCOPE.fullmatch(scope):
            raise InvalidDocument([Problem("/account_scope", "must look like kite:paper-a")])
        demand_account(caller, scope)
        account = self._execution.account(caller.id, scope)
        return self._pnl.funds(account.id, account.scope)
