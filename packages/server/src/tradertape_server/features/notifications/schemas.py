"""Request and response bodies of notifications."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints, field_validator

from tradertape_server.features.notifications.catalogue import CATALOGUE, Mode, Severity
from tradertape_server.features.notifications.preferences import IN_APP
from tradertape_server.platform.http.routing import MAX_ID, Body, IstTime, Reply

Kind = Literal["telegram", "email", "webhook", "apprise"]
Status = Literal["waiting", "sending", "sent", "failed", "unknown", "cancelled"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Minute = Annotated[int, Field(ge=0, le=24 * 60 - 1, description="Minutes from midnight, IST.")]


class ChannelIn(Body):
    """A new channel: a Telegram bot's token, a webhook's or Apprise URL; e-mail needs nothing."""

    kind: Kind
    name: Name
    bot_token: Annotated[SecretStr, Field(max_length=100)] | None = None
    url: Annotated[SecretStr, Field(max_length=2000)] | None = None


class ChannelPatch(Body):
    """Changes of a channel."""

    name: Name | None = None
    is_enabled: bool | None = None


class ChannelOut(Reply):
    """A channel. address: what may be shown of it; no secret. is_linked: it has a recipient.

    linked_at: when a Telegram chat was linked last.
    """

    id: int
    kind: Kind
    name: str
    is_enabled: bool
    is_linked: bool
    address: str
    chat_name: str
    linked_at: IstTime | None
    last_sent_at: IstTime | None
    last_error: str
    last_error_at: IstTime | None
    created_at: IstTime


class NewChannelOut(Reply):
    """A new channel. signing_secret: of a webhook, shown once. link: of a Telegram chat."""

    channel: ChannelOut
    signing_secret: str | None = None
    link: LinkOut | None = None


class LinkOut(Reply):
    """How to link a chat: open `url`, or send `/start code` to the bot, until `expires_at`.

    made_at: a channel with a later `linked_at` was linked by this code.
    """

    url: str
    code: str
    made_at: IstTime
    expires_at: IstTime


class NotificationOut(Reply):
    """A notification. path: the console's page that shows more. subject: ids for programs."""

    id: int
    event: str
    severity: Severity
    title: str
    text: str
    path: str
    subject: dict[str, Any]
    at: IstTime
    read_at: IstTime | None


class UnreadOut(Reply):
    """How many are unread, and the id of the newest."""

    unread: int
    newest_id: int


class ReadIn(Body):
    """Mark every notification up to this id as read."""

    up_to_id: Annotated[int, Field(ge=0, le=MAX_ID)]


class EventOut(Reply):
    """A kind of event, and when it is sent to each channel; `in_app`: whether the bell shows it."""

    event: str
    group: str
    title: str
    severity: Severity
    modes: dict[str, Mode]


class SettingsOut(Reply):
    """Which events go where and when. Times: minutes from midnight, IST; None: no quiet hours."""

    events: list[EventOut]
    quiet_from: int | None
    quiet_to: int | None
    digest_at: int


class SettingsIn(Body):
    """Changes of the settings. modes: {event: {channel id or `in_app`: mode}}, merged with what is
    stored. Quiet hours are given together; both null: none."""

    modes: dict[str, dict[str, Mode]] = Field(default_factory=dict)
    quiet_from: Minute | None = None
    quiet_to: Minute | None = None
    digest_at: Minute | None = None

    @field_validator("modes")
    @classmethod
    def _known(cls, value: dict[str, dict[str, Mode]]) -> dict[str, dict[str, Mode]]:
        for event, by_target in value.items():
            if event not in CATALOGUE:
                raise ValueError(f"there is no event {event[:60]}")
            for target in by_target:
                if target != IN_APP and not (target.isascii() and target.isdigit()):
                    raise ValueError(f"{target[:20]} must be `in_app` or the id of a channel")
        return value


class AttemptOut(Reply):
    """One attempt to send."""

    at: IstTime
    outcome: str
    reason: str


class DeliveryOut(Reply):
    """One notification to one channel, with its attempts."""

    id: int
    channel_id: int
    event: str
    title: str
    status: Status
    is_repeat: bool
    due_at: IstTime
    sent_at: IstTime | None
    created_at: IstTime
    attempts: list[AttemptOut]


class TestOut(Reply):
    """A test message on its way: see the delivery log."""

    notification_key: str


NewChannelOut.model_rebuild()
