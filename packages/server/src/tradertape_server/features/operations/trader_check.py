"""Checks of the trading process and of Redis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tradertape_server.features.operations.service import Check
from tradertape_server.platform.processes.trader_election import TraderElection

if TYPE_CHECKING:
    from tradertape_server.platform.processes.redis_link import RedisLink


def trader_check(election: TraderElection) -> Callable[[], Check]:
    """Whether some process trades, and which; down while none does."""

    def check() -> Check:
        facts: dict[str, Any] = {"role": election.role, "this_process": election.owner}
        if election.is_trader:
            facts |= {"trader": election.owner, "fence": election.fence.number}
            return Check("ok", "This process trades.", facts)
        holder = election.holder()
        if holder is None:
            return Check("stale", "No process trades: orders are refused for now.", facts)
        facts |= {"trader": holder.owner, "fence": holder.fence}
        ours = "never does" if election.role == "web" else "is on standby"
        return Check("ok", f"Another process trades; this one {ours}.", facts)

    return check


def redis_check(link: RedisLink | None, election: TraderElection) -> Callable[[], Check]:
    """Whether prices and events go between the processes."""

    def check() -> Check:
        if link is None:
            if election.is_trader:
                return Check("ok", "Not used.")
            return Check(
                "stale",
                "Not set: this process gets no live prices. Set TRADERTAPE_REDIS_URL in each.",
            )
        if link.is_up:
            return Check("ok", "It is reachable.", {"losses": link.losses})
        return Check(
            "stale",
            "Unreachable: only the trading process has live prices.",
            {"losses": link.losses},
        )

    return check
