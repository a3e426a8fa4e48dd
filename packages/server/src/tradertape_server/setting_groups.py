"""The settings as the features take them: each group of them as one value."""

from __future__ import annotations

import sys
from datetime import timedelta

from tradertape_core.execution.matching import PaperRules
from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.service import AccountPolicy
from tradertape_server.features.auth.sign_in.sessions import SessionLife
from tradertape_server.features.execution.service import Settings as ExecutionSettings
from tradertape_server.features.feed.live.feed_setup import FeedOptions
from tradertape_server.features.feed.sources.candle_files import ReplayRange
from tradertape_server.features.instruments.traded_market import MarketChoice
from tradertape_server.platform.mail import Mailer, SmtpServer
from tradertape_server.settings import Settings


def is_compat(settings: Settings) -> bool:
    """Whether replies follow the strict models of the published client."""
    return settings.worker_compat == "0.7.4"


def execution_settings(settings: Settings, choice: MarketChoice) -> ExecutionSettings:
    """The options of execution."""
    return ExecutionSettings(
        strict_answers=is_compat(settings),
        rules=paper_rules(settings),
        market=choice.current.value,
    )


def paper_rules(settings: Settings) -> PaperRules:
    """How the paper market fills orders."""
    return PaperRules(
        partial_fills=settings.paper_partial_fills,
        queue_share=settings.paper_queue_share,
        slippage_bps=settings.paper_slippage_bps,
    )


def feed_options(settings: Settings) -> FeedOptions:
    """The options of the live feed."""
    return FeedOptions(
        source=settings.feed,
        any_hour=settings.feed_any_hour,
        replay_file=settings.feed_replay_file,
        replay_speed=settings.feed_replay_speed,
        replay_loop=settings.feed_replay_loop,
        replay=ReplayRange(
            settings.feed_replay_from, settings.feed_replay_to, settings.feed_replay_symbols
        ),
        rate_hz=settings.feed_rate_hz,
    )


def account_policy(settings: Settings) -> AccountPolicy:
    """The options of accounts and sessions."""
    return AccountPolicy(
        life=SessionLife(
            idle=timedelta(days=settings.session_idle_days),
            at_most=timedelta(days=settings.session_max_days),
        ),
        public_url=settings.effective_public_url,
        allow_signup=settings.allow_signup,
        first_is_admin=settings.is_for_this_machine,
    )


def build_mailer(settings: Settings, clock: Clock) -> Mailer:
    """The mail queue, with a server where one is set."""
    server = (
        SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value(),
            security=settings.smtp_security,
        )
        if settings.smtp_host
        else None
    )
    return Mailer(
        outbox=settings.effective_home / "outbox",
        clock=clock,
        server=server,
        announce=_announce,
        sender=settings.smtp_from,
    )


def _announce(text: str) -> None:
    # Printed, not logged: logs never hold a sign-in link.
    sys.stdout.write(f"\n{text}\n\n")
    sys.stdout.flush()
