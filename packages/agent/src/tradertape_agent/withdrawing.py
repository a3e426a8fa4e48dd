"""Cancels orders and triggers at the broker: those that the cloud names, and stops without use."""

from __future__ import annotations

import logging

from tradertape_agent.desk.account import PrimaryAccount
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import Intent, IntentKind, IntentState
from tradertape_agent.placing import order_of
from tradertape_brokers.errors import OutcomeUnknown, Refused
from tradertape_core.orders.order import OrderRequest

logger = logging.getLogger("tradertape_agent")


class Withdrawing:
    """Asks the primary broker to cancel; what became of it is read from its book afterwards."""

    def __init__(self, journal: Journal, account: PrimaryAccount) -> None:
        self._journal = journal
        self._account = account

    def cancel(self, key: str, reason: str) -> bool:
        """Ask once; whether there is something to cancel. Asking again is harmless.

        Raises NotSent when the broker takes nothing at the moment.
        """
        intent = self._journal.intents.get(key)
        if intent is None or intent.venue_id is None:
            return False
        if intent.state not in (IntentState.RESTING, IntentState.TRIGGERED):
            return False
        try:
            self._account.ask(lambda: self._ask(intent))
        except (OutcomeUnknown, Refused) as error:
            # Filled, cancelled or unclear: the book tells.
            logger.warning("cancelling %s (%s): %s", key, reason, error)
            return True
        logger.info("cancelled %s at the broker: %s", key, reason)
        return True

    def _ask(self, intent: Intent) -> None:
        trading = self._account.trading
        if intent.kind is IntentKind.GTT and intent.state is IntentState.RESTING:
            if trading.gtts is not None and intent.venue_id is not None:
                trading.gtts.cancel(intent.venue_id)
            return
        request = intent.request
        order_id = intent.venue_id if isinstance(request, OrderRequest) else intent.order_id
        if order_id is not None:
            plain = request if isinstance(request, OrderRequest) else request.orders[0]
            trading.orders.cancel(order_of(intent, plain, self._account, order_id), 1)
