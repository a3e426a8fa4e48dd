"""What the cloud is told of this machine in every cycle: that it runs, and what the broker has."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from tradertape_agent import __version__
from tradertape_agent.addresses import (
    ACCESS_TOKEN,
    HEARTBEAT,
    PENDING_TOKEN,
    SYNC_HOLDINGS,
    SYNC_POSITIONS,
)
from tradertape_agent.cloud import Cloud, CloudDeclined
from tradertape_agent.desk.account import AccountState
from tradertape_agent.desk.desk import Desk
from tradertape_agent.errors import NotConnected
from tradertape_agent.privacy.documents import holdings_document, positions_document
from tradertape_agent.privacy.modes import Mode, Privacy
from tradertape_brokers.errors import BrokerError
from tradertape_brokers.portfolio import PositionKind
from tradertape_core.kernel.clock import Clock

logger = logging.getLogger("tradertape_agent")
AT_LEAST_EVERY_S: Final = 300.0
Document = dict[str, Any]


@dataclass(slots=True)
class Word:
    """The cloud's word on this agent, of its last answer."""

    kill_switch: bool = False
    auto_execute_allowed: bool = True
    latest_version: str = ""


class Syncing:
    """Tells the cloud, and hears its word."""

    def __init__(self, cloud: Cloud, desk: Desk, privacy: Privacy, clock: Clock) -> None:
        self.word = Word()
        self._cloud = cloud
        self._desk = desk
        self._privacy = privacy
        self._clock = clock
        self._sent: dict[tuple[str, str], tuple[float, Document]] = {}

    def hello(self, *, auto_execute: bool, last_poll: str) -> None:
        """Say that this agent runs. Raises CloudSilent or CloudRefused."""
        body = {
            "version": __version__,
            "brokers": [
                {
                    "name": one.name,
                    "primary": one.is_primary,
                    "connected": one.state is AccountState.CONNECTED,
                }
                for one in self._desk
            ],
            "auto_execute": auto_execute,
            "obfuscation": self._privacy.mode is not Mode.OFF,
            "last_poll": last_poll or None,
        }
        answer = self._cloud.post(HEARTBEAT, body).body
        if isinstance(answer, Mapping):
            self._hear(cast("Mapping[str, Any]", answer))

    def _hear(self, answer: Mapping[str, Any]) -> None:
        self.word = Word(
            kill_switch=bool(answer.get("kill_switch")),
            auto_execute_allowed=answer.get("auto_execute_allowed") is not False,
            latest_version=str(answer.get("latest_version") or ""),
        )
        if isinstance(answer.get("obfuscation"), bool):
            self._privacy.hear(is_obfuscated=answer["obfuscation"])

    def fetch_login(self) -> None:
        """Sign in with a token that the broker's page gave to the cloud, where there is one."""
        waiting = [one for one in self._desk if one.state is not AccountState.CONNECTED]
        if not any(one.broker.login.has_page for one in waiting):
            return
        answer = self._cloud.get(PENDING_TOKEN).body
        if not isinstance(answer, Mapping):
            return
        found = cast("Mapping[str, Any]", answer)
        account = self._desk.accounts.get(str(found.get("broker") or self._desk.primary.name))
        if account is None:
            return
        try:
            session = account.sign_in(str(found.get("request_token") or ""))
        except NotConnected as error:
            logger.warning("%s", error)
            return
        logger.info("signed in at %s", account.broker.title)
        if self._privacy.mode is not Mode.OFF:
            return  # the cloud must not be able to read real figures
        self._cloud.post(
            ACCESS_TOKEN,
            {
                "broker": session.broker,
                "access_token": session.access_token.reveal(),
                "user_id": session.user_id,
                "login_time": self._clock.now().isoformat(),
                "expires_at": session.expires_at.isoformat(),
            },
        )

    def sync(self, drift: Callable[[str], Document]) -> None:
        """Tell what each broker has, where it changed. drift: the summary of one broker."""
        for account in self._desk:
            if account.state is not AccountState.CONNECTED:
                continue
            try:
                holdings, margins = account.holdings(), account.margins()
                net = [one for one in account.positions() if one.kind is PositionKind.NET]
            except BrokerError as error:
                logger.warning("%s: %s", account.broker.title, error)
                continue
            document = holdings_document(holdings, margins, self._privacy)
            summary = drift(account.name)
            told = {**document, "drift_summary": summary} if summary else document
            self._post(SYNC_HOLDINGS, account.name, told)
            self._post(SYNC_POSITIONS, account.name, positions_document(net, self._privacy))

    def _post(self, path: str, broker: str, document: Document) -> None:
        """Send what is new, and now and then what is not; a refusal is not repeated at once."""
        at, known = self._sent.get((path, broker), (0.0, {}))
        plain = {name: value for name, value in document.items() if name != "sealed"}
        now = self._clock.monotonic()
        if known == plain and now - at < AT_LEAST_EVERY_S:
            return
        body = {"as_of": self._clock.now().isoformat(), "broker": broker, **document}
        try:
            self._cloud.post(path, body)
        except CloudDeclined as error:
            logger.warning("%s: %s", path, error)
        self._sent[path, broker] = (now, plain)
