"""GTTs on a person's accounts; they belong to no run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.orders.gtt import Gtt
from tradertape_server.features.auth.token_scope import SCOPE
from tradertape_server.features.execution.gtt.view import gtt_view
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.runs.account_scope import (
    account_id_of,
    demand_own,
    usual_scope,
)
from tradertape_server.features.workers.runs.live_gate import demand_live_scope
from tradertape_server.platform.errors import NotFound
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]


class GttService:
    """Kite's GTT API names no account: a GTT is created on the account given beside it, else on
    that of the run the token created or claimed last, else on the first the caller may use."""

    def __init__(self, execution: ExecutionService) -> None:
        self._execution = execution

    def create(
        self,
        caller: Identity,
        document: Mapping[str, Any],
        scope: str | None = None,
        *,
        key: str | None = None,
    ) -> int:
        """Create a GTT, once for its key; return its id.

        Raises InvalidDocument for a malformed scope or key, KeyReused; of an account at a broker
        Forbidden without the token's scope `live`, and what `create_gtt` raises.
        """
        account_id = self.account_id(caller, scope)
        self._demand_live(caller, account_id)
        return self._execution.create_gtt(account_id, document, key=key_of(caller, key))

    def modify(
        self, caller: Identity, trigger_id: int, patch: Mapping[str, Any], key: str | None = None
    ) -> int:
        """Change an active GTT of any of the caller's accounts; return its id."""
        account_id = self._account_of(caller, trigger_id)
        self._demand_live(caller, account_id)
        return self._execution.modify_gtt(account_id, trigger_id, patch, key=key_of(caller, key))

    def delete(self, caller: Identity, trigger_id: int, key: str | None = None) -> int:
        """Delete an active GTT of any of the caller's accounts; return its id."""
        account_id = self._account_of(caller, trigger_id)
        self._demand_live(caller, account_id)
        return self._execution.delete_gtt(account_id, trigger_id, key=key_of(caller, key))

    def list(self, caller: Identity, scope: str | None = None) -> list[Json]:
        """The GTTs of the account that a new one would be created on."""
        found = self._execution.gtts(self.account_id(caller, scope))
        return [self._view(caller, gtt) for gtt in found]

    def get(self, caller: Identity, trigger_id: int) -> Json:
        """One GTT. Raises NotFound."""
        account_id = self._account_of(caller, trigger_id)
        return self._view(caller, self._execution.get_gtt(account_id, trigger_id))

    def account_id(self, caller: Identity, scope: str | None = None) -> int:
        """The account for a GTT. Raises UnknownAccount, AccountNotAllowed."""
        if scope is not None:
            if not SCOPE.fullmatch(scope):
                raise InvalidDocument([Problem("/account_scope", "must look like kite:paper-a")])
            return account_id_of(self._execution, caller, scope)
        if caller.via == "worker":
            with self._execution.database.read() as session:
                found = repository.account_of_key(session, caller.id, caller.credential_id)
            if found is not None:
                return found
        return account_id_of(self._execution, caller, usual_scope(caller))

    def _account_of(self, caller: Identity, trigger_id: int) -> int:
        """The id of the caller's account that has a GTT. Raises NotFound, AccountNotAllowed."""
        for account in self._execution.accounts(caller.id):
            if any(one.trigger_id == trigger_id for one in self._execution.gtts(account.id)):
                demand_own(caller, account.scope)
                return account.id
        raise NotFound("Trigger")

    def _demand_live(self, caller: Identity, account_id: int) -> None:
        """Raise Forbidden where a token that may not trade live would touch real money."""
        if self._execution.lanes.is_connected(account_id):
            demand_live_scope(caller)

    def _view(self, caller: Identity, gtt: Gtt) -> Json:
        instrument = self._execution.market.instrument(gtt.request.instrument)
        token = None if instrument is None else instrument.instrument_token
        return gtt_view(gtt, user_id=str(caller.id), instrument_token=token)


def key_of(caller: Identity, key: str | None) -> CallersKey | None:
    """A key in the space of the credential that sent it."""
    return None if key is None else CallersKey(f"{caller.via}-{caller.credential_id}", key)
