"""Which of a person's accounts a caller may use: a worker token may be restricted to some."""

from __future__ import annotations

from tradertape_server.features.execution.errors import UnknownAccount
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.account_opening import DEFAULT_SCOPE
from tradertape_server.features.workers.errors import AccountNotAllowed
from tradertape_server.platform.http.identity import Identity


def demand_account(caller: Identity, account_scope: str) -> None:
    """Raise AccountNotAllowed when the caller's token is restricted to other accounts."""
    if not caller.allows_account(account_scope):
        raise AccountNotAllowed(account_scope)


def demand_own(caller: Identity, account_scope: str) -> None:
    """The same for the account of a run or a GTT; it is not named to who may not know it."""
    if not caller.allows_account(account_scope):
        raise AccountNotAllowed(None)


def usual_scope(caller: Identity) -> str:
    """The account used where none is named: the default one, else the token's first."""
    return DEFAULT_SCOPE if caller.allows_account(DEFAULT_SCOPE) else caller.account_scopes[0]


def account_id_of(execution: ExecutionService, caller: Identity, account_scope: str) -> int:
    """The id of the caller's account of a scope. Raises AccountNotAllowed, UnknownAccount.

    A token that is restricted to some accounts does not learn of the person's others.
    """
    demand_account(caller, account_scope)
    try:
        return execution.account(caller.id, account_scope).id
    except UnknownAccount as error:
        raise error.among(caller.allows_account) from None
