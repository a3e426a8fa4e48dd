"""From a signal to an order at the broker: decided, written down, sent once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradertape_agent.desk.account import PrimaryAccount
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import (
    UNFINISHED,
    Intent,
    IntentKind,
    IntentState,
    Request,
)
from tradertape_agent.journal.signals import SignalRow, SignalState, Verdict
from tradertape_agent.privacy.scale import Scales
from tradertape_agent.reporting import Outcome, Reporter
from tradertape_agent.stop_sales import STOP_SELLS, StopSale, StopSales
from tradertape_agent.terms import (
    Facts,
    NotPlaceable,
    fallback_instrument,
    request_of,
    whole_lots,
)
from tradertape_agent.wire import Signal
from tradertape_brokers.errors import BrokerError, NotSent, OutcomeUnknown, Refused
from tradertape_core.execution.decision import tag_for
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.gtt import GttRequest
from tradertape_core.orders.order import Order, OrderRequest, OrderStatus

logger = logging.getLogger("tradertape_agent")
KILL_SWITCH: Final = "kill_switch"  # the journal's name of this machine's own
REJECTED_HERE: Final = "rejected by the user on the agent"
_SOLD_BY_STOP: Final = "its stop at the broker has sold it"
_BUSY: Final = (*UNFINISHED, IntentState.UNCLEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What the last answer of the cloud allows; without one nothing new is placed.

    now: by the cloud's clock. kill_switch: of the cloud or of this machine.
    """

    now: datetime
    auto_execute: bool
    kill_switch: bool


class Placing:
    """Places signals with the primary account."""

    def __init__(
        self,
        journal: Journal,
        account: PrimaryAccount,
        reporter: Reporter,
        clock: Clock,
        scales: Scales,
        stop_sales: StopSales,
    ) -> None:
        self._journal = journal
        self._stop_sales = stop_sales
        self._account = account
        self._reporter = reporter
        self._clock = clock
        self._scales = scales

    def consider(self, row: SignalRow, signal: Signal, permit: Permit) -> str:
        """Place a signal, end it, or leave it waiting; returns why it waits, empty if it does not.

        Raises NotSent when the broker takes nothing at the moment.
        """
        if row.state is not SignalState.WAITING:
            return ""
        sold = self._stop_sales.of(signal)
        if sold:
            self._book(row, signal, sold)
            return ""
        ended = _end_of(row, signal, permit)
        if ended is not None:
            self._end(row, *ended)
            return ""
        why = self._why_it_waits(row, signal, permit)
        if why:
            return why
        try:
            request = self._request(signal)
        except (AgentError, NotPlaceable, Refused) as error:
            self._end(row, Outcome.FAILED, str(error))
            return ""
        self.send(row, row.key, request, is_exit=not signal.is_entry)
        return ""

    def withdraw(self, row: SignalRow, reason: str) -> None:
        """End a signal that the cloud has taken back; one that was sent is followed instead."""
        if row.state is SignalState.WAITING:
            self._end(row, Outcome.CANCELLED, f"withdrawn before it was sent: {reason}")

    def facts(self, signal: Signal) -> Facts:
        """Return what else an order of this signal depends on."""
        known = self._account.find(signal.instrument)
        last = None if known is None else self._account.last_price(known)
        return Facts(
            instrument=known or fallback_instrument(signal),
            capabilities=self._account.broker.capabilities,
            last_price=last,
        )

    def send(
        self, row: SignalRow | None, key: str, request: Request, *, is_exit: bool
    ) -> Intent | None:
        """Send once what is asked for; None if it was asked for already. row: None for an order of
        the user's own, of which the cloud is told nothing.

        It is in the journal, on disk, before it leaves. Raises NotSent when it surely did not.
        """
        intent = self._begun(row, key, request, is_exit=is_exit)
        if intent is None:
            return None
        try:
            venue_id = self._sent(intent, is_exit=is_exit)
        except NotSent:
            self._take_back(row, intent)
            raise
        except Refused as error:
            ended = replace(intent, state=IntentState.ENDED, message=str(error))
            self._keep(row, ended, Outcome.REJECTED, str(error))
            return ended
        except OutcomeUnknown as error:
            # It stays "about to send": the book tells, it is never sent again.
            self._keep(row, replace(intent, message=str(error)), Outcome.UNKNOWN, str(error))
            return intent
        placed = replace(intent, state=IntentState.RESTING, venue_id=venue_id)
        self._keep(row, placed, Outcome.PLACED, "")
        return placed

    # --- deciding -----------------------------------------------------------------------------

    def _why_it_waits(self, row: SignalRow, signal: Signal, permit: Permit) -> str:
        if permit.kill_switch and signal.is_entry:
            return "the kill switch is on"
        if not permit.auto_execute and row.decision is not Verdict.APPROVED:
            return "waits for your approval"
        if signal.lease_until is None or signal.lease_until <= permit.now:
            return "it is not leased to this agent"
        if self._is_busy(row):
            return "an earlier version of it is still at the broker"
        return STOP_SELLS if self._stop_sales.selling(signal) else ""

    def _is_busy(self, row: SignalRow) -> bool:
        others = [
            one
            for one in self._journal.signals.listed(SignalState.SENT)
            if one.signal_id == row.signal_id and one.key != row.key
        ]
        return any(
            intent.state in _BUSY
            for one in others
            for intent in self._journal.intents.of_signal(one.key)
        )

    def _request(self, signal: Signal) -> Request:
        facts = self.facts(signal)
        scale = self._scales.orders(is_scaled=signal.is_scaled)
        units = scale.units(signal.quantity)
        if units != int(units) and not scale.is_scaled:
            raise NotPlaceable(f"the quantity must be whole units, was {signal.quantity}")
        return request_of(signal, whole_lots(units, facts.instrument.lot_size), facts)

    # --- sending ------------------------------------------------------------------------------

    def _begun(
        self, row: SignalRow | None, key: str, request: Request, *, is_exit: bool
    ) -> Intent | None:
        is_gtt = isinstance(request, GttRequest)
        account = f"{self._account.name}:{self._account.user_id}"
        intent = Intent(
            key=key,
            signal_key="" if row is None else row.key,
            kind=IntentKind.GTT if is_gtt else IntentKind.ORDER,
            request=request,
            tag=tag_for(account, None, key),
            state=IntentState.SENDING,
            asked_at=self._clock.now(),
            known_before=self._triggers() if is_gtt else frozenset(),
        )
        with self._journal.store.transaction():
            if self._journal.intents.get(key) is not None:
                return None
            if self._journal.store.meta(KILL_SWITCH) and not is_exit:
                return None  # it was switched on while the prices were read
            self._journal.intents.begin(intent)
            if row is not None:
                self._journal.signals.move(row.key, SignalState.SENT, "", intent.asked_at)
        return intent

    def _triggers(self) -> frozenset[str]:
        """Ids of the triggers that rest before ours is sent: none of them can be its result."""
        gtts = self._account.trading.gtts
        if gtts is None:
            raise Refused("the broker has no trigger orders")
        return frozenset(one.trigger_id for one in self._account.ask(gtts.list))

    def _sent(self, intent: Intent, *, is_exit: bool) -> str | None:
        """Raises BrokerError. Whatever else goes wrong after the send has an unknown outcome."""
        trading = self._account.trading
        self._account.forget()
        try:
            if isinstance(intent.request, GttRequest):
                if trading.gtts is None:
                    raise Refused("the broker has no trigger orders")
                return trading.gtts.place(intent.request)
            report = trading.orders.submit(
                order_of(intent, intent.request, self._account, None), is_exit=is_exit
            )
            return None if report is None else report.venue_order_id
        except BrokerError:
            raise
        except Exception as error:
            logger.exception("the broker's answer to %s was not understood", intent.key)
            raise OutcomeUnknown(f"the broker's answer was not understood: {error}") from error

    def _take_back(self, row: SignalRow | None, intent: Intent) -> None:
        """Nothing left this machine: the signal waits again."""
        with self._journal.store.transaction():
            self._journal.intents.withdraw(intent.key)
            if row is not None and not self._journal.intents.of_signal(row.key):
                now = self._clock.now()
                self._journal.signals.move(row.key, SignalState.WAITING, "", now)

    def _keep(self, row: SignalRow | None, intent: Intent, outcome: Outcome, message: str) -> None:
        now = self._clock.now()
        with self._journal.store.transaction():
            self._journal.intents.keep(intent, now)
            if row is not None and intent.key == row.key:
                self._reporter.report(row, outcome, message, intent)
                if intent.state is IntentState.ENDED:
                    self._journal.signals.move(row.key, SignalState.ENDED, message, now)
        words = f" ({message})" if message else ""
        name = f"order {intent.key}" if row is None else f"signal {row.signal_id}"
        logger.info("%s: %s%s", name, outcome.value, words)

    def _book(self, row: SignalRow, signal: Signal, sold: list[StopSale]) -> None:
        """Report an exit of what stops have sold already: nothing is sent for it."""
        instrument = self._account.find(signal.instrument) or fallback_instrument(signal)
        units = self._scales.orders(is_scaled=signal.is_scaled).units(signal.quantity)
        wanted = whole_lots(units, instrument.lot_size)
        used = _used(sold, wanted, is_answer=signal.kind == "stop")
        if not used:
            whole = sum(one.stop.filled for one in sold)
            words = f"its stop at the broker has sold {whole} of it already"
            self._end(row, Outcome.REJECTED, words)
            return
        units = sum(one.stop.filled for one in used)
        value = sum((one.stop.filled * one.stop.average for one in used), Decimal())
        stop = replace(used[-1].stop, filled=wanted, average=value / units)
        now = self._clock.now()
        with self._journal.store.transaction():
            self._stop_sales.book(used)
            self._journal.signals.move(row.key, SignalState.ENDED, _SOLD_BY_STOP, now)
            self._reporter.report(row, Outcome.FILLED, _SOLD_BY_STOP, stop, ordered=wanted)
        logger.info("signal %s: filled (%s)", row.signal_id, _SOLD_BY_STOP)

    def _end(self, row: SignalRow, outcome: Outcome, message: str) -> None:
        now = self._clock.now()
        with self._journal.store.transaction():
            self._journal.signals.move(row.key, SignalState.ENDED, message, now)
            self._reporter.report(row, outcome, message)
        logger.info("signal %s: %s (%s)", row.signal_id, outcome.value, message)


def _end_of(row: SignalRow, signal: Signal, permit: Permit) -> tuple[Outcome, str] | None:
    """Why a signal is never placed; None if it may be."""
    if row.decision is Verdict.REJECTED:
        return Outcome.CANCELLED, REJECTED_HERE
    over = [one for one in (signal.expires_at, signal.valid_until) if one and one <= permit.now]
    if over:
        return Outcome.EXPIRED, f"it was valid until {over[0].isoformat()}"
    if signal.denials and signal.is_entry:
        return Outcome.REJECTED, "; ".join(signal.denials)
    return None


def _used(sold: list[StopSale], wanted: int, *, is_answer: bool) -> list[StopSale]:
    """The sales that an exit of so many units is of; none where it is of others.

    is_answer: it is the cloud's answer to the oldest, of which scaled units may be rounded down.
    """
    if sum(one.stop.filled for one in sold) == wanted:
        return sold
    exact = [one for one in sold if one.stop.filled == wanted]
    is_part = is_answer and 0 < wanted <= sold[0].stop.filled
    return exact[:1] or (sold[:1] if is_part else [])


def order_of(
    intent: Intent, request: OrderRequest, account: PrimaryAccount, venue_order_id: str | None
) -> Order:
    """Return an intent's order as the broker's adapter takes it."""
    return Order(
        order_id=intent.key,
        account=account.name,
        run_id=None,
        request=request,
        status=OrderStatus.PUT_REQUESTED,
        venue=account.name,
        tag=intent.tag,
        placed_at=intent.asked_at,
        updated_at=intent.asked_at,
        pending_quantity=request.quantity,
        venue_order_id=venue_order_id,
    )
