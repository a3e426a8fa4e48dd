"""Why something does not work: each check is one question of the troubleshooting page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from tradertape_agent import __version__
from tradertape_agent.addresses import CONFIG, PENDING_SIGNALS
from tradertape_agent.agent import Agent
from tradertape_agent.cloud import CloudSilent
from tradertape_agent.desk.account import Account
from tradertape_agent.errors import AgentError, NotConnected
from tradertape_agent.loop import LAST_POLL
from tradertape_agent.placing import KILL_SWITCH
from tradertape_agent.preflight import address_problem
from tradertape_agent.reconciling.reconciler import CYCLES_TO_FLAG
from tradertape_agent.runlock import is_held
from tradertape_agent.wire import Malformed, moment, read_poll
from tradertape_brokers.errors import BrokerError, RateLimited, SessionExpired

_LATE_POLLS, _LATE_S = 4, 120
_OTHER_PROGRAMS = "Close other programs that use the same API key"
_MOST_SKEW_S = 30.0
_SLOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer. error: None where all is well. is_fatal: nothing works before it is mended."""

    about: str
    words: str
    error: AgentError | None = None
    is_fatal: bool = True


def examine(agent: Agent) -> Iterator[Finding]:
    """Ask everything, in the order in which things depend on each other."""
    cloud = _cloud(agent)
    yield cloud
    for account in agent.desk:
        finding = _broker(account)
        yield finding
        if finding.error is None:
            yield _speed(agent, account)
    yield from _address(agent)
    if cloud.error is None:
        yield from _signals(agent)
    yield from _machine(agent)


def _cloud(agent: Agent) -> Finding:
    url = agent.settings.cloud_url
    try:
        agent.cloud.get(CONFIG)
    except CloudSilent as error:
        return _bad("cloud", f"{error}. Is cloud_url right? Try `curl {url}/api/auth/me`", error)
    except AgentError as error:
        return _bad("cloud", str(error), error)
    return Finding("cloud", f"{url} knows the key")


def _broker(account: Account) -> Finding:
    about = f"broker {account.name}"
    try:
        account.sign_in_if_unattended()
        account.check()
    except (BrokerError, NotConnected) as error:
        words = f"Broker not connected: {error}. {_remedy(account, error)}"
        return _bad(about, words, NotConnected(words), is_fatal=account.is_primary)
    role = "executes signals" if account.is_primary else "read only"
    return Finding(about, f"signed in as {account.user_id}, {role}")


def _speed(agent: Agent, account: Account) -> Finding:
    """Each page asks the broker: one that answers slowly, or limits the calls, makes it slow."""
    about, began = f"speed of {account.name}", agent.clock.monotonic()
    try:
        account.forget()
        account.holdings()
        account.positions()
    except RateLimited as error:
        return _note(about, f"{error}: it limits the calls of your app. {_OTHER_PROGRAMS}")
    except BrokerError as error:
        return _note(about, f"holdings cannot be read: {error}")
    taken_s = agent.clock.monotonic() - began
    if taken_s < _SLOW_S:
        return Finding(about, f"holdings and positions in {taken_s:.1f} s")
    return _note(
        about,
        f"holdings and positions took {taken_s:.1f} s: the broker is slow or limits the calls of "
        f"your app, and the UI is as slow. {_OTHER_PROGRAMS}",
    )


def _address(agent: Agent) -> Iterator[Finding]:
    """Whether orders are taken from this machine's address, where a session can ask."""
    primary, about = agent.desk.primary, "address"
    try:
        words = address_problem(primary, agent.clock)
    except BrokerError:
        return
    if words:
        rule = primary.broker.capabilities.address_rule
        problem = f"{primary.broker.title} takes no orders from this machine: {words}. {rule}"
        yield _bad(about, problem, AgentError(problem))
    else:
        yield Finding(about, f"{primary.broker.title} takes orders from this machine's address")


def _remedy(account: Account, error: Exception) -> str:
    if not account.broker.login.has_page:
        return (
            f"Run `tradertape-agent configure --broker {account.name}` if its credentials changed"
        )
    if isinstance(error, SessionExpired):
        return (
            f"Open the agent's UI, Brokers, {account.broker.title}, Login: sessions end every day"
        )
    return "Is the network there, and is this machine's address registered with the broker?"


def _signals(agent: Agent) -> Iterator[Finding]:
    answer = agent.cloud.get(CONFIG).body
    config: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    rows = config.get("portfolios")
    portfolios = cast("list[Mapping[str, Any]]", rows) if isinstance(rows, list) else []
    if not portfolios:
        yield _note(
            "portfolios",
            "the cloud has none that this agent executes: choose the agent for a portfolio, and "
            "check that the key is of the account that owns it",
        )
    for one in portfolios:
        yield _portfolio(one)
    yield _pending(agent)
    if config.get("kill_switch"):
        yield _note("kill switch", "it is on in the cloud: no entry is placed")
    yield _clock(agent, config)


def _portfolio(one: Mapping[str, Any]) -> Finding:
    about = f"portfolio {one.get('name') or one.get('id')}"
    if one.get("status") not in (None, "active"):
        return _note(about, f"it is {one['status']}, not active: its strategy raises no signals")
    if not one.get("auto_place_signals"):
        words = "auto_place_signals is off: signals come here once you move them to the cart"
        return Finding(about, words)
    return Finding(about, "active, its signals are placed automatically")


def _pending(agent: Agent) -> Finding:
    try:
        poll = read_poll(agent.cloud.get(PENDING_SIGNALS, v="2").body)
    except (AgentError, Malformed) as error:
        return _bad("signals", str(error), AgentError(str(error)))
    return Finding("signals", f"{len(poll.items)} pending in the cloud for this agent")


def _clock(agent: Agent, config: Mapping[str, Any]) -> Finding:
    theirs = moment(config.get("server_time"))
    ours: datetime = agent.clock.now()
    if theirs is None:
        return Finding("clock", "the cloud does not tell its time")
    skew = (ours - theirs).total_seconds()
    if abs(skew) > _MOST_SKEW_S:
        words = f"this machine's clock is {skew:+.0f} s from the cloud's: one-time codes will fail"
        return _note("clock", words)
    return Finding("clock", f"{skew:+.1f} s from the cloud's")


def _machine(agent: Agent) -> Iterator[Finding]:
    if agent.journal.store.meta(KILL_SWITCH):
        yield _note("kill switch", "it is on here: `tradertape-agent kill --off` allows entries")
    if agent.settings.auto_execute:
        yield Finding(
            "auto-execute",
            "on: every signal is placed without asking. An order that you did not want comes from "
            "its strategy: turn this off in Settings, tighten the strategy, turn it on again",
        )
    yield from _drift(agent)
    unclear = agent.journal.intents.unclear()
    for one in unclear:
        yield _note(f"order {one.key}", one.message)
    if not is_held(agent.folder.lock):
        yield _note("agent", f"version {__version__} is not running: start `tradertape-agent`")
        return
    last = moment(agent.journal.store.meta(LAST_POLL))
    late_s = (agent.clock.now() - last).total_seconds() if last else None
    due_s = max(_LATE_POLLS * agent.settings.poll_interval_s, _LATE_S)
    if late_s is None or late_s > due_s:
        yield _note("agent", "it runs and does not reach the cloud: see `tradertape-agent logs`")
        return
    yield Finding("agent", f"version {__version__} runs; its last poll was {late_s:.0f} s ago")


def _drift(agent: Agent) -> Iterator[Finding]:
    """Differences that the running agent has seen in several comparisons."""
    now = agent.clock.now()
    rows = agent.journal.store.rows(
        "SELECT * FROM drift WHERE cycles >= ? ORDER BY symbol", CYCLES_TO_FLAG
    )
    found = [
        f"{row['symbol']} {row['difference']:+d}"
        for row in rows
        if not agent.ignores.covers(row["symbol"], row["difference"], now)
    ]
    if found:
        yield _note(
            "reconciliation",
            f"the broker differs from the books in {', '.join(found)}: import your tradebooks "
            "(Uploads), or adopt, write off or ignore each under Reconciliation",
        )


def _bad(about: str, words: str, error: AgentError, *, is_fatal: bool = True) -> Finding:
    return Finding(about, words, error, is_fatal)


def _note(about: str, words: str) -> Finding:
    return Finding(about, words, AgentError(words), is_fatal=False)
