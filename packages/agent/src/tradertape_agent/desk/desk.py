"""All accounts of the user: every broker that is configured, the primary one to trade with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import Settings
from tradertape_agent.desk.account import Account, PrimaryAccount
from tradertape_agent.desk.sessions import SessionFile
from tradertape_agent.errors import NotConfigured
from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.masters.store import MasterStore
from tradertape_brokers.port import Broker
from tradertape_core.kernel.clock import Clock

Kind = TypeVar("Kind", bound=Account)


@dataclass(frozen=True, slots=True)
class Desk:
    """The accounts by broker, and the one that executes."""

    accounts: Mapping[str, Account]
    primary: PrimaryAccount

    def __iter__(self) -> Iterator[Account]:
        return iter(self.accounts.values())


def open_desk(settings: Settings, folder: Folder, hosts: Hosts, clock: Clock) -> Desk:
    """Load every configured broker. Raises NotConfigured where the primary one is not."""
    if settings.primary_broker not in settings.credentials:
        raise NotConfigured(
            f"the primary broker {settings.primary_broker} has no API key and secret: "
            f"run `tradertape-agent configure --broker {settings.primary_broker}`"
        )
    sessions = SessionFile(folder.sessions)

    def opened(kind: type[Kind], name: str) -> Kind:
        masters = MasterStore(name, folder.instruments, clock)
        return kind(_broker(name), settings.credentials[name], sessions, masters, hosts, clock)

    primary = opened(PrimaryAccount, settings.primary_broker)
    others = [opened(Account, name) for name in settings.brokers if name != primary.name]
    return Desk({one.name: one for one in (primary, *others)}, primary)


def _broker(name: str) -> Broker:
    try:
        return registry.broker(name)
    except ModuleNotFoundError as error:
        raise NotConfigured(
            f"{name} needs the package {error.name}: run `pip install tradertape-agent[{name}]`"
        ) from None
