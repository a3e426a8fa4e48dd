"""Use cases of notifications: channels, settings, the bell and the delivery log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex, token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.notifications import repository, schemas
from tradertape_server.features.notifications.catalogue import CHOOSABLE
from tradertape_server.features.notifications.channels.addresses import (
    Addresses,
    AddressNotAllowed,
    AddressUnknown,
)
from tradertape_server.features.notifications.channels.apprise_urls import (
    AppriseSender,
    NoAppriseUrl,
)
from tradertape_server.features.notifications.channels.signing import new_secret
from tradertape_server.features.notifications.channels.telegram import (
    TOKEN,
    BotApi,
    BotRefused,
    BotUnreachable,
)
from tradertape_server.features.notifications.models import (
    Channel,
    Delivery,
    Notification,
    Preferences,
)
from tradertape_server.features.notifications.preferences import DIGEST_AT, IN_APP
from tradertape_server.features.notifications.publishing import Notice, Publisher, wishes_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound, Unavailable
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.requests import is_taken
from tradertape_server.platform.secrets import SecretBox, token_hash

MOST_CHANNELS = 10
LINK_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A channel that was checked and can be stored. shown_once: a secret for its owner."""

    address: str
    secret: str = ""
    fingerprint: str | None = None
    shown_once: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationService:
    """Use cases; those with a session run in the caller's transaction."""

    database: Database
    clock: Clock
    secrets: SecretBox
    publisher: Publisher
    api: BotApi
    addresses: Addresses
    apprise: AppriseSender

    # --- the bell -----------------------------------------------------------------------------

    def inbox(
        self, session: Session, user_id: int, *, unread: bool, limit: int, offset: int
    ) -> tuple[Sequence[Notification], int]:
        """A page of a person's notifications, newest first, and how many there are."""
        return repository.inbox(session, user_id, unread=unread, limit=limit, offset=offset)

    def unread(self, session: Session, user_id: int) -> schemas.UnreadOut:
        """How many are unread."""
        count, newest = repository.unread(session, user_id)
        return schemas.UnreadOut(unread=count, newest_id=newest)

    def bell(self, caller: Identity, _argument: str = "") -> dict[str, int]:
        """The same, for the console's channel `notifications`."""
        with self.database.read() as session:
            return self.unread(session, caller.id).model_dump()

    def mark_read(self, session: Session, user_id: int, up_to: int) -> schemas.UnreadOut:
        """Mark as read what a person has seen."""
        repository.mark_read(session, user_id, up_to, self.clock.now())
        return self.unread(session, user_id)

    def has_telegram(self, user_id: int) -> bool:
        """Whether a Telegram chat of a person is linked, and its channel is on."""
        with self.database.read() as session:
            found = repository.channels(session, user_id, usable=True)
            return any(one.kind == "telegram" for one in found)

    # --- settings -----------------------------------------------------------------------------

    def settings(self, session: Session, user_id: int) -> schemas.SettingsOut:
        """Which events go where and when."""
        wishes = wishes_of(session, user_id)
        targets = [IN_APP, *(str(one.id) for one in repository.channels(session, user_id))]
        events = [
            schemas.EventOut(
                event=kind.name, group=kind.group, title=kind.title, severity=kind.severity,
                modes={target: wishes.mode(kind, target) for target in targets},
            )
            for kind in CHOOSABLE
        ]  # fmt: skip
        return schemas.SettingsOut(
            events=events, quiet_from=wishes.quiet_from, quiet_to=wishes.quiet_to,
            digest_at=wishes.digest_at,
        )  # fmt: skip

    def change_settings(
        self, session: Session, user_id: int, body: schemas.SettingsIn
    ) -> schemas.SettingsOut:
        """Change them; what the body leaves out stays."""
        if (body.quiet_from is None) != (body.quiet_to is None):
            raise _problem("/quiet_from", "give both ends of the quiet hours, or neither")
        self.database.advisory_lock(session, f"notification-settings:{user_id}")
        known = {IN_APP, *(str(one.id) for one in repository.channels(session, user_id))}
        row = repository.preferences(session, user_id)
        if row is None:
            row = Preferences(user_id=user_id, modes={}, digest_at=DIGEST_AT)
            session.add(row)
        modes: dict[str, dict[str, Any]] = {event: dict(one) for event, one in row.modes.items()}
        for event, by_target in body.modes.items():
            if unknown := by_target.keys() - known:
                raise _problem(f"/modes/{event}", f"you have no channel {min(unknown)}")
            modes.setdefault(event, {}).update(by_target)
        row.modes = modes
        if {"quiet_from", "quiet_to"} & body.model_fields_set:
            row.quiet_from, row.quiet_to = body.quiet_from, body.quiet_to
        if body.digest_at is not None:
            row.digest_at = body.digest_at
        row.updated_at = self.clock.now()
        session.flush()
        return self.settings(session, user_id)

    # --- channels -----------------------------------------------------------------------------

    def channels(self, session: Session, user_id: int) -> list[schemas.ChannelOut]:
        """A person's channels, oldest first."""
        return [shown(one) for one in repository.channels(session, user_id)]

    async def prepare(self, body: schemas.ChannelIn, email: str) -> Prepared:
        """Check what a new channel needs; outside of a transaction, as it may ask Telegram.

        Raises InvalidDocument, Unavailable.
        """
        if body.kind == "email":
            return Prepared(address=email)
        if body.kind == "telegram":
            return await self._bot(body.bot_token.get_secret_value() if body.bot_token else "")
        url = body.url.get_secret_value().strip() if body.url else ""
        if not url:
            raise _problem("/url", "is required")
        try:
            if body.kind == "apprise":
                return Prepared(address=self.apprise.check(url), secret=url)
            host = self.addresses.check_url(url)
            self.addresses.resolve(host, urlsplit(url).port or 443)
        except (AddressNotAllowed, AddressUnknown, NoAppriseUrl) as error:
            raise _problem("/url", str(error)) from None
        signing = new_secret()
        return Prepared(f"{urlsplit(url).scheme}://{host}", f"{signing}\n{url}", None, signing)

    def add(
        self, session: Session, who: Identity, body: schemas.ChannelIn, ready: Prepared,
        origin: RequestOrigin,
    ) -> schemas.NewChannelOut:  # fmt: skip
        """Store a new channel. Raises Conflict over the limit, and for a bot that is in use."""
        if len(repository.channels(session, who.id)) >= MOST_CHANNELS:
            raise Conflict(f"You have {MOST_CHANNELS} channels, the most there can be: delete one")
        now = self.clock.now()
        row = Channel(
            user_id=who.id, kind=body.kind, name=body.name, is_enabled=True, address=ready.address,
            secret=self.secrets.seal(ready.secret.encode()) if ready.secret else None,
            fingerprint=ready.fingerprint, chat_name="", offset=0, last_error="",
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            if not is_taken(error):
                raise
            raise Conflict(
                "This bot is used by another channel here: make one of your own with @BotFather."
            ) from None
        self._audit(session, who, "notification_channel_added", origin, row)
        link = self._link(row, now) if row.kind == "telegram" else None
        return schemas.NewChannelOut(channel=shown(row), signing_secret=ready.shown_once, link=link)

    def change(
        self, session: Session, user_id: int, channel_id: int, patch: schemas.ChannelPatch
    ) -> schemas.ChannelOut:
        """Rename a channel, switch it on or off."""
        row = self._own(session, user_id, channel_id)
        row.name = patch.name if patch.name is not None else row.name
        row.is_enabled = patch.is_enabled if patch.is_enabled is not None else row.is_enabled
        row.updated_at = self.clock.now()
        return shown(row)

    def delete(
        self, session: Session, who: Identity, channel_id: int, origin: RequestOrigin
    ) -> None:
        """Delete a channel with its deliveries."""
        row = self._own(session, who.id, channel_id)
        self._audit(session, who, "notification_channel_deleted", origin, row)
        session.delete(row)

    def link(self, session: Session, user_id: int, channel_id: int) -> schemas.LinkOut:
        """Make a code that links a chat; the chat that is linked now is obeyed until then."""
        row = self._own(session, user_id, channel_id)
        if row.kind != "telegram":
            raise Conflict("Only a Telegram channel is linked to a chat.")
        return self._link(row, self.clock.now())

    def test(self, session: Session, user_id: int, channel_id: int) -> schemas.TestOut:
        """Send a test message. Raises Conflict for a channel that is off or has no recipient."""
        row = self._own(session, user_id, channel_id)
        if not row.is_enabled:
            raise Conflict("The channel is off: switch it on first.")
        if not repository.is_linked(row):
            raise Conflict("No chat is linked yet: send the code to the bot first.")
        key = f"test:{row.id}:{token_hex(6)}"
        text = f"This is a test of the channel {row.name}."
        notice = Notice(user_id, "test", key, "Test message", text, self.clock.now(),
                        "/settings?tab=notifications")  # fmt: skip
        self.publisher.deliver_to(session, notice, row.id)
        return schemas.TestOut(notification_key=key)

    def deliveries(
        self, session: Session, user_id: int, channel_id: int | None, limit: int, offset: int
    ) -> tuple[list[schemas.DeliveryOut], int]:
        """A page of the delivery log, newest first, and how long it is."""
        found, total = repository.deliveries(session, user_id, channel_id, limit, offset)
        return [_delivery(*one) for one in found], total

    async def _bot(self, token: str) -> Prepared:
        token = token.strip()
        if not TOKEN.fullmatch(token):
            raise _problem("/bot_token", "must be a token as @BotFather gives it: 123456789:AAE…")
        try:
            name = await self.api.me(token)
        except BotRefused as error:
            raise _problem("/bot_token", str(error)) from None
        except BotUnreachable as error:
            raise Unavailable(f"{error} Try again.", headers={"Retry-After": "10"}) from None
        return Prepared(f"@{name}", token, token_hash(token.partition(":")[0]))

    def _link(self, row: Channel, now: datetime) -> schemas.LinkOut:
        code = token_urlsafe(18)
        row.link_hash, row.link_expires_at = token_hash(code), now + LINK_FOR
        url = f"https://t.me/{row.address.removeprefix('@')}?start={code}"
        return schemas.LinkOut(url=url, code=code, made_at=now, expires_at=now + LINK_FOR)

    def _own(self, session: Session, user_id: int, channel_id: int) -> Channel:
        row = repository.channel(session, user_id, channel_id)
        if row is None:
            raise NotFound("Channel")
        return row

    def _audit(
        self, session: Session, who: Identity, action: str, origin: RequestOrigin, row: Channel
    ) -> None:
        record(
            session, action, user_id=who.id, actor=who.email, origin=origin,
            now=self.clock.now(), kind=row.kind, name=row.name, address=row.address,
        )  # fmt: skip


def shown(row: Channel) -> schemas.ChannelOut:
    """A channel as its owner sees it."""
    return schemas.ChannelOut(
        id=row.id, kind=row.kind, name=row.name, is_enabled=row.is_enabled,  # type: ignore[arg-type]
        is_linked=repository.is_linked(row), address=row.address, chat_name=row.chat_name,
        linked_at=row.linked_at, last_sent_at=row.last_sent_at, last_error=row.last_error,
        last_error_at=row.last_error_at, created_at=row.created_at,
    )  # fmt: skip


def _delivery(row: Delivery, of: Notification) -> schemas.DeliveryOut:
    return schemas.DeliveryOut(
        id=row.id, channel_id=row.channel_id, event=of.event, title=of.title,
        status=row.status, is_repeat=row.is_repeat, due_at=row.due_at,  # type: ignore[arg-type]
        sent_at=row.sent_at, created_at=row.created_at,
        attempts=[schemas.AttemptOut.model_validate(one) for one in row.attempts],
    )  # fmt: skip


def _problem(pointer: str, message: str) -> InvalidDocument:
    return InvalidDocument([Problem(pointer, message)])
