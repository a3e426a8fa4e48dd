"""What the cloud is told of a signal: queued with what it reports, sent in order, once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tradertape_agent.addresses import SIGNAL_RESULT
from tradertape_agent.cloud import Cloud, CloudDeclined
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import Intent, IntentKind
from tradertape_agent.journal.signals import SignalRow
from tradertape_agent.privacy.scale import Scales
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.python310 import StrEnum

logger = logging.getLogger("tradertape_agent")
_LONGEST_MESSAGE: Final = 500
_NOT_SCALED: Final = "obfuscation_required"
_ORDERED: Final = "ordered_quantity"  # in the journal alone
_SHARE_STEP: Final = Decimal("1e-12")


class Outcome(StrEnum):
    """The cloud's words for what became of a signal."""

    PLACED = "placed"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Reporter:
    """Writes reports into the journal, in the transaction of what they report.

    The journal has real figures: they are scaled when the report leaves, as the account is then.
    """

    def __init__(self, journal: Journal, broker: str, clock: Clock) -> None:
        self._journal = journal
        self._broker = broker
        self._clock = clock

    def report(
        self,
        row: SignalRow,
        outcome: Outcome,
        message: str = "",
        intent: Intent | None = None,
        *,
        ordered: int | None = None,
    ) -> None:
        """Queue one report. message: the reason in words, where there is one. ordered: the units
        that the signal was for, where the intent was for others."""
        now = self._clock.now()
        body: dict[str, Any] = {
            "signal_id": _number_or_text(row.signal_id),
            "version": row.version,
            "idempotency_key": row.key,
            "outcome": outcome.value,
            "broker": self._broker,
            "message": message[:_LONGEST_MESSAGE] or None,
            "occurred_at": now.isoformat(),
            "scaled": bool(row.body.get("scaled")),
        }
        if intent is not None:
            body.update(_of_intent(intent, intent.quantity if ordered is None else ordered))
        self._journal.reports.add(SIGNAL_RESULT, body, now)


def _of_intent(intent: Intent, ordered: int) -> dict[str, Any]:
    is_gtt = intent.kind is IntentKind.GTT
    found: dict[str, Any] = {
        "gtt_id": intent.venue_id if is_gtt else None,
        "order_id": intent.order_id if is_gtt else intent.venue_id,
    }
    if intent.filled:
        found["filled_quantity"] = intent.filled
        found[_ORDERED] = ordered
        found["average_price"] = intent.average
    return found


def _number_or_text(text: str) -> int | str:
    """The cloud's ids are numbers: it gets them back as it sent them."""
    return int(text) if text.isdecimal() else text


class Replay:
    """Sends what is queued, the oldest first; the first that does not get through stops it."""

    def __init__(self, journal: Journal, cloud: Cloud, clock: Clock, scales: Scales) -> None:
        self._journal = journal
        self._cloud = cloud
        self._clock = clock
        self._scales = scales

    def send_waiting(self) -> int:
        """Return how many the cloud took. Raises CloudSilent or CloudRefused."""
        sent = 0
        while waiting := self._journal.reports.waiting():
            for report in waiting:
                try:
                    self._cloud.post(report.path, self._body(report.body))
                except CloudDeclined as error:
                    if error.code == _NOT_SCALED:  # it was switched on a moment ago
                        self._journal.reports.failed(report.number, str(error))
                        return sent
                    self._declined(report.number, error)
                    continue
                except Exception as error:
                    self._journal.reports.failed(report.number, str(error))
                    raise
                self._journal.reports.taken(report.number, self._clock.now())
                sent += 1
        return sent

    def _declined(self, number: int, error: CloudDeclined) -> None:
        """It would be refused again: the next ones must not wait for it for ever."""
        logger.error("a report was refused by the cloud: %s", error)
        self._journal.reports.taken(number, self._clock.now(), str(error))

    def _body(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """A report as it leaves: scaled if its signal was, or if the account is now."""
        is_of_scaled = bool(stored.get("scaled"))
        scale = self._scales.reports(is_scaled=is_of_scaled)
        body = {
            **stored, "scaled": scale.is_scaled, "factor_id": scale.factor_id,
            "message": scale.text(str(stored["message"])) if stored.get("message") else None,
        }  # fmt: skip
        for name in ("gtt_id", "order_id"):
            if stored.get(name):
                body[name] = scale.identifier(str(stored[name]))
        ordered, filled = body.pop(_ORDERED, None), stored.get("filled_quantity")
        if filled is None:
            return body
        average = Decimal(str(stored["average_price"]))
        if ordered and scale.is_scaled and not is_of_scaled:
            # The cloud knows the real size of this order: a scaled figure would tell the factor.
            del body["filled_quantity"]
            body["filled_share"] = (Decimal(filled) / Decimal(ordered)).quantize(_SHARE_STEP)
            body["average_price"] = average
        else:
            body["filled_quantity"] = scale.to_cloud(Decimal(str(filled)))
            body["average_price"] = scale.price_to_cloud(average)
        return body
