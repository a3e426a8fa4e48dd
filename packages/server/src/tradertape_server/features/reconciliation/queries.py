"""What other features may read of reconciliation, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from tradertape_core.ledger.write_off import WriteOff
from tradertape_core.orders.codec import from_document
from tradertape_server.features.execution.fill_queries import PositionKey
from tradertape_server.features.execution.trading_accounts import TradingAccount
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.repository import APPLIED

_WRITE_OFF = "write_off"


def version_of_actions(session: Session, user_id: int) -> tuple[int, int]:
    """Changes when a person applies a split or bonus, or writes units off, or undoes it: how many
    of each."""
    query = select(func.count(), func.count(Correction.undone_at)).where(
        Correction.user_id == user_id, Correction.action.in_((APPLIED, _WRITE_OFF))
    )
    applied, undone = session.execute(query).one()
    return applied, undone


def write_offs_of_person(
    session: Session, user_id: int
) -> dict[PositionKey, tuple[WriteOff, ...]]:  # fmt: skip
    """The units that a person wrote off and that did not return, of each position, oldest first."""
    query = (
        select(TradingAccount.id, Correction.action_terms)
        .join(
            TradingAccount,
            and_(
                TradingAccount.user_id == Correction.user_id,
                TradingAccount.scope == Correction.scope,
            ),
        )
        .where(
            Correction.user_id == user_id,
            Correction.action == _WRITE_OFF,
            Correction.undone_at.is_(None),
        )
        .order_by(Correction.id)
    )
    found: dict[PositionKey, list[WriteOff]] = defaultdict(list)
    for account_id, terms in session.execute(query):
        for move in (terms or {}).get("moves", ()):
            one = from_document(WriteOff, move["write_off"])
            found[account_id, move["run_id"] or "", one.instrument, move["product"]].append(one)
    return {key: tuple(ones) for key, ones in found.items()}
