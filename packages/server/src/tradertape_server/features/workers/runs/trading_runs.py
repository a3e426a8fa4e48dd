"""What placing an order has to know of its run: a few columns, not the run as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tradertape_core.kernel.frozen import quickly_made

Json = dict[str, Any]


@quickly_made
@dataclass(frozen=True, slots=True)
class TradingRun:
    """A run as it stands in the transaction of an order; the names are the table's.

    generation: of its protection, None where it never had one.
    """

    strategy_run_id: str
    user_id: int
    account_id: int
    account_scope: str
    execution_mode: str
    status: str
    status_reason: str
    halted_by: str | None
    session_nonce: str | None
    session_seen_at: datetime | None
    runtime_state: Json
    details: Json
    generation: int | None
