"""The fallback stop: a trigger at the broker for a purchase that nobody else protects.

It rests at the broker, so that protection does not depend on this machine being on.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import Intent, IntentState
from tradertape_agent.placing import Placing
from tradertape_agent.stop_sales import STOP
from tradertape_agent.terms import NotPlaceable, stop_after
from tradertape_agent.wire import Signal, read_signal
from tradertape_agent.withdrawing import Withdrawing
from tradertape_brokers.errors import Refused
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import Side

logger = logging.getLogger("tradertape_agent")
_LOOKS_BACK: Final = timedelta(days=7)
_OVER: Final = (IntentState.FILLED, IntentState.ENDED)


class Stops:
    """Places missing stops, and cancels those whose position was sold."""

    def __init__(
        self,
        journal: Journal,
        placing: Placing,
        withdrawing: Withdrawing,
        clock: Clock,
        percent: Decimal,
    ) -> None:
        self._journal = journal
        self._placing = placing
        self._withdrawing = withdrawing
        self._clock = clock
        self._percent = percent

    def keep(self) -> None:
        """Do both. Raises NotSent when the broker takes nothing at the moment."""
        recent = self._journal.intents.since(self._clock.now() - _LOOKS_BACK)
        known = {one.key for one in recent}
        for intent in recent:
            if intent.key.endswith(STOP):
                self._release(intent, recent)
            elif intent.filled and intent.state in _OVER and f"{intent.key}{STOP}" not in known:
                self._protect(intent, recent)

    def _protect(self, intent: Intent, recent: list[Intent]) -> None:
        row = self._journal.signals.get(intent.signal_key)
        if row is None or not self._percent:
            return
        signal = read_signal(row.body)
        if signal.side is not Side.BUY or signal.has_stop or self._is_sold(signal, intent, recent):
            return
        try:
            facts = self._placing.facts(signal)
            request = stop_after(signal, intent.filled, intent.average, self._percent, facts)
            if facts.last_price is not None and facts.last_price <= request.trigger_values[0]:
                logger.warning(
                    "%s is at %s, below the stop of signal %s at %s: sell it by hand",
                    signal.instrument, facts.last_price, row.signal_id, request.trigger_values[0],
                )  # fmt: skip
                return
            self._placing.send(row, f"{intent.key}{STOP}", request, is_exit=True)
        except (NotPlaceable, Refused) as error:
            logger.warning("signal %s has no stop: %s", row.signal_id, error)
            return
        logger.info("signal %s: stop placed at %s", row.signal_id, request.trigger_values[0])

    def _release(self, stop: Intent, recent: list[Intent]) -> None:
        row = self._journal.signals.get(stop.signal_key)
        if row is None or stop.state is not IntentState.RESTING:
            return
        if self._is_sold(read_signal(row.body), stop, recent):
            self._withdrawing.cancel(stop.key, "its position was sold")

    def _is_sold(self, bought: Signal, since: Intent, recent: list[Intent]) -> bool:
        """Whether a later exit of the same portfolio has sold the instrument."""
        for intent in recent:
            if intent.key.endswith(STOP) or intent.asked_at <= since.asked_at or not intent.filled:
                continue
            row = self._journal.signals.get(intent.signal_key)
            sold = read_signal(row.body) if row is not None else None
            if (
                sold is not None
                and sold.side is Side.SELL
                and sold.instrument == bought.instrument
                and sold.portfolio_id == bought.portfolio_id
            ):
                return True
        return False
