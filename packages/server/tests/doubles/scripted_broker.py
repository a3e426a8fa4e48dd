"""A broker without a network: its sessions are what the test says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.port import Capabilities, Connection, FindInstrument
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginFlow, Proof, Session, SessionPort
from tradertape_core.kernel.clock import Clock

NOTHING = Capabilities(
    exchanges=frozenset(),
    products=frozenset(),
    order_types=frozenset(),
    varieties=frozenset(),
    validities=frozenset(),
    tag_length=20,
    modifications=25,
)


@dataclass
class ScriptedBroker:
    """Counts what is asked of it. ports: what every connection gets."""

    name: str = "kite"
    title: str = "Scripted"
    capabilities: Capabilities = NOTHING
    login: LoginFlow = field(
        default_factory=lambda: LoginFlow(
            proofs=(Proof.CHECKSUM, Proof.SECRET), callback_parameter="request_token"
        )
    )
    postbacks: None = None
    sessions: Any = None
    ports: Any = None
    connected: list[tuple[Session, Hosts, Limiter]] = field(default_factory=list)
    find: FindInstrument | None = None

    def limiter(self) -> Limiter:
        return Limiter({})

    def session(self, hosts: Hosts) -> SessionPort:
        return cast("SessionPort", self.sessions)

    def connect(
        self,
        session: Session,
        hosts: Hosts,
        limiter: Limiter,
        clock: Clock,
        find: FindInstrument | None = None,
    ) -> Connection:
        self.connected.append((session, hosts, limiter))
        self.find = find
        return self.ports or Connection(orders=cast("Any", object()))


def session_at(
    now: datetime,
    *,
    broker: str = "kite",
    user: str = "SB0001",
    token: str = "token-1",  # noqa: S107
) -> Session:
    """A session that began now and ends in fourteen hours."""
    return Session(
        broker=broker,
        user_id=user,
        api_key="sandbox",
        access_token=Secret(token),
        expires_at=now + timedelta(hours=14),
    )


def ending_at(session: Session, end: datetime) -> Session:
    """The same session with another end."""
    return replace(session, expires_at=end)
