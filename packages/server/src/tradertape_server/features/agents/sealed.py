"""The encrypted columns of agents, for the rotation of keys."""

from __future__ import annotations

from tradertape_server.features.agents.models import AgentToken
from tradertape_server.platform.key_rotation import SealedColumn

SEALED_COLUMNS = (SealedColumn(AgentToken, "token"),)
