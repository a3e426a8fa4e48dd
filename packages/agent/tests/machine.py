"""A user's machine: an agent with its files, signed in at a sandbox, that polls a cloud."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from packages.agent.tests.fake_cloud import KEY, FakeCloud
from packages.brokers.tests.sandboxed import TOTP_SECRET, Running

from tradertape_agent.clock import SystemClock
from tradertape_agent.config.folder import Folder, write_private
from tradertape_agent.config.settings import load
from tradertape_agent.loop import Health
from tradertape_agent.wiring import Agent, build
from tradertape_sandbox.app import open_default_account
from tradertape_sandbox.exchange.events import AccountKey
from tradertape_sandbox.wire.sessions import SANDBOX_API_KEY, SANDBOX_SECRET

_LISTS: dict[str, bytes] = {}


class Watch(SystemClock):
    """The machine's clock, which tests set forward: the broker and the cloud keep theirs."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.set_by = timedelta(0)  # the wall clock alone

    def now(self) -> datetime:
        return super().now() + self.ahead + self.set_by

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


def environment_of(running: Running) -> dict[str, str]:
    """The hosts of a sandbox, in the variables that the server reads too."""
    root = f"http://127.0.0.1:{running.port}"
    return {
        "TRADERTAPE_KITE_ROOT": root,
        "TRADERTAPE_KITE_LOGIN_ROOT": f"{root}/kite",
        "TRADERTAPE_UPSTOX_ROOT": f"{root}/upstox",
        "TRADERTAPE_GROWW_ROOT": f"{root}/groww",
    }


def configure(folder: Folder, cloud_url: str, broker: str = "kite", **changes: Any) -> None:
    """Write a configuration that trades at a sandbox."""
    document = {
        "cloud_url": cloud_url, "api_key": KEY, "primary_broker": broker, "auto_execute": True,
        "stop_loss_pct": 0, f"{broker}_api_key": SANDBOX_API_KEY,
        f"{broker}_api_secret": SANDBOX_SECRET, "poll_interval": 5, **changes,
    }  # fmt: skip
    if broker == "groww":
        document["groww_totp_secret"] = TOTP_SECRET
    write_private(folder.config, json.dumps(document).encode())


@dataclass
class Machine:
    """An agent and what it talks to."""

    agent: Agent
    cloud: FakeCloud
    running: Running
    watch: Watch
    broker: str
    files: Folder

    @property
    def exchange(self) -> Any:
        return self.running.sandbox.exchange

    @property
    def account(self) -> Any:
        """The broker's own books."""
        return self.exchange.account(AccountKey(self.broker, "SB0001"))

    def restart(self) -> None:
        """Build the agent anew from what is on disk."""
        self.agent.close()
        self.agent = _built(self.files, self.running, self.watch)

    def cycle(self) -> Health:
        self.agent.desk.primary.forget()
        return self.agent.loop.cycle()

    def triggers(self) -> list[Any]:
        """The broker's triggers that are active."""
        gtts = self.agent.desk.primary.trading.gtts
        assert gtts is not None
        return [one for one in gtts.list() if one.status.value == "active"]

    def orders(self) -> list[Any]:
        return list(self.agent.desk.primary.trading.orders.order_book())

    def price(self, value: str, instrument: str = "NSE:INFY") -> None:
        self.exchange.market.set_price(instrument, Decimal(value))

    def until_fired(self) -> None:
        """Wait until the broker has seen the price: triggers rest with it."""
        deadline = time.monotonic() + 5
        while self.triggers() and time.monotonic() < deadline:
            threading.Event().wait(0.02)

    def later(self, **terms: float) -> None:
        self.watch.ahead += timedelta(**terms)


def sign_in(agent: Agent, broker: str | None = None) -> None:
    """Sign in as a person does on the broker's page, and refresh what the cycle needs."""
    account = agent.desk.accounts[broker or agent.desk.primary.name]
    url = account.login_url(redirect_uri="http://127.0.0.1:9/callback", state="s")
    code = ""
    if url:
        back = urlsplit(httpx.get(f"{url}&auto=1").headers["location"])
        code = parse_qs(back.query)[account.broker.login.callback_parameter][0]
    account.sign_in(code, redirect_uri="http://127.0.0.1:9/callback")


@contextmanager
def machine(
    folder: Path, cloud: FakeCloud, running: Running, broker: str = "kite", **changes: Any
) -> Iterator[Machine]:
    """A machine whose agent is signed in; the account is as at the start."""
    open_default_account(running.sandbox.exchange, broker, Decimal(1_000_000))
    running.sandbox.exchange.market.set_price("NSE:INFY", Decimal(150))
    files = Folder(folder / "agent.json")
    configure(files, cloud.url, broker, **changes)
    if broker in _LISTS:  # reading a broker's list takes a second
        files.instruments.mkdir()
        (files.instruments / f"{broker}.json.gz").write_bytes(_LISTS[broker])
    watch = Watch()
    own = Machine(_built(files, running, watch), cloud, running, watch, broker, files)
    try:
        sign_in(own.agent)
        yield own
    finally:
        own.agent.close()
        kept = files.instruments / f"{broker}.json.gz"
        if kept.exists():
            _LISTS[broker] = kept.read_bytes()
        running.sandbox.faults.remove()


def _built(files: Folder, running: Running, watch: Watch) -> Agent:
    return build(load(files, {}), files, environment=environment_of(running), clock=watch)


UTC = timezone.utc
