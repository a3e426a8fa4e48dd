"""Opening trading accounts."""

from __future__ import annotations

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import post_capital
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import batch_writes, mapping, repository
from tradertape_server.features.execution.store.models import PAPER, PostingRow, TradingAccount


def open_command(
    user_id: int, scope: str, opening_paise: int, *, kind: str = PAPER, broker: str
) -> Command[TradingAccount]:
    """Open a person's account of a scope, unless it is there; a paper account with its money.

    kind: `paper` or `broker`. broker: whose charges apply, and whose account it is.
    """

    def decide(uow: UnitOfWork) -> TradingAccount:
        known = repository.account(uow.session, user_id, scope)
        if known is not None:
            return known
        row = TradingAccount(
            user_id=user_id,
            scope=scope,
            kind=kind,
            broker=broker,
            opening_paise=opening_paise,
            created_at=uow.now,
        )
        uow.session.add(row)
        uow.session.flush()
        paid = post_capital(str(row.id), Paise(opening_paise), reference="opening", at=uow.now)
        if opening_paise:
            batch_writes.add(uow.connection, PostingRow, mapping.posting_rows(paid))
        return row

    return Command(decide)
