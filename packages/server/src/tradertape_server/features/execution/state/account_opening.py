"""Opening paper accounts."""

from __future__ import annotations

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import post_capital
from tradertape_server.features.execution.state.command import Wish
from tradertape_server.features.execution.state.unit_of_work import Desk
from tradertape_server.features.execution.store import batch_writes, mapping, repository
from tradertape_server.features.execution.store.models import PaperAccount, PostingRow


def open_wish(user_id: int, scope: str, opening_paise: int) -> Wish:
    """Open a person's account of a scope with its money, unless it is there."""

    def decide(desk: Desk) -> PaperAccount:
        known = repository.account(desk.session, user_id, scope)
        if known is not None:
            return known
        row = PaperAccount(
            user_id=user_id, scope=scope, opening_paise=opening_paise, created_at=desk.now
        )
        desk.session.add(row)
        desk.session.flush()
        paid = post_capital(str(row.id), Paise(opening_paise), reference="opening", at=desk.now)
        batch_writes.add(desk.connection, PostingRow, mapping.posting_rows(paid))
        return row

    return Wish(decide)
