"""Opening paper accounts."""

from __future__ import annotations

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import post_capital
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import batch_writes, mapping, repository
from tradertape_server.features.execution.store.models import PostingRow, TradingAccount


def open_command(user_id: int, scope: str, opening_paise: int) -> Command:
    """Open a person's account of a scope with its money, unless it is there."""

    def decide(uow: UnitOfWork) -> TradingAccount:
        known = repository.account(uow.session, user_id, scope)
        if known is not None:
            return known
        row = TradingAccount(
            user_id=user_id, scope=scope, opening_paise=opening_paise, created_at=uow.now
        )
        uow.session.add(row)
        uow.session.flush()
        paid = post_capital(str(row.id), Paise(opening_paise), reference="opening", at=uow.now)
        batch_writes.add(uow.connection, PostingRow, mapping.posting_rows(paid))
        return row

    return Command(decide)
