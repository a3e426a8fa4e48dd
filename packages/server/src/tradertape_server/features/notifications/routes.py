"""Routes of notifications."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import CurrentUser, SessionUser
from tradertape_server.features.notifications import schemas
from tradertape_server.features.notifications.build import Notifications
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute, part

router = APIRouter(
    prefix="/api/notifications", tags=["notifications"], route_class=TransactionRoute
)

Parts = Annotated[Notifications, Depends(part("notifications"))]


@router.get("")
def list_notifications(
    session: DbSession, user: CurrentUser, parts: Parts, page: Page, *, unread: bool = False
) -> list[schemas.NotificationOut]:
    """What happened, newest first: what the console's bell shows."""
    found, total = parts.service.inbox(
        session, user.id, unread=unread, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return [schemas.NotificationOut.model_validate(one) for one in found]


@router.get("/unread")
def count_unread(session: DbSession, user: CurrentUser, parts: Parts) -> schemas.UnreadOut:
    """How many notifications are unread."""
    return parts.service.unread(session, user.id)


@router.post("/read")
def mark_read(
    session: DbSession, user: CurrentUser, parts: Parts, body: schemas.ReadIn
) -> schemas.UnreadOut:
    """Mark notifications as read."""
    return parts.service.mark_read(session, user.id, body.up_to_id)


@router.get("/settings")
def get_notification_settings(
    session: DbSession, user: CurrentUser, parts: Parts
) -> schemas.SettingsOut:
    """Which events are sent to which channel and when, with quiet hours and digest."""
    return parts.service.settings(session, user.id)


@router.patch("/settings")
def change_notification_settings(
    session: DbSession, user: SessionUser, parts: Parts, body: schemas.SettingsIn
) -> schemas.SettingsOut:
    """Change them; what the body leaves out stays."""
    return parts.service.change_settings(session, user.id, body)


@router.get("/channels")
def list_channels(session: DbSession, user: CurrentUser, parts: Parts) -> list[schemas.ChannelOut]:
    """Your channels, oldest first; without their secrets."""
    return parts.service.channels(session, user.id)


@router.post("/channels", status_code=201)
async def add_channel(
    user: SessionUser, parts: Parts, body: schemas.ChannelIn, origin: Origin
) -> schemas.NewChannelOut:
    """Add a channel. The signing secret of a webhook and the code of a chat are shown here only."""
    return await parts.add_channel(user, body, origin)


@router.patch("/channels/{channel_id}")
def change_channel(
    session: DbSession, user: SessionUser, parts: Parts, channel_id: RowId,
    body: schemas.ChannelPatch,
) -> schemas.ChannelOut:  # fmt: skip
    """Rename a channel, switch it on or off."""
    return parts.service.change(session, user.id, channel_id, body)


@router.delete("/channels/{channel_id}", status_code=204)
def delete_channel(
    session: DbSession, user: SessionUser, parts: Parts, channel_id: RowId, origin: Origin
) -> None:
    """Delete a channel and its delivery log."""
    parts.service.delete(session, user, channel_id, origin)


@router.post("/channels/{channel_id}/test", status_code=202)
def test_channel(
    session: DbSession, user: SessionUser, parts: Parts, channel_id: RowId
) -> schemas.TestOut:
    """Send a test message; the delivery log says what became of it."""
    return parts.service.test(session, user.id, channel_id)


@router.post("/channels/{channel_id}/link")
def link_chat(
    session: DbSession, user: SessionUser, parts: Parts, channel_id: RowId
) -> schemas.LinkOut:
    """Make a new code that links a Telegram chat; the former code is void."""
    return parts.service.link(session, user.id, channel_id)


@router.get("/deliveries")
def list_deliveries(
    session: DbSession, user: CurrentUser, parts: Parts, page: Page,
    channel_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> list[schemas.DeliveryOut]:  # fmt: skip
    """The delivery log, newest first: every attempt with its outcome and reason."""
    found, total = parts.service.deliveries(session, user.id, channel_id, page.limit, page.offset)
    page.total(total)
    return found
