"""What the agent's own stops have sold, until the cloud's books have it.

The cloud does not know of these stops. It is told of their sales, proposes an exit of as many
units, and the exit is reported as filled by the stop: nothing is sent to the broker for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

from tradertape_agent.addresses import STOP_FILLED
from tradertape_agent.cloud import Cloud, CloudDeclined
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import Intent, IntentState
from tradertape_agent.journal.signals import SignalRow
from tradertape_agent.wire import Signal, read_signal
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import Side

logger = logging.getLogger("tradertape_agent")
STOP: Final = ":stop"
STOP_SELLS: Final = "its stop at the broker has fired, and is not over yet"
_OVER: Final = (IntentState.FILLED, IntentState.ENDED)
_SHARE_STEP: Final = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class StopSale:
    """Units that one stop has sold, and the purchase that it was for."""

    stop: Intent
    bought: SignalRow


class StopSales:
    """Reads the sales of stops from the journal, and tells the cloud of them."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def unbooked(self) -> list[StopSale]:
        """Those that the cloud's books do not have yet, the oldest first."""
        return [
            StopSale(stop, row)
            for stop, row in self._stops()
            if stop.filled and stop.state in _OVER and not self._journal.store.meta(_name(stop))
        ]

    def of(self, signal: Signal) -> list[StopSale]:
        """Those of the position that a signal is to sell."""
        return [one for one in self.unbooked() if _is_of(one.bought, signal)]

    def selling(self, signal: Signal) -> list[str]:
        """The keys of the position's stops that have fired, and whose order is not over yet."""
        return [
            stop.key
            for stop, row in self._stops()
            if stop.state is IntentState.TRIGGERED and _is_of(row, signal)
        ]

    def book(self, sales: list[StopSale]) -> None:
        """Record, in the caller's transaction, that the cloud knows of these."""
        for one in sales:
            self._journal.store.set_meta(_name(one.stop), self._clock.now().isoformat())

    def tell(self, cloud: Cloud) -> None:
        """Have the cloud propose exits for them, again until it has booked each.

        Only after all reports: one of the purchase itself may still wait, without which the cloud
        knows of no position. Raises CloudSilent or CloudRefused.
        """
        if self._journal.reports.count():
            return
        for one in self.unbooked():
            try:
                answer = cloud.post(STOP_FILLED, self._body(one)).body
            except CloudDeclined as error:
                logger.warning("the sale by %s is not booked yet: %s", one.stop.key, error)
                continue
            state = cast("Mapping[str, Any]", answer).get("state") if answer else None
            if state == "closed":
                with self._journal.store.transaction():
                    self.book([one])
                logger.info("%s: the cloud has no open position of it", one.stop.key)

    def _body(self, one: StopSale) -> dict[str, Any]:
        name = one.bought.signal_id
        bought = self._journal.intents.get(one.stop.key.removesuffix(STOP))
        whole = one.stop.quantity if bought is None else bought.filled
        share = min(Decimal(one.stop.filled) / Decimal(whole), Decimal(1)).quantize(_SHARE_STEP)
        return {
            "signal_id": int(name) if name.isdecimal() else name,
            "idempotency_key": one.bought.key,
            "filled_share": share,
            "occurred_at": self._clock.now().isoformat(),
        }

    def _stops(self) -> list[tuple[Intent, SignalRow]]:
        found: list[tuple[Intent, SignalRow]] = []
        for intent in self._journal.intents.named(STOP):
            row = self._journal.signals.get(intent.signal_key)
            if row is not None:
                found.append((intent, row))
        return found


def _is_of(bought: SignalRow, signal: Signal) -> bool:
    one = read_signal(bought.body)
    return signal.side is Side.SELL and (one.portfolio_id, one.instrument) == (
        signal.portfolio_id,
        signal.instrument,
    )


def _name(stop: Intent) -> str:
    return f"booked {stop.key}"
