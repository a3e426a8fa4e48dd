"""Which gateway an account's requests go through."""

from __future__ import annotations

from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.venues.agent_lane import AgentGateway
from tradertape_server.features.execution.venues.gateway import AGENT, GatewayOf, OrderGateway
from tradertape_server.platform.database.engine import Database


class Gateways:
    """The gateway of an account: its agent's, or the one that others connect."""

    def __init__(self, database: Database, others: GatewayOf) -> None:
        self._database = database
        self._others = others
        self._kinds: dict[int, str] = {}
        self._agent = AgentGateway()

    def __call__(self, account_id: int) -> OrderGateway | None:
        """The gateway; None where nothing connects the account. What kind it is never changes."""
        kind = self._kinds.get(account_id)
        if kind is None:
            with self._database.read() as session:
                kind = repository.account_by_id(session, account_id).kind
            self._kinds[account_id] = kind
        return self._agent if kind == AGENT else self._others(account_id)
