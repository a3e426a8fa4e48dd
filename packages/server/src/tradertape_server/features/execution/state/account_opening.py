"""Opening trading accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import post_capital
from tradertape_server.features.execution.store import batch_writes, mapping
from tradertape_server.features.execution.store.models import (
    PAPER,
    SIMULATED,
    PostingRow,
    TradingAccount,
)

# Everybody has it, and it is used where no account is named.
DEFAULT_SCOPE = "kite:paper-a"


def open_account(
    session: Session,
    user_id: int,
    scope: str,
    opening_paise: int,
    *,
    kind: str = PAPER,
    broker: str,
    market: str | None = SIMULATED,
    environment: str | None = None,
    is_scaled: bool = False,
    now: datetime,
) -> TradingAccount:
    """Open a person's account of a scope; a paper account with its money.

    kind: `paper` or `broker`. broker: whose charges apply, and whose account it is. market: whose
    prices it trades on. environment: of an account at a broker, `sandbox` or `live`. is_scaled:
    of an agent's, that its figures are not rupees.
    Raises IntegrityError where the person has it already.
    """
    row = TradingAccount(
        user_id=user_id,
        scope=scope,
        kind=kind,
        broker=broker,
        market=market,
        environment=PAPER if kind == PAPER else environment,
        is_scaled=is_scaled,
        opening_paise=opening_paise,
        created_at=now,
    )
    session.add(row)
    session.flush()
    if opening_paise:
        paid = post_capital(str(row.id), Paise(opening_paise), reference="opening", at=now)
        batch_writes.add(session.connection(), PostingRow, mapping.posting_rows(paid))
    return row
