"""What reports on the other features: notifications, incoming webhooks, health and metrics."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tradertape_core.market.instrument import Instrument
from tradertape_server.container import Container
from tradertape_server.features.auth.audit import RequestOrigin
from tradertape_server.features.backtests.queries import RUNS, STUDIES
from tradertape_server.features.feed.build import LiveMarket
from tradertape_server.features.feed.live.feed_setup import publish_metrics
from tradertape_server.features.hooks.service import HookService
from tradertape_server.features.notifications.actions import ChatActions
from tradertape_server.features.notifications.build import (
    Notifications,
    build_notifications,
    sources,
)
from tradertape_server.features.notifications.build import Options as NotificationOptions
from tradertape_server.features.operations.checks import (
    books_check,
    calendar_check,
    cancels_check,
    execution_check,
    feed_check,
    market_check,
    masters_check,
    protection_check,
    scans_check,
)
from tradertape_server.features.operations.figures import (
    publish_jobs,
    publish_market,
    publish_streams,
    publish_trading,
)
from tradertape_server.features.operations.jobs import Jobs, catalogue
from tradertape_server.features.operations.service import Health
from tradertape_server.features.portfolios.build import Portfolios
from tradertape_server.features.portfolios.external import ExternalSignals
from tradertape_server.features.portfolios.schedule_times import next_scan
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.features.risk.schemas import KillIn
from tradertape_server.platform.processes.job_log import JobLog
from tradertape_server.wiring.base import Base
from tradertape_server.wiring.market import MarketData
from tradertape_server.wiring.trading import Trading

# Where a linked chat's commands come from, in the audit log.
CHAT = RequestOrigin(ip="telegram", user_agent="Telegram", request_id="telegram")


def build_notification_service(
    base: Base, live: LiveMarket, trading: Trading, portfolios: Portfolios
) -> Notifications:
    """Notifications of what the other features store, and what a linked chat can ask of them."""
    settings, switch = base.settings, trading.risk.kill_switch
    actions = ChatActions(
        base.database,
        base.clock,
        portfolios.signals,
        trading.execution,
        kill=lambda who, reason: (
            switch.kill(who, KillIn(cancel_orders=False, reason=reason), CHAT) and None
        ),
        overview=portfolios.overview.of,
    )
    market = live.execution
    return build_notifications(
        base.database,
        base.clock,
        base.secrets,
        base.mailer,
        actions,
        sources(lambda now: market.is_open(now) and market.is_stale),
        NotificationOptions(
            settings.effective_public_url,
            settings.telegram_root,
            settings.notify_private_addresses,
        ),
    )


def build_hooks(
    base: Base, data: MarketData, live: LiveMarket, notifications: Notifications
) -> HookService:
    """Incoming webhooks, whose alerts become signals of portfolios or notifications."""

    def last_price(instrument: Instrument) -> Decimal | None:
        tick = live.execution.tick(instrument.id)
        return None if tick is None else tick.last_price

    return HookService(
        base.database,
        base.clock,
        base.secrets,
        notifications.publisher,
        ExternalSignals(base.clock, data.market),
        find=lambda names: list(data.instruments.resolve_many(names).instruments.values()),
        price=last_price,
        public_url=base.settings.effective_public_url,
    )


def build_health(
    base: Base, data: MarketData, live: LiveMarket, trading: Trading, portfolios: Portfolios
) -> Health:
    """The health page with the checks of the features."""
    health = Health(
        base.database, base.clock, home=base.home, mailer=base.mailer, metrics=base.metrics
    )
    health.add("market_data", market_check(data.market, base.clock))
    health.add("calendar", calendar_check(base.clock))
    health.add("feed", feed_check(live.feed))
    if data.masters is not None:
        health.add("instruments", masters_check(data.masters))
    health.add("protection", protection_check(trading.guardian))
    health.add("execution", execution_check(trading.execution))
    health.add("broker_positions", books_check(trading.accounts))
    health.add("broker_cancels", cancels_check(trading.accounts))
    health.add("scans", scans_check(portfolios.lateness))
    return health


def build_jobs(base: Base, portfolios: Portfolios, reconciliation: ReconciliationService) -> Jobs:
    """What the page of jobs shows; scans and comparisons are known over restarts."""

    def last_scan(user_id: int) -> datetime | None:
        with base.database.read() as session:
            found = portfolios.scans.history(session, user_id, limit=1, offset=0)
            return found[0].at if found else None

    return Jobs(
        base.clock,
        JobLog(base.clock),
        catalogue(next_scan),
        {"scans": last_scan, "reconciliation": lambda one: reconciliation.last(one).checked_at},
    )


def keep_log(container: Container) -> None:
    """Have every job note its runs."""
    for duty in (
        container.portfolios.schedule,
        container.portfolios.upkeep,
        container.reconciliation_cycle,
        container.reminders,
        container.risk.watch,
        container.execution_jobs,
        container.notifications.collector,
        container.market_watch,
    ):
        duty.log = container.jobs.log


def publish(container: Container) -> None:
    """Publish the metrics of every part."""
    metrics, backtests = container.metrics, container.backtests
    publish_metrics(container.feed, metrics)
    container.processes.publish(metrics, container.health)
    publish_trading(metrics, container.execution.trader, container.guardian.failures)
    publish_streams(metrics, container.bus, container.credentials)
    threads = {RUNS: backtests.run_jobs, STUDIES: backtests.study_jobs}
    publish_market(metrics, container.market)
    publish_jobs(metrics, container.database, container.clock, threads, backtests.leases)
