"""Orders whose outcome only a person can tell, and the person's word on them.

The book settles what it can by itself (`following`). What is left is unclear: it is never sent
again, and stays unclear until somebody has looked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradertape_agent.desk.account import PrimaryAccount
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import DOUBTFUL, Intent, IntentKind, IntentState
from tradertape_agent.journal.signals import SignalState
from tradertape_agent.reporting import Outcome, Reporter
from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.broker_gtts import VenueGtt
from tradertape_core.orders.gtt import GttRequest

logger = logging.getLogger("tradertape_agent")


class Word(StrEnum):
    """What a person says of an unclear order."""

    PLACED = "placed"  # this trigger of the broker's list is ours
    ABSENT = "absent"  # it never reached the broker
    FILLED = "filled"
    NOT_FILLED = "not_filled"  # it reached the broker and ended without a fill


class Resolving:
    """Shows what is in doubt, and records what a person says of it."""

    def __init__(
        self, journal: Journal, account: PrimaryAccount, reporter: Reporter, clock: Clock
    ) -> None:
        self._journal = journal
        self._account = account
        self._reporter = reporter
        self._clock = clock

    def doubtful(self) -> Sequence[Intent]:
        """Return what the book is still asked about, and what is unclear."""
        return self._journal.intents.of_states(DOUBTFUL)

    def candidates(self, intent: Intent) -> list[VenueGtt]:
        """Return the triggers of the broker's list that may be this one. Raises BrokerError."""
        if intent.state is not IntentState.UNCLEAR or intent.venue_id is not None:
            return []
        gtts, request = self._account.trading.gtts, intent.request
        if gtts is None or not isinstance(request, GttRequest):
            return []
        ours = self._journal.intents.claimed()
        return [
            one
            for one in self._account.ask(gtts.list)
            if one.trigger_id not in ours
            and one.trigger_id not in intent.known_before
            and one.request.instrument == request.instrument
            and one.request.orders[0].side is request.orders[0].side
        ]

    def outcomes(self, intent: Intent) -> list[str]:
        """Return the words that fit what is known of it."""
        if intent.state is not IntentState.UNCLEAR:
            return []
        if intent.filled:
            return [Word.FILLED.value]
        if intent.venue_id is not None:
            return [Word.FILLED.value, Word.NOT_FILLED.value]
        return [Word.PLACED.value, Word.ABSENT.value]

    def resolve(
        self,
        key: str,
        word: Word,
        *,
        venue_id: str = "",
        filled: int = 0,
        average: Decimal = Decimal(0),
    ) -> Intent:
        """Record a person's word. venue_id: of the trigger that is ours; filled, average: the fill.

        Raises AgentError where the word does not fit what is known, or somebody has resolved it
        meanwhile, and BrokerError while the broker's list cannot be read.
        """
        intent = self._unclear(key)
        said, outcome = self._said(intent, word, venue_id, filled, average)
        now = self._clock.now()
        with self._journal.store.transaction():
            self._unclear(key)
            if said.venue_id and said.venue_id != intent.venue_id:
                self._demand_free(said.venue_id)
            self._journal.intents.keep(said, now)
            row = self._journal.signals.get(intent.signal_key)
            if row is not None and intent.key == intent.signal_key:
                self._reporter.report(row, outcome, said.message, said)
                if said.state in (IntentState.FILLED, IntentState.ENDED):
                    self._journal.signals.move(row.key, SignalState.ENDED, said.message, now)
        logger.warning("order %s: %s, by the user's word", key, word)
        return said

    def _unclear(self, key: str) -> Intent:
        intent = self._journal.intents.get(key)
        if intent is None:
            raise AgentError(f"there is no order {key}")
        if intent.state is IntentState.SENDING:
            raise AgentError("the broker's book is still being asked: it may settle this by itself")
        if intent.state is not IntentState.UNCLEAR:
            raise AgentError(f"it is resolved already: {intent.state}")
        return intent

    def _said(
        self, intent: Intent, word: Word, venue_id: str, filled: int, average: Decimal
    ) -> tuple[Intent, Outcome]:
        if word is Word.PLACED:
            return self._found(intent, venue_id), Outcome.PLACED
        if word is Word.ABSENT:
            if intent.venue_id is not None or intent.filled:
                raise AgentError("the broker had it: say `filled` or `not_filled`")
            message = "it never reached the broker, by the user's word"
            return replace(intent, state=IntentState.ENDED, message=message), Outcome.FAILED
        if word is Word.FILLED:
            return _filled(intent, filled, average), Outcome.FILLED
        if intent.filled:
            raise AgentError(f"{intent.filled} of it were filled: say `filled`")
        message = "it ended without a fill, by the user's word"
        return replace(intent, state=IntentState.ENDED, message=message), Outcome.CANCELLED

    def _found(self, intent: Intent, venue_id: str) -> Intent:
        if intent.kind is not IntentKind.GTT:
            raise AgentError("an order is found by its mark: say what became of it")
        if venue_id not in {one.trigger_id for one in self.candidates(intent)}:
            raise AgentError(
                f"the broker's list has no trigger {venue_id or '(none given)'} that may be this "
                "one: look at it again"
            )
        return replace(
            intent, state=IntentState.RESTING, venue_id=venue_id, looks=0, first_look_at=None,
            message="",
        )  # fmt: skip

    def _demand_free(self, venue_id: str) -> None:
        if venue_id in self._journal.intents.claimed():
            raise AgentError(f"trigger {venue_id} is another order's already: look at it again")


def _filled(intent: Intent, filled: int, average: Decimal) -> Intent:
    if not intent.filled <= filled <= intent.quantity or filled <= 0:
        least = max(intent.filled, 1)
        raise AgentError(f"say how many units were filled: {least} to {intent.quantity}")
    if average <= 0:
        raise AgentError("say the average price of the fill in rupees")
    return replace(
        intent, state=IntentState.FILLED, filled=filled, average=average,
        message="filled, by the user's word",
    )  # fmt: skip
