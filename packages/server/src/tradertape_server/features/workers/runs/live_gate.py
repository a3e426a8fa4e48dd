"""Whether a run may trade live: the server's setting, the token's scope, the account's broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_server.features.auth.http.dependencies import require_scope
from tradertape_server.features.execution.broker_figures import BrokerFigures
from tradertape_server.features.execution.drift_watch import Drift
from tradertape_server.features.execution.errors import LiveBlocked
from tradertape_server.features.execution.live_accounts import Blocked
from tradertape_server.features.execution.orders.risk_facts import Risk
from tradertape_server.features.execution.venues.gateway import OUTSIDE
from tradertape_server.features.workers.errors import LiveDisabled
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.platform.http.identity import Identity

AT_A_BROKER = "broker"  # the venue of live runs, and the kind of their accounts
LIVE_SCOPE = "live"


class BrokerAccounts(Protocol):
    """The accounts at brokers, as `execution.live_accounts` has them."""

    def why_not(self, user_id: int, scope: str) -> Sequence[Blocked]:
        """Why an account may not trade live now, as far as memory knows."""
        ...

    def demand(self, user_id: int, scope: str) -> Sequence[Blocked]:
        """The same, after the broker was asked."""
        ...

    def is_sandbox(self, user_id: int, scope: str) -> bool:
        """Whether an account is a sandbox's."""
        ...

    def figures(self, account_id: int) -> BrokerFigures | None:
        """What the broker last said an account has."""
        ...

    def drifts(self, account_id: int) -> Sequence[Drift]:
        """Where that lastingly differs from what is recorded."""
        ...


class NoBrokers:
    """Where no broker can be connected."""

    def why_not(self, user_id: int, scope: str) -> Sequence[Blocked]:  # noqa: ARG002 - of none
        """Always the same two reasons."""
        return (
            Blocked("live_disabled", "Live trading is disabled on this server"),
            Blocked("broker_disconnected", f"No broker is connected for {scope}"),
        )

    demand = why_not

    def is_sandbox(self, user_id: int, scope: str) -> bool:  # noqa: ARG002 - of none
        """None is."""
        return False

    def figures(self, account_id: int) -> BrokerFigures | None:  # noqa: ARG002 - of none
        """None are known."""
        return None

    def drifts(self, account_id: int) -> Sequence[Drift]:  # noqa: ARG002 - of none
        """None are known."""
        return ()


NO_BROKERS = NoBrokers()


def demand_live(brokers: BrokerAccounts, caller: Identity, scope: str) -> None:
    """Raise what keeps a caller from trading an account live.

    Raises LiveDisabled, Forbidden without the token's scope, LiveBlocked.
    """
    if any(one.code == LiveDisabled.code_of_it for one in brokers.why_not(caller.id, scope)):
        raise LiveDisabled
    demand_live_scope(caller)
    reasons = brokers.demand(caller.id, scope)
    if reasons:
        raise LiveBlocked([(one.code, one.words) for one in reasons])


def demand_live_scope(caller: Identity) -> None:
    """Raise Forbidden unless a token may trade live; the owner in a browser may."""
    if caller.via != "session":
        require_scope(caller, LIVE_SCOPE)


def demand_kind(kind: str, scope: str, mode: str) -> None:
    """Raise InvalidDocument where an account's orders do not go where the run's would."""
    if mode == LIVE_SCOPE and kind != AT_A_BROKER:
        words = f"{scope} is a paper account: a live run needs an account at a broker"
        raise InvalidDocument([Problem("/account_scope", words)])
    if mode == "paper" and kind == AT_A_BROKER:
        words = f"{scope} is an account at a broker: its runs are live or dry_run"
        raise InvalidDocument([Problem("/execution_mode", words)])


def is_live(run: WorkerRun | TradingRun) -> bool:
    """Whether a run's orders go to a venue outside."""
    return run.venue in OUTSIDE


def live_risk(brokers: BrokerAccounts, run: WorkerRun | TradingRun, risk: Risk) -> Risk:
    """A run's risk with what blocks live trading now: its exits pass the gate all the same."""
    if not is_live(run):
        return risk
    reasons = brokers.why_not(run.user_id, run.account_scope)
    return replace(risk, halted=reasons[0].words) if reasons else risk
