"""Who trades, as the health page says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradertape_server.features.operations.service import Check
from tradertape_server.platform.processes.leading import Leading
from tradertape_server.platform.processes.redis_link import RedisLink


def trader_check(leading: Leading) -> Callable[[], Check]:
    """Whether some process trades, and which; down while none does."""

    def check() -> Check:
        facts: dict[str, Any] = {"role": leading.role, "this_process": leading.owner}
        if leading.is_leading:
            facts |= {"trader": leading.owner, "fence": leading.fence.number}
            return Check("ok", "This process trades.", facts)
        holder = leading.holder()
        if holder is None:
            return Check("stale", "No process trades: orders are refused for now.", facts)
        facts |= {"trader": holder.owner, "fence": holder.fence}
        ours = "never does" if leading.role == "web" else "stands by"
        return Check("ok", f"Another process trades; this one {ours}.", facts)

    return check


def redis_check(link: RedisLink | None, leading: Leading) -> Callable[[], Check]:
    """Whether news goes between the processes."""

    def check() -> Check:
        if link is None:
            if leading.is_leading:
                return Check("ok", "Not used.")
            return Check(
                "stale",
                "Not set: this process hears no live prices. Set TRADERTAPE_REDIS_URL in each.",
            )
        if link.is_up:
            return Check("ok", "It answers.", {"losses": link.losses})
        return Check(
            "stale", "Away: live prices stop at the trading process.", {"losses": link.losses}
        )

    return check
