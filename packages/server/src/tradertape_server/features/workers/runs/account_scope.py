"""Which of a person's accounts a caller may use: a worker token may be restricted to some."""

from __future__ import annotations

from tradertape_server.features.execution.state.account_opening import DEFAULT_SCOPE
from tradertape_server.features.workers.errors import AccountNotAllowed
from tradertape_server.platform.http.identity import Identity


def demand_account(caller: Identity, account_scope: str) -> None:
    """Raise AccountNotAllowed when the caller's token is restricted to other accounts."""
    if not caller.allows_account(account_scope):
        raise AccountNotAllowed(account_scope)


def usual_scope(caller: Identity) -> str:
    """The account used where none is named: the default one, else the token's first."""
    return DEFAULT_SCOPE if caller.allows_account(DEFAULT_SCOPE) else caller.account_scopes[0]
