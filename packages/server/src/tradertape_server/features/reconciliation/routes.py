"""Routes of reconciliation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.reconciliation.schemas import IgnoreIn, ReconciliationOut
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.platform.http.routing import part

_NOT_CONNECTED: dict[int | str, dict[str, Any]] = {
    409: {"description": "No session at a broker; `login_url` is where one begins."}
}
router = APIRouter(prefix="/api/reconciliation", tags=["reconciliation"])

Reconciliation = Annotated[ReconciliationService, Depends(part("reconciliation"))]


@router.get("")
def show_reconciliation(user: CurrentUser, reconciliation: Reconciliation) -> ReconciliationOut:
    """The last comparison of your books with your brokers'. It is renewed every five minutes."""
    return reconciliation.last(user.id)


@router.post("/check", responses=_NOT_CONNECTED)
def check_reconciliation(user: CurrentUser, reconciliation: Reconciliation) -> ReconciliationOut:
    """Read the brokers now and compare. Nothing is corrected by it."""
    return reconciliation.check(user.id)


@router.post("/ignored")
def ignore_difference(
    user: CurrentUser, reconciliation: Reconciliation, body: IgnoreIn
) -> ReconciliationOut:
    """Leave a difference out of the counts: any of the instrument, or this one until it changes."""
    return reconciliation.ignore(user.id, body)


@router.delete("/ignored")
def report_difference_again(
    user: CurrentUser, reconciliation: Reconciliation,
    account_scope: Annotated[str, Query(max_length=80)],
    instrument: Annotated[str, Query(max_length=80)],
) -> ReconciliationOut:  # fmt: skip
    """Report an ignored difference again."""
    return reconciliation.report_again(user.id, account_scope, instrument)
