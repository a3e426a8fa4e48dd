"""Trading accounts of tests."""

from __future__ import annotations

from tradertape_server.features.execution.service import ExecutionService


def paper_account(execution: ExecutionService, user_id: int, scope: str) -> int:
    """The id of a person's paper account, opened unless it is there."""
    for known in execution.accounts(user_id):
        if known.scope == scope:
            return known.id
    return execution.open_paper_account(user_id, scope).id
