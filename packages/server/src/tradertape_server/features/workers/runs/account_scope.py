"""Which of a person's accounts a caller reaches: a worker token may be made for some only."""

from __future__ import annotations

from tradertape_server.features.workers.errors import AccountNotAllowed
from tradertape_server.platform.http.identity import Identity

DEFAULT_SCOPE = "kite:paper-a"


def demand_account(caller: Identity, account_scope: str) -> None:
    """Raise AccountNotAllowed when the caller's token was made for other accounts."""
    if not caller.allows_account(account_scope):
        raise AccountNotAllowed(account_scope)


def usual_scope(caller: Identity) -> str:
    """The account that is meant where none is named: the token's first, else the usual one."""
    return DEFAULT_SCOPE if caller.allows_account(DEFAULT_SCOPE) else caller.account_scopes[0]
