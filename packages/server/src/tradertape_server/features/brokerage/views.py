"""A broker and a person's account there, as bodies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tradertape_brokers.feed import TickMode
from tradertape_brokers.port import Broker, Capabilities
from tradertape_server.features.brokerage import schemas
from tradertape_server.features.brokerage.accounts import (
    Addresses,
    Connected,
    Environment,
    Preflight,
)
from tradertape_server.features.brokerage.credentials import Credentials
from tradertape_server.features.brokerage.models import BrokerSession

# SEBI/HO/MIRSD/MIRSD-PoD/P/CIR/2025/0000013 of 2025-02-04, in force at brokers from 2026-04-01.
RULE = (
    "Brokers take API orders only from an internet address that is registered with them: one "
    "primary and one secondary address, changed at most once a week. Register this server's "
    "address on the broker's page before you trade live."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The addresses of this server that a broker or a person needs."""

    public_url: str

    def callback(self, broker: str) -> str:
        """Where the broker's page sends the browser: the address its app is registered with."""
        return f"{self.public_url}/brokers/{broker}/callback"

    def login(self, broker: str) -> str:
        """Where a login begins in one step."""
        return f"{self.public_url}/api/brokers/{broker}/login"

    def settings(self, broker: str) -> str:
        """The console's page of a broker."""
        return f"{self.public_url}/settings/brokers?connect={broker}"

    def postback(self, broker: str) -> str:
        """Where the broker sends updates of orders."""
        return f"{self.public_url}/api/brokers/{broker}/postback"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a person's account at a broker."""

    broker: Broker
    credentials: Credentials | None
    connected: Connected | None
    last: BrokerSession | None


def session_out(state: State, links: Links, addresses: Addresses, now: datetime) -> (
    schemas.BrokerSessionOut
):  # fmt: skip
    """The session at a broker; without one, why."""
    login_url = links.login(state.broker.name) if state.credentials else None
    if state.connected is None:
        return schemas.BrokerSessionOut(
            connected=False, user_id=_user_of(state), login_time=None, expires_at=None,
            expires_in_s=None, end=_end_of(state), reason=_why_not(state, addresses),
            login_url=login_url,
        )  # fmt: skip
    ends = state.connected.session.expires_at
    return schemas.BrokerSessionOut(
        connected=True,
        user_id=state.connected.account.broker_user_id,
        login_time=state.connected.since,
        expires_at=ends,
        expires_in_s=max(0, int((ends - now).total_seconds())),
        end=None,
        reason="",
        login_url=login_url,
    )


def broker_out(
    state: State, links: Links, addresses: Addresses, now: datetime, preflight: Preflight | None
) -> schemas.BrokerOut:
    """A broker with everything about a person's account there. preflight: whether it takes orders
    from this server's address, of the present session."""
    broker = state.broker
    environment = state.credentials.environment if state.credentials else addresses.usual
    environments = [one for one in Environment if addresses.has(one)]
    return schemas.BrokerOut(
        name=broker.name,
        title=broker.title,
        environment=environment.value,
        environments=[one.value for one in environments],
        capabilities=capabilities_out(broker.capabilities),
        login=schemas.LoginFlowOut(
            proofs=[proof.value for proof in broker.login.proofs],
            has_page=broker.login.has_page,
            callback_parameter=broker.login.callback_parameter,
            redirect_uri=links.callback(broker.name),
        ),
        credentials=credentials_out(state.credentials, is_public=broker.login.has_page),
        session=session_out(state, links, addresses, now),
        ip=schemas.IpFactsOut(
            needs_registered_address=environment is Environment.LIVE,
            rule=RULE,
            where=broker.capabilities.address_rule,
            address=None if preflight is None else preflight.address,
            preflight="unknown" if preflight is None else preflight.result,
            words="" if preflight is None else preflight.words,
            checked_at=None if preflight is None else preflight.checked_at,
        ),
        postback_url=links.postback(broker.name) if broker.postbacks is not None else None,
    )


def credentials_out(found: Credentials | None, *, is_public: bool) -> schemas.CredentialsOut:
    """The stored credentials. is_public: the API key stands in the login page's address."""
    if found is None:
        return schemas.CredentialsOut(
            is_set=False, api_key=None, has_secret=False, secret_hint=None, has_totp_secret=False,
            user_id=None, updated_at=None, storage="browser",
        )  # fmt: skip
    api_key = found.api_key.reveal()
    return schemas.CredentialsOut(
        is_set=True,
        api_key=api_key if is_public else f"…{api_key[-4:]}",
        has_secret=found.api_secret is not None,
        secret_hint=found.secret_hint if found.api_secret is not None else None,
        has_totp_secret=found.totp_secret is not None,
        user_id=found.user_id,
        updated_at=found.updated_at,
        storage="cloud" if found.api_secret is not None else "browser",
    )


def capabilities_out(found: Capabilities) -> schemas.CapabilitiesOut:
    """A broker's capabilities, in the order of the words."""
    return schemas.CapabilitiesOut(
        exchanges=sorted(found.exchanges),
        products=sorted(found.products),
        order_types=sorted(found.order_types),
        varieties=sorted(found.varieties),
        validities=sorted(found.validities),
        tag_length=found.tag_length,
        modifications=found.modifications,
        protects_markets=found.protects_markets,
        slices=found.slices,
        gtt_single=found.gtt_single,
        gtt_two_leg=found.gtt_two_leg,
        updates_orders=found.updates_orders,
        candle_intervals=[interval.value for interval in found.candle_days],
        tick_modes=[mode.value for mode in TickMode if mode in found.tick_modes],
        feed_instruments=found.feed_instruments,
    )


def _user_of(state: State) -> str | None:
    if state.credentials is not None and state.credentials.user_id:
        return state.credentials.user_id
    return state.last.broker_user_id if state.last is not None else None


def _end_of(state: State) -> Literal["expired", "disconnected"] | None:
    """How the last session ended; one that nobody ended is over by its timetable."""
    if state.credentials is None or state.last is None:
        return None
    return "disconnected" if state.last.end == "disconnected" else "expired"


def _why_not(state: State, addresses: Addresses) -> str:
    title, last = state.broker.title, state.last
    if state.credentials is None:
        return f"{title} is not set up."
    if not addresses.has(state.credentials.environment):
        if last is not None and last.ended_at is not None and last.reason:
            return _sentence(last.reason)
        return f"This server does not use {state.credentials.environment.value} accounts now."
    if last is None:
        return f"Not signed in at {title}."
    if last.ended_at is not None:
        return _sentence(last.reason) if last.reason else f"Signed out of {title}."
    return f"The session at {title} is over: sign in again."


def _sentence(words: str) -> str:
    """A reason with its full stop: other sentences follow it on pages."""
    return words if words.endswith((".", "!", "?")) else f"{words}."
