"""Routes of reconciliation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.reconciliation.corrections import Corrections
from tradertape_server.features.reconciliation.schemas import (
    CorporateActionIn,
    CorporateActionPreviewOut,
    CorrectionIn,
    CorrectionOut,
    IgnoreIn,
    ReconciliationOut,
)
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.platform.http.routing import RowId, part

_NOT_CONNECTED: dict[int | str, dict[str, Any]] = {
    409: {"description": "No session at a broker; `login_url` is where one begins."}
}
router = APIRouter(prefix="/api/reconciliation", tags=["reconciliation"])

Reconciliation = Annotated[ReconciliationService, Depends(part("reconciliation"))]
Making = Annotated[Corrections, Depends(part("corrections"))]


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


@router.get("/corrections")
def list_corrections(user: CurrentUser, corrections: Making) -> list[CorrectionOut]:
    """What you adopted or wrote off, newest first; undone corrections too."""
    return corrections.of(user.id)


@router.post("/corrections")
def correct_difference(
    user: CurrentUser, corrections: Making, where: Origin, body: CorrectionIn
) -> ReconciliationOut:
    """Adopt units that the broker has more, or write off those it has less, and compare again.

    Adopted units are an entry beside the ledger. Units that are written off leave the positions
    that hold them, those bought first, at the price of the uploaded trades or at their cost, and
    what guards them; no order is sent. 409 where the difference has changed, was seen only once, or
    open orders sell the units.
    """
    return corrections.make(user, body, where)


@router.post("/corporate-actions/preview")
def preview_corporate_action(
    user: CurrentUser, corrections: Making, body: CorporateActionIn
) -> CorporateActionPreviewOut:
    """What a split or bonus would make of your positions in an account; nothing is changed."""
    return corrections.preview_action(user.id, body)


@router.post("/corporate-actions")
def apply_corporate_action(
    user: CurrentUser, corrections: Making, where: Origin, body: CorporateActionIn
) -> ReconciliationOut:
    """Apply a split or bonus that the data set does not have, and compare again.

    Units and average price of the positions in the account change, and their stop and target; cash
    does not. It is a correction that can be undone. 409 where it would not settle the difference.
    """
    return corrections.apply_action(user, body, where)


@router.post("/corrections/{correction_id}/undo")
def undo_correction(
    user: CurrentUser, corrections: Making, where: Origin, correction_id: RowId
) -> ReconciliationOut:
    """Take a correction back, and compare again: the difference is shown anew."""
    return corrections.undo(user, correction_id, where)
