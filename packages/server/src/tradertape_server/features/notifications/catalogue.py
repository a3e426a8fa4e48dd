"""The events that people can be notified of. A new event is one line here and its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "critical"]
Mode = Literal["off", "digest", "now"]
CRITICAL: Severity = "critical"


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event. by_default: when it is sent to a channel, unless a person chose otherwise.

    A critical event is sent in quiet hours too.
    """

    name: str
    group: str
    title: str
    severity: Severity = "info"
    by_default: Mode = "now"


TEST = EventKind("test", "Notifications", "Test message")

_KINDS = (
    EventKind("signal.awaiting_approval", "Signals", "Signal awaits approval", "warning"),
    EventKind("signal.placed", "Signals", "Signal placed", by_default="off"),
    EventKind("signal.failed", "Signals", "Signal could not be placed", "warning"),
    EventKind("signal.expired", "Signals", "Signal expired", by_default="digest"),
    EventKind("webhook.alert", "Signals", "Alert received by an incoming webhook"),
    EventKind("webhook.refused", "Signals", "Incoming webhook refused", "warning"),
    EventKind("scan.finished", "Signals", "Scan result", by_default="digest"),
    EventKind("scan.failed", "Signals", "Scan failed", "warning"),
    EventKind("order.filled", "Orders", "Fill"),
    EventKind("order.rejected", "Orders", "Order rejected by the broker or exchange", "critical"),
    EventKind("order.denied", "Orders", "Order denied by safety or risk rules", "warning"),
    EventKind("order.cancelled", "Orders", "Order cancelled", by_default="off"),
    EventKind("order.in_doubt", "Orders", "Outcome of an order unknown", "critical"),
    EventKind("basket.broken", "Orders", "Leg of a basket failed", "critical"),
    EventKind("action.set_aside", "Orders", "Action failed and was set aside", "critical"),
    EventKind("gtt.triggered", "GTTs", "GTT triggered"),
    EventKind("gtt.expired", "GTTs", "GTT expired", "warning"),
    EventKind("gtt.disabled", "GTTs", "GTT disabled: nothing waits any more", "critical"),
    EventKind("gtt.rejected", "GTTs", "GTT rejected by the broker", "critical"),
    EventKind("position.closed", "Positions", "Position closed"),
    EventKind("position.settled", "Positions", "Contract expired and settled"),
    EventKind("exit.requested", "Positions", "Exit requested"),
    EventKind("exit.done", "Positions", "Exit complete"),
    EventKind("exit.failed", "Positions", "Exit failed", "critical"),
    EventKind("protection.triggered", "Risk", "Stop, target or other protection fired", "warning"),
    EventKind("protection.done", "Risk", "Protection exit complete"),
    EventKind("protection.failed", "Risk", "Protection exit failed", "critical"),
    EventKind("protection.unarmed", "Risk", "Positions without protection", "critical"),
    EventKind("risk.near", "Risk", "Risk rule near its limit", "warning"),
    EventKind("risk.breached", "Risk", "Limit of a risk rule reached", "critical"),
    EventKind("risk.halt", "Risk", "Trading halted by a risk rule", "critical"),
    EventKind("kill_switch.on", "Risk", "Kill switch on", "critical"),
    EventKind("kill_switch.off", "Risk", "Kill switch off", "warning"),
    EventKind("broker.login_needed", "Brokers", "Broker login needed before the market opens"),
    EventKind("broker.session_expiring", "Brokers", "Broker session expires soon", "warning"),
    EventKind("broker.session_expired", "Brokers", "Broker session expired", "critical"),
    EventKind("agent.offline", "Brokers", "Trading agent offline", "warning"),
    EventKind("reconciliation.drift", "Brokers", "Books differ from the broker's", "warning"),
    EventKind("prices.stale", "Data", "Live prices have stopped", "critical"),
    EventKind("prices.back", "Data", "Live prices have resumed"),
)

CATALOGUE: dict[str, EventKind] = {one.name: one for one in (*_KINDS, TEST)}
CHOOSABLE = _KINDS
