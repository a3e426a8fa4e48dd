"""What other features may read of portfolios, in the caller's transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tradertape_server.features.portfolios import repository


def why_strategy_in_use(session: Session, strategy_id: int) -> str | None:
    """Why a strategy cannot be deleted, when portfolios trade it; else None."""
    found = repository.count_using(session, strategy_id)
    if not found:
        return None
    noun = "portfolio" if found == 1 else "portfolios"
    return f"Strategy {strategy_id} is used by {found} active or paused {noun}."
