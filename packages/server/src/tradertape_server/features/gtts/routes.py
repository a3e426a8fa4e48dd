"""HTTP of the console's page of triggers. Workers have routes of their own, in Kite's shape."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.gtts.schemas import GttAccountOut, GttIn, GttLegsIn, GttOut
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.platform.http.routing import Page, RowId, part

router = APIRouter(prefix="/api/gtts", tags=["triggers"])

Gtts = Annotated[GttPageService, Depends(part("gtts"))]
Active = Annotated[bool | None, Query(description="true: those that wait; false: the history.")]


@router.get("")
def list_triggers(
    user: CurrentUser, gtts: Gtts, page: Page, *, active: Active = None
) -> list[GttOut]:
    """Triggers of all your paper accounts, the newest change first, with what they made."""
    found, total = gtts.page(user.id, active=active, limit=page.limit, offset=page.offset)
    page.total(total)
    return found


@router.get("/accounts")
def list_trigger_accounts(user: CurrentUser, gtts: Gtts) -> list[GttAccountOut]:
    """Your paper accounts, oldest first, with how many triggers wait on each."""
    return gtts.accounts(user.id)


@router.post("", status_code=201)
def create_trigger(user: CurrentUser, gtts: Gtts, body: GttIn) -> GttOut:
    """Make a trigger on a paper account; a refusal names the leg and the field."""
    return gtts.create(user.id, body)


@router.get("/{gtt_id}")
def show_trigger(user: CurrentUser, gtts: Gtts, gtt_id: RowId) -> GttOut:
    """One trigger."""
    return gtts.get(user.id, gtt_id)


@router.put("/{gtt_id}")
def change_trigger(user: CurrentUser, gtts: Gtts, gtt_id: RowId, body: GttLegsIn) -> GttOut:
    """Give an active trigger other legs; its year goes on from where it was."""
    return gtts.change(user.id, gtt_id, body.legs)


@router.delete("/{gtt_id}")
def delete_trigger(user: CurrentUser, gtts: Gtts, gtt_id: RowId) -> GttOut:
    """End an active trigger; the answer is what it was, to be made again."""
    return gtts.delete(user.id, gtt_id)
