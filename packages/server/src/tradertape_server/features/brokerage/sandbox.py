"""The sandbox that comes with the server: one for everybody, with an account for each person.

Its accounts are in its memory. When it is started anew, or the server is, they begin anew: the
sessions of before are ended at once, with words that say so. A server that is built anew for
another market keeps the sandbox that runs, and its accounts with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Protocol

import httpx

from tradertape_brokers import registry
from tradertape_server.features.brokerage.accounts import Addresses, Environment
from tradertape_server.features.brokerage.sandbox_process import SandboxFailed, Serving
from tradertape_server.platform.logging import get_logger

ENDED = (
    "The sandbox has ended and its accounts with it: connect again to get a new one with the money "
    "and shares of the start."
)
_ANSWERS_WITHIN_S = 10.0

logger = get_logger(__name__)


class Process(Protocol):
    """What starts and ends the sandbox: `sandbox_process.SandboxProcess`.

    restarted: called after it ended unasked, with the new one or None.
    """

    restarted: Callable[[Serving | None], None]

    @property
    def serving(self) -> Serving | None:
        """The sandbox that answers now."""
        ...

    @property
    def is_installed(self) -> bool:
        """Whether there is a sandbox to start."""
        ...

    def start(self) -> Serving:
        """Start it unless it runs. Raises SandboxFailed."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxApp:
    """A person's program at one broker of the sandbox."""

    user_id: str
    api_key: str
    secret: str
    redirect_url: str = ""
    postback_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxState:
    """What there is of a sandbox. problem: why it cannot be started, in words for people.

    since: when it began, if this server started it.
    """

    is_available: bool
    is_built_in: bool
    problem: str = ""
    url: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that outlives the server that started it. users: who has accounts there."""

    process: Process
    serving: Serving
    users: frozenset[int]


# The account of a sandbox that is not ours to set up, as it prints it.
PRINTED = SandboxApp(user_id="SB0001", api_key="sandbox", secret="sandbox-secret")  # noqa: S106


class Sandbox:
    """Starts the sandbox on demand, and sets a person's accounts up. Any thread may call it.

    secret_of: a person's API secret, the same after every start, so that what a browser has stored
    stays right. external_url: one that runs elsewhere; then none is started. is_alone: whether this
    is the only process of the server. callback: the address that a broker's login page returns to,
    and postback: the one for order updates, by the broker's name. expire: ends all its sessions.
    """

    def __init__(
        self,
        make_process: Callable[[Callable[[Serving | None], None]], Process],
        addresses: Addresses,
        expire: Callable[[Environment, str], None],
        secret_of: Callable[[int], str],
        *,
        callback: Callable[[str], str],
        postback: Callable[[str], str],
        external_url: str = "",
        is_alone: bool = True,
    ) -> None:
        self._process = make_process(self._restarted)
        self._addresses, self._expire, self._secret_of = addresses, expire, secret_of
        self._callback, self._postback = callback, postback
        self._external_url, self._is_alone = external_url, is_alone
        self._users: set[int] = set()
        self._lock = threading.Lock()
        self._is_handed_on = False
        self.is_for_everybody = False  # a demo; otherwise administrators start it

    def open(self) -> None:
        """End the sessions of a sandbox that ended with an earlier start of the server."""
        if self._is_alone and not self._external_url and self._process.serving is None:
            self._expire(Environment.SANDBOX, ENDED)

    def close(self) -> None:
        """End the sandbox, unless it was handed on."""
        if not self._is_handed_on:
            self._process.stop()

    def hand_on(self) -> RunningSandbox | None:
        """Let the sandbox run on for the server that is built next; None where none runs."""
        serving = self._process.serving
        if serving is None:
            return None
        self._is_handed_on = True
        self._process.restarted = lambda _serving: None
        with self._lock:
            return RunningSandbox(self._process, serving, frozenset(self._users))

    def take_over(self, running: RunningSandbox) -> None:
        """Use the sandbox of the server before this one, with its accounts and sessions."""
        self._process = running.process
        with self._lock:
            self._users = set(running.users)
        running.process.restarted = self._restarted
        serving = running.process.serving
        if serving is None or serving != running.serving:  # it ended between the two servers
            self._restarted(serving)
        else:
            self._addresses.use_sandbox(serving.url)

    @property
    def state(self) -> SandboxState:
        """What there is, and whether it runs."""
        if self._external_url:
            return SandboxState(is_available=True, is_built_in=False, url=self._external_url)
        problem = self._problem
        serving = self._process.serving
        return SandboxState(
            is_available=not problem,
            is_built_in=True,
            problem=problem,
            url=serving.url if serving else None,
            since=serving.since if serving else None,
        )

    def account_of(self, user_id: int) -> str | None:
        """The name of a person's account, the same at every broker; None before it is set up."""
        with self._lock:
            return _account(user_id) if user_id in self._users else None

    def set_up(self, user_id: int, broker: str) -> SandboxApp:
        """Start the sandbox unless it runs, and set a person's accounts up unless they exist.

        Returns the program at one of the brokers; there are accounts at all of them afterwards.
        Raises SandboxFailed.
        """
        if self._external_url:
            return self._of_external(user_id, broker)
        if self._problem:
            raise SandboxFailed(self._problem)
        serving = self._process.start()
        for name in registry.names():
            register(serving.url, name, self._app(user_id, name))
        with self._lock:
            self._users.add(user_id)
        self._addresses.use_sandbox(serving.url)
        return self._app(user_id, broker)

    @property
    def _problem(self) -> str:
        if not self._is_alone:
            return (
                "This server has several processes, which cannot share a sandbox of one of them. "
                "Run `tradertape sandbox serve` and set TRADERTAPE_SANDBOX_URL for all of them."
            )
        if not self._process.is_installed:
            return "The sandbox is not installed: install the package tradertape-sandbox."
        return ""

    def _app(self, user_id: int, broker: str) -> SandboxApp:
        return SandboxApp(
            user_id=_account(user_id),
            api_key=f"sandbox-{user_id}",
            secret=self._secret_of(user_id),
            redirect_url=self._callback(broker),
            postback_url=self._postback(broker),
        )

    def _of_external(self, user_id: int, broker: str) -> SandboxApp:
        """An account of one's own where we may set one up, else the one that it prints."""
        try:
            for name in registry.names():
                register(self._external_url, name, self._app(user_id, name))
        except NotAllowed:
            return PRINTED
        with self._lock:
            self._users.add(user_id)
        return self._app(user_id, broker)

    def _restarted(self, serving: Serving | None) -> None:
        """After the sandbox ended unasked: with a new one, or without."""
        self._expire(Environment.SANDBOX, ENDED)
        with self._lock:
            users = tuple(self._users)
            if serving is None:
                self._users.clear()
        self._addresses.use_sandbox(serving.url if serving else None)
        if serving is None:
            return
        try:
            for user_id, broker in product(users, registry.names()):
                register(serving.url, broker, self._app(user_id, broker))
        except SandboxFailed as error:  # it has ended again: its watcher sees to that
            logger.warning("accounts of the sandbox not set up", problem=str(error))


def _account(user_id: int) -> str:
    return f"SB{user_id:04d}"


class NotAllowed(SandboxFailed):
    """The sandbox takes no programs from this machine."""


def register(url: str, broker: str, app: SandboxApp) -> None:
    """Register a program at the sandbox's admin door. Raises SandboxFailed."""
    body = {
        "user_id": app.user_id,
        "secret": app.secret,
        "redirect_url": app.redirect_url,
        "postback_url": app.postback_url,
    }
    address = f"{url.rstrip('/')}/admin/apps/{broker}/{app.api_key}"
    try:
        answer = httpx.put(address, json=body, timeout=_ANSWERS_WITHIN_S, trust_env=False)
    except httpx.HTTPError as error:
        raise SandboxFailed(f"The sandbox at {url} does not answer: {error}.") from error
    if answer.status_code in (401, 403, 404):
        raise NotAllowed(f"The sandbox at {url} takes no new accounts from this machine.")
    if not answer.is_success:
        raise SandboxFailed(f"The sandbox at {url} refused the account: {answer.text[:200]}")
