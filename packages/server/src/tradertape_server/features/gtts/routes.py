"""Routes of the console's GTT page. Workers have routes of their own, in Kite's shape."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.gtts.schemas import (
    ExternalGttOut,
    GttAccountOut,
    GttIn,
    GttLegsIn,
    GttOut,
    SettleIn,
)
from tradertape_server.features.gtts.service import GttPageService
from tradertape_server.platform.http.routing import Page, RowId, part

router = APIRouter(prefix="/api/gtts", tags=["triggers"])

Gtts = Annotated[GttPageService, Depends(part("gtts"))]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same request is carried out once for it."),
]
Active = Annotated[bool | None, Query(description="true: active triggers; false: the history.")]


@router.get("")
def list_triggers(
    user: CurrentUser, gtts: Gtts, page: Page, *, active: Active = None
) -> list[GttOut]:
    """Triggers of all your trading accounts, last changed first, with their orders."""
    found, total = gtts.page(user.id, active=active, limit=page.limit, offset=page.offset)
    page.total(total)
    return found


@router.get("/accounts")
def list_trigger_accounts(user: CurrentUser, gtts: Gtts) -> list[GttAccountOut]:
    """Your trading accounts, oldest first, with the number of active triggers on each."""
    return gtts.accounts(user.id)


@router.post("", status_code=201)
def create_trigger(user: CurrentUser, gtts: Gtts, body: GttIn, key: Key = None) -> GttOut:
    """Create a trigger; of an account at a broker it rests there. An error names the leg and the
    field, or has the broker's reason; a broker that has not answered in time leaves it `placing` or
    `in_doubt`."""
    return gtts.create(user.id, body, key)


@router.get("/external")
def list_external_triggers(user: CurrentUser, gtts: Gtts) -> list[ExternalGttOut]:
    """Triggers at your brokers that other terminals created, newest first."""
    return gtts.external(user.id)


@router.post("/{gtt_id}/settle")
def settle_trigger(user: CurrentUser, gtts: Gtts, gtt_id: RowId, body: SettleIn) -> GttOut:
    """Say of a trigger in doubt which of the broker's it is, or that it was never placed."""
    return gtts.settle(user.id, gtt_id, body.broker_trigger_id)


@router.get("/{gtt_id}")
def show_trigger(user: CurrentUser, gtts: Gtts, gtt_id: RowId) -> GttOut:
    """One trigger."""
    return gtts.get(user.id, gtt_id)


@router.put("/{gtt_id}")
def change_trigger(
    user: CurrentUser, gtts: Gtts, gtt_id: RowId, body: GttLegsIn, key: Key = None
) -> GttOut:
    """Replace the legs of an active trigger; its expiry does not change. At a broker it is changed
    when `at_broker.asked` is null again. 409 for one of a portfolio, which changes its own."""
    return gtts.change(user.id, gtt_id, body.legs, key)


@router.delete("/{gtt_id}")
def delete_trigger(user: CurrentUser, gtts: Gtts, gtt_id: RowId, key: Key = None) -> GttOut:
    """Delete an active trigger; the reply has its legs, so that it can be created again. At a
    broker it has ended when its status says so."""
    return gtts.delete(user.id, gtt_id, key)
