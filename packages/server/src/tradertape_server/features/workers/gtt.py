"""Resting triggers on a person's paper account. They belong to no run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradertape_core.orders.gtt import Gtt
from tradertape_server.features.execution.gtts import gtt_view
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.platform.identity import Identity

Json = dict[str, Any]
DEFAULT_SCOPE = "kite:paper-a"


class GttService:
    """The wire names no account, so it is the caller's first one."""

    def __init__(self, execution: ExecutionService) -> None:
        self._execution = execution

    def create(self, caller: Identity, document: Mapping[str, Any]) -> int:
        """Make a trigger; its number."""
        return self._execution.create_gtt(self.account_id(caller), document)

    def modify(self, caller: Identity, trigger_id: int, patch: Mapping[str, Any]) -> int:
        """Change an active trigger; its number."""
        return self._execution.modify_gtt(self.account_id(caller), trigger_id, patch)

    def delete(self, caller: Identity, trigger_id: int) -> int:
        """End an active trigger; its number."""
        return self._execution.delete_gtt(self.account_id(caller), trigger_id)

    def list(self, caller: Identity) -> list[Json]:
        """The account's triggers."""
        return [self._view(caller, gtt) for gtt in self._execution.gtts(self.account_id(caller))]

    def get(self, caller: Identity, trigger_id: int) -> Json:
        """One trigger. Raises NotFound."""
        return self._view(caller, self._execution.get_gtt(self.account_id(caller), trigger_id))

    def account_id(self, caller: Identity) -> int:
        """The caller's first paper account, made when there is none."""
        known = self._execution.accounts(caller.id)
        return known[0].id if known else self._execution.account(caller.id, DEFAULT_SCOPE).id

    def _view(self, caller: Identity, gtt: Gtt) -> Json:
        instrument = self._execution.market.instrument(gtt.request.instrument)
        token = None if instrument is None else instrument.instrument_token
        return gtt_view(gtt, user_id=str(caller.id), instrument_token=token)
