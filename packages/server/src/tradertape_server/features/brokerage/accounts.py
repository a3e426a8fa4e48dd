"""Whose account at which broker, where it is, and where brokers answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from tradertape_brokers.hosts import Hosts
from tradertape_brokers.port import Broker, Connection
from tradertape_brokers.sessions import Session


class Environment(StrEnum):
    """The real broker, or a sandbox that speaks its language."""

    LIVE = "live"
    SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccount:
    """One person's account at one broker. broker_user_id: the broker's own name for it."""

    user_id: int
    broker: str
    broker_user_id: str
    environment: Environment

    @property
    def scope(self) -> str:
        """The account scope of live runs: `kite:SB0001`."""
        return f"{self.broker}:{self.broker_user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """An account with a session that is alive as far as is known. since: the login."""

    account: BrokerAccount
    broker: Broker
    ports: Connection
    session: Session
    since: datetime


class ChangeKind(StrEnum):
    """What happened to a connection."""

    CONNECTED = "connected"  # after a login, or at the start of this process
    RENEWED = "renewed"  # a new session took the place of one that was alive
    EXPIRED = "expired"
    DISCONNECTED = "disconnected"  # the person signed out, or another account took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChange:
    """A change of an account's connection, told in every process.

    reason: why it ended, in words for people. is_first: whether this process recorded the end; of
    several processes one has it true, so that a person gets one notice.
    """

    kind: ChangeKind
    account: BrokerAccount
    reason: str = ""
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Whether a broker takes orders from this server's address, and which address that is."""

    result: Literal["taken", "refused", "unknown"]
    words: str = ""
    address: str | None = None
    checked_at: datetime | None = None


class NoHosts(LookupError):
    """This server does not use this environment."""


class Addresses:
    """Where brokers answer in each environment; a sandbox can come and go while the server runs."""

    def __init__(self, hosts: Mapping[Environment, Hosts]) -> None:
        self._hosts = dict(hosts)

    @classmethod
    def of(cls, live: Hosts, sandbox_url: str = "") -> Addresses:
        """The real brokers; with a sandbox's address that alone: nothing then reaches a broker."""
        if sandbox_url:
            return cls({Environment.SANDBOX: Hosts.sandbox(sandbox_url)})
        return cls({Environment.LIVE: live})

    @property
    def usual(self) -> Environment:
        """Where a new account is when nobody says."""
        return Environment.LIVE if self.has(Environment.LIVE) else Environment.SANDBOX

    def has(self, environment: Environment) -> bool:
        """Whether accounts of this environment can be reached."""
        return environment in self._hosts

    def hosts(self, environment: Environment) -> Hosts:
        """The hosts of all brokers. Raises NoHosts."""
        found = self._hosts.get(environment)
        if found is None:
            raise NoHosts(f"this server does not use {environment.value} accounts")
        return found

    def use_sandbox(self, url: str | None) -> None:
        """Use the sandbox at this address from now on; None: there is none any more."""
        changed = dict(self._hosts)
        if url is None:
            changed.pop(Environment.SANDBOX, None)
        else:
            changed[Environment.SANDBOX] = Hosts.sandbox(url)
        self._hosts = changed
