"""Accounts at brokers: logins, the sandbox, reminders and what is held there."""

from __future__ import annotations

from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.auth.service import AuthService
from tradertape_server.features.brokerage.accounts import Addresses
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.credentials import CredentialStore
from tradertape_server.features.brokerage.reminders import Reminders
from tradertape_server.features.brokerage.sandbox import Sandbox
from tradertape_server.features.brokerage.sandbox_process import SandboxProcess
from tradertape_server.features.brokerage.service import BrokerageService
from tradertape_server.features.brokerage.views import Links
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.holdings.cache import AnswerCache
from tradertape_server.features.holdings.service import HoldingsService
from tradertape_server.features.notifications.queries import is_sent
from tradertape_server.features.workers.queries import live_scopes
from tradertape_server.wiring.base import Base


def build_connections(base: Base) -> Connections:
    """The accounts at brokers, and where brokers answer."""
    settings = base.settings
    addresses = Addresses.of(Hosts.of_environment(settings.broker_roots), settings.sandbox_url)
    return Connections(base.database, base.clock, base.secrets, registry.broker, addresses)


def build_sandbox(base: Base, connections: Connections) -> Sandbox:
    """The sandbox that comes with the server; nothing starts it yet."""
    settings, clock = base.settings, base.clock
    log = base.home / "sandbox.log"
    is_sharing = settings.role != "all" or bool(settings.redis_url)
    return Sandbox(
        lambda restarted: SandboxProcess(log, clock, restarted),
        connections.addresses,
        connections.expire_all,
        lambda user_id: base.secrets.code_hash("sandbox", str(user_id)),
        callback=lambda broker: f"{settings.effective_public_url}/brokers/{broker}/callback",
        postback=lambda broker: f"{settings.local_url}/api/brokers/{broker}/postback",
        external_url=settings.sandbox_url,
        is_alone=not is_sharing,
    )


def build_brokerage(base: Base, auth: AuthService, connections: Connections) -> BrokerageService:
    """Credentials and logins at brokers; the account's page shows them too."""
    links = Links(public_url=base.settings.effective_public_url)
    store = CredentialStore(base.secrets)
    service = BrokerageService(
        base.database, base.clock, connections, store, registry.names(), links
    )
    auth.account.brokers_of = service.states_of
    return service


def build_reminders(base: Base, connections: Connections, brokerage: BrokerageService) -> Reminders:
    """The mails about sessions at brokers; workers know which accounts have live runs."""
    reminders = Reminders(
        base.database,
        base.clock,
        nse_calendar(),
        connections,
        base.mailer,
        brokerage.links,
        live_scopes,
        is_sent,
    )
    reminders.listen()
    return reminders


def build_holdings(
    base: Base, connections: Connections, brokerage: BrokerageService, execution: ExecutionService
) -> HoldingsService:
    """What is at the brokers; execution knows which orders are ours."""
    return HoldingsService(connections, brokerage, AnswerCache(base.clock), execution)
