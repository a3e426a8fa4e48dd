"""Joins the parts of one agent."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import uuid
from collections.abc import Callable, Mapping

import httpx

from tradertape_agent.agent import Agent
from tradertape_agent.clock import SystemClock
from tradertape_agent.cloud import Cloud
from tradertape_agent.config.document import read_document
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import Settings, settings_of
from tradertape_agent.desk.desk import Desk, open_desk
from tradertape_agent.errors import NotConfigured
from tradertape_agent.following import Following
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.store import INSTANCE, Store
from tradertape_agent.loop import Loop
from tradertape_agent.placing import Placing
from tradertape_agent.privacy.modes import Privacy
from tradertape_agent.privacy.verifier import Verifier
from tradertape_agent.reconciling.actions import Actions
from tradertape_agent.reconciling.corrections import Corrections
from tradertape_agent.reconciling.ignoring import Ignores
from tradertape_agent.reconciling.reconciler import Reconciler
from tradertape_agent.reporting import Reporter
from tradertape_agent.resolving import Resolving
from tradertape_agent.stop_sales import StopSales
from tradertape_agent.stops import Stops
from tradertape_agent.syncing import Syncing
from tradertape_agent.withdrawing import Withdrawing
from tradertape_brokers.hosts import Hosts
from tradertape_core.kernel.clock import Clock


def build(
    settings: Settings,
    folder: Folder,
    *,
    environment: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    transport: httpx.BaseTransport | None = None,
) -> Agent:
    """Open the journal and the accounts, and join everything. Asks nobody anything yet."""
    time = clock or SystemClock()
    hosts, primary = Hosts.of_environment(environment), settings.primary_broker
    desk = open_desk(settings, folder, hosts, time)
    journal = Journal(folder.journal)
    privacy = Privacy(folder.factor, journal.store, settings.privacy_mode)
    cloud = Cloud(
        settings.cloud_url, settings.api_key, instance_of(journal.store, folder),
        journal.outgoing, time, guard=_verifier(settings, desk, privacy), transport=transport,
        is_sandbox=getattr(hosts, primary) != getattr(Hosts(), primary),
    )  # fmt: skip
    syncing = Syncing(cloud, desk, privacy, time)
    ignores, corrections = Ignores(journal.store), Corrections(journal.store, time)
    reconciler = Reconciler(journal, cloud, desk.primary, privacy, ignores, corrections, time)
    reporter = Reporter(journal, settings.primary_broker, time)
    stop_sales = StopSales(journal, time)
    placing = Placing(journal, desk.primary, reporter, time, privacy, stop_sales)
    withdrawing = Withdrawing(journal, desk.primary)
    stops = Stops(journal, placing, withdrawing, time, settings.stop_loss_pct)
    actions = Actions(journal, desk.primary, reconciler, corrections, placing, withdrawing, time)
    following = Following(journal, desk.primary, reporter, time)
    loop = Loop(
        journal, cloud, desk, placing, following, stops, withdrawing, syncing, reconciler, time,
        scales=privacy, stop_sales=stop_sales,
        poll_interval_s=settings.poll_interval_s,
        auto_execute=_auto_execute(settings, folder, environment),
    )  # fmt: skip
    return Agent(
        settings=settings, folder=folder, clock=time, journal=journal, cloud=cloud, desk=desk,
        privacy=privacy, reconciler=reconciler, ignores=ignores, syncing=syncing, loop=loop,
        actions=actions, resolving=Resolving(journal, desk.primary, reporter, time),
    )  # fmt: skip


def instance_of(store: Store, folder: Folder) -> str:
    """This agent's name for leases: kept over restarts, another one on another machine.

    A copied folder must not make two machines one agent: both would place what one has leased.
    """
    with store.transaction():
        kept = store.meta(INSTANCE)
        if not kept:
            kept = secrets.token_hex(8)
            store.set_meta(INSTANCE, kept)
    place = f"{kept}:{platform.node()}:{uuid.getnode()}:{folder.config}"
    return hashlib.sha256(place.encode()).hexdigest()[:24]


def _auto_execute(
    settings: Settings, folder: Folder, environment: Mapping[str, str]
) -> Callable[[], bool]:
    """The switch as the file has it now: it may be changed while the agent runs."""

    def read() -> bool:
        try:
            document = read_document(folder.config)
            return (
                settings.auto_execute
                if document is None
                else (settings_of(document, environment, is_insecure=True).auto_execute)
            )
        except NotConfigured:
            return False  # a file that cannot be read approves nothing

    return read


def _verifier(settings: Settings, desk: Desk, privacy: Privacy) -> Verifier:
    def secrets_() -> list[str]:
        known = settings.credentials.values()
        return [one.reveal() for row in known for one in (row.api_secret, row.totp_secret)]

    def tokens() -> list[str]:
        return [one.session.access_token.reveal() for one in desk if one.session is not None]

    return Verifier(
        privacy, secrets=secrets_, tokens=tokens, ids=lambda: [one.user_id for one in desk]
    )
