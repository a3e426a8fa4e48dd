"""Joins the parts of notifications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth import queries as accounts
from tradertape_server.features.auth.audit import RequestOrigin
from tradertape_server.features.notifications import schemas
from tradertape_server.features.notifications.bots import Bots
from tradertape_server.features.notifications.channels.addresses import Addresses
from tradertape_server.features.notifications.channels.apprise_urls import AppriseSender
from tradertape_server.features.notifications.channels.mail import MailSender
from tradertape_server.features.notifications.channels.telegram import (
    PUBLIC_ROOT,
    BotApi,
    TelegramSender,
)
from tradertape_server.features.notifications.channels.webhook import WebhookSender
from tradertape_server.features.notifications.chat import Actions, ChatDesk
from tradertape_server.features.notifications.collector import Collector
from tradertape_server.features.notifications.delivery import Courier, Senders
from tradertape_server.features.notifications.publishing import Notice, Publisher
from tradertape_server.features.notifications.service import NotificationService
from tradertape_server.features.notifications.sources.brokers import BrokerSource
from tradertape_server.features.notifications.sources.kill_switches import KillSwitchSource
from tradertape_server.features.notifications.sources.portfolios import PortfolioSource
from tradertape_server.features.notifications.sources.prices import PriceSource
from tradertape_server.features.notifications.sources.source import Source
from tradertape_server.features.notifications.sources.timeline import TimelineSource
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of notifications. telegram_root: "" for Telegram's own."""

    public_url: str
    telegram_root: str
    allows_private: bool


@dataclass(frozen=True, slots=True)
class Notifications:
    """Everything of notifications."""

    database: Database
    publisher: Publisher
    service: NotificationService
    courier: Courier
    collector: Collector
    bots: Bots
    desk: ChatDesk

    def publish(self, notice: Notice) -> None:
        """Store a notice of a feature that hands them over, in a transaction of its own."""
        with self.database.write() as session:
            self.publisher.publish(session, [notice])

    async def add_channel(
        self, who: Identity, body: schemas.ChannelIn, origin: RequestOrigin
    ) -> schemas.NewChannelOut:
        """Check a channel, which may take seconds, and then store it in one transaction."""
        ready = await self.service.prepare(body, who.email)

        def store() -> schemas.NewChannelOut:
            with self.database.write() as session:
                return self.service.add(session, who, body, ready, origin)

        return await run_in_threadpool(store)


def sources(is_stale: Callable[[datetime], bool]) -> Sequence[Source]:
    """Where events come from. is_stale: whether prices are missing while the market is open."""
    return (
        TimelineSource(),
        KillSwitchSource(),
        BrokerSource(),
        PortfolioSource(),
        PriceSource(is_stale),
    )


def build_notifications(
    database: Database, clock: Clock, secrets: SecretBox, mailer: Mailer, actions: Actions,
    read_from: Sequence[Source], options: Options,
) -> Notifications:  # fmt: skip
    """Notifications with every channel."""
    addresses = Addresses(options.allows_private)
    api = BotApi(options.telegram_root or PUBLIC_ROOT)
    apprise = AppriseSender(addresses)
    senders = Senders(
        waiting={"telegram": TelegramSender(api), "webhook": WebhookSender(clock, addresses)},
        blocking={"email": MailSender(mailer), "apprise": apprise},
    )
    courier = Courier(
        database, clock, secrets, senders, public_url=options.public_url, emails=_email_of
    )
    publisher = Publisher(clock, courier.wake)
    desk = ChatDesk(database, clock, actions)
    return Notifications(
        database=database,
        publisher=publisher,
        service=NotificationService(database, clock, secrets, publisher, api, addresses, apprise),
        courier=courier,
        collector=Collector(database, clock, publisher, read_from),
        bots=Bots(database, secrets, api, desk),
        desk=desk,
    )


def _email_of(session: Session, user_id: int) -> str:
    found = accounts.account_by_id(session, user_id)
    return "" if found is None else found.email
