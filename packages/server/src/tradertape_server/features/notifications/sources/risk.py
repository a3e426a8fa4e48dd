"""Notices of risk rules, which the risk watch hands over as it makes them.

The watch forgets over a restart what it has said and says it again: a key of rule and day makes it
one notification.
"""

from __future__ import annotations

from tradertape_core.kernel.clock import IST
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.risk.watch import Notice as RiskNotice

_EVENTS = {
    "near": ("risk.near", "near its limit"),
    "breached": ("risk.breached", "limit reached"),
    "halt": ("risk.halt", "trading halted"),
}


def notice_of(risk: RiskNotice) -> Notice:
    """A notice of the risk watch as a notification."""
    event, words = _EVENTS[risk.kind]
    day = risk.at.astimezone(IST).date()
    return Notice(
        risk.user_id, event, f"risk:{risk.rule_id}:{risk.money}:{risk.kind}:{day}",
        f"{risk.rule}: {words}", risk.message, risk.at, "/", {"rule_id": risk.rule_id},
    )  # fmt: skip
