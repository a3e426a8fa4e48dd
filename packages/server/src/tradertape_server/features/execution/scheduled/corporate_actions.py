"""Splits, bonuses, consolidations and dividends reach what is held, each once.

From midnight (IST) of its ex date an action changes the positions with units from before, in one
transaction with what depends on their price: resting orders and triggers from before end, as they
do at the exchange and at brokers, and protections move. A position remembers what it has been
through, so a second look, or a stop between two positions, changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Protocol

from tradertape_core.execution import engine
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import grouped, inr
from tradertape_core.ledger.corporate import CashDividend, CorporateAction, is_touched
from tradertape_core.ledger.hand_actions import is_applied
from tradertape_core.ledger.journal import Book, post_action, post_dividend
from tradertape_core.ledger.position import Position
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.orders.codec import to_document
from tradertape_core.orders.commands import CancelOrder
from tradertape_core.orders.gtt import GttStatus
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.gtt.gtt_commands import GttCommands
from tradertape_server.features.execution.scheduled.attempts import Attempts, for_each_account
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command, VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.market.corporate_facts import Payment, Rescaling
from tradertape_server.platform.logging import get_logger

EVERY = timedelta(seconds=30)
ADJUSTED, PAID = "position_adjusted", "dividend_paid"

Also = Callable[[UnitOfWork, CorporateAction, int | None], None]

logger = get_logger(__name__)


class Facts(Protocol):
    """What is known of corporate actions."""

    @property
    def version(self) -> str: ...

    def rescalings(self, symbols: Collection[str], until: date) -> Sequence[Rescaling]: ...

    def payments(self, symbols: Collection[str], until: date) -> Sequence[Payment]: ...


def _nothing_else(_uow: UnitOfWork, _action: CorporateAction, _account: int | None) -> None:
    """What a server without protections does besides."""


@dataclass(slots=True)
class CorporateActions:
    """A chore: looks once a day, and whenever the data set changes.

    also: what else a change of units moves, within the same transaction; of one account, or of all.
    """

    service: ExecutionService
    facts: Facts
    also: Also = _nothing_else
    _looked: datetime | None = None
    _done: tuple[date, str] | None = field(default=None)
    _is_done: bool = True  # nothing of the look that is under way has failed

    def __call__(self, now: datetime) -> None:
        """Bring everything that is open up to today."""
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return
        self._looked = now
        today = now.astimezone(IST).date()
        due = (today, self.facts.version)
        if due != self._done:
            self._is_done = True
            self._bring_up_to(today)
            self._done = due if self._is_done else None

    def _bring_up_to(self, today: date) -> None:
        open_ones = self._open_instruments()
        symbols = {symbol for symbol, _ in open_ones}
        for rescaling in self.facts.rescalings(symbols, today):
            for symbol, instrument in open_ones:
                if symbol == rescaling.symbol:
                    self._attempt(
                        rescaling.action_id,
                        instrument,
                        partial(self._adjust, rescaling, instrument, today),
                    )
        for payment in self.facts.payments(symbols, today):
            for symbol, instrument in open_ones:
                if symbol == payment.symbol and not instrument.is_derivative:
                    dividend = _dividend(payment, instrument)
                    self._attempt(payment.action_id, instrument, partial(self._pay, dividend))

    def _attempt(self, action_id: str, instrument: Instrument, work: Callable[[], None]) -> None:
        attempts = Attempts(self.service.trader.quarantine)
        if not attempts.attempt(f"{action_id} of {instrument.id}", work):
            self._is_done = False

    def _adjust(self, rescaling: Rescaling, instrument: Instrument, today: date) -> None:
        action = self._action(rescaling, instrument, today)
        adjust = partial(Adjust, action, rescaling.kind, self.service.gtt, self.also)
        self._do(rescaling.action_id, instrument.id, adjust)

    def _pay(self, dividend: CashDividend) -> None:
        self._do(dividend.action_id, dividend.instrument, partial(pay_command, dividend))

    def _open_instruments(self) -> list[tuple[str, Instrument]]:
        """Shares, and futures on shares, with the symbol of the share."""
        names = {position.key.instrument for position in self.service.positions(open_only=True)}
        names |= {order.request.instrument for order in self.service.orders(open_only=True)}
        names |= self.service.gtt.triggers.instruments
        found: list[Instrument] = self.service.trader.execute(
            Command(lambda uow: [one for name in sorted(names) if (one := uow.find(name))])
        )
        return [(symbol, one) for one in found if (symbol := _symbol(one)) is not None]

    def _action(self, rescaling: Rescaling, instrument: Instrument, today: date) -> CorporateAction:
        action = CorporateAction(
            action_id=rescaling.action_id,
            instrument=instrument.id,
            ex_date=rescaling.ex_date,
            new=rescaling.new,
            old=rescaling.old,
        )
        price = self._price_after(action, today)
        return CorporateAction(
            action_id=action.action_id, instrument=action.instrument, ex_date=action.ex_date,
            new=action.new, old=action.old, in_lieu_price=price,
        )  # fmt: skip

    def _price_after(self, action: CorporateAction, today: date) -> Decimal | None:
        """What a fraction of a unit is paid at: the last price, on the basis after the action."""
        tick = self.service.market.tick(action.instrument)
        if tick is None:
            return None
        seen = (tick.exchange_at or tick.at).astimezone(IST).date()
        is_before = seen < action.ex_date <= today
        return action.price(tick.last_price) if is_before else tick.last_price

    def _do(
        self, what: str, instrument: str, command: Callable[[int | None], Command[int]]
    ) -> None:
        changed, is_done = for_each_account(self.service, what, instrument, command)
        if not is_done:
            self._is_done = False
        if changed:
            logger.info("corporate action", changed=changed)


class Adjust(VenueCommand[int]):
    """Carry an action through everything that paper accounts have open in its instrument, and
    through shares at brokers; how many positions it changed. account_id: of one account alone."""

    __slots__ = ("_account_id", "_action", "_also", "_changed", "_gtts", "_kind")

    def __init__(
        self,
        action: CorporateAction,
        kind: str,
        gtts: GttCommands,
        also: Also,
        account_id: int | None = None,
    ) -> None:
        super().__init__()
        self._account_id = account_id
        self._action = action
        self._kind = kind
        self._gtts = gtts
        self._also = also
        self._changed = 0

    def decide(self, uow: UnitOfWork) -> None:
        action, kind = self._action, self._kind
        for order in uow.paper_orders_in(action.instrument, self._account_id):
            is_before = order.placed_at.astimezone(IST).date() < action.ex_date
            if is_before and not order.slices and not order.in_doubt:
                asked = CancelOrder(order_id=order.order_id, reason=CancelReason.VENUE)
                uow.record(engine.cancel(asked, order, uow.now))
        why = f"{kind} {action.new}:{action.old}"
        self._gtts.end_all(
            uow,
            action.instrument,
            GttStatus.DISABLED,
            why,
            made_before=action.ex_date,
            account_id=self._account_id,
        )
        self._also(uow, action, self._account_id)
        # The exchange's split changes shares at a broker as it does on paper; the broker's orders
        # and triggers are the broker's own to end.
        instrument = uow.find(action.instrument)
        is_shares = instrument is None or not instrument.is_derivative
        of_all = uow.positions_in if is_shares else uow.paper_positions_in
        found = of_all(action.instrument, self._account_id)
        held = [
            one
            for one in found
            if is_touched(one, action.ex_date) and not is_applied(action, one.actions)
        ]
        for position in held:
            _adjust(uow, position, action, kind)
        self._changed = len(held)

    def settle(self, uow: UnitOfWork) -> int:  # noqa: ARG002 - it was counted when decided
        return self._changed


def pay_command(dividend: CashDividend, account_id: int | None = None) -> Command[int]:
    """Pay a dividend to every position that is due one, or to those of one account; how many."""

    def decide(uow: UnitOfWork) -> int:
        found = uow.paper_positions_in(dividend.instrument, account_id)
        held = [
            one
            for one in found
            if is_touched(one, dividend.ex_date) and dividend.action_id not in one.actions
        ]
        for position in held:
            _pay(uow, position, dividend)
        return len(held)

    return Command(decide)


def _adjust(uow: UnitOfWork, before: Position, action: CorporateAction, kind: str) -> None:
    posted = post_action(action, before.key, Book({before.key: before}), at=uow.now)
    if posted is None or posted.position is None:
        return
    uow.post(posted)
    after = posted.position
    realised = after.realised_paise - before.realised_paise
    cash = f", {inr(Decimal(realised) / 100, 2)} realised on a fraction" if realised else ""
    words = (
        f"{kind.title()} {action.new}:{action.old}: {grouped(before.quantity)} {action.instrument} "
        f"became {grouped(after.quantity)}{cash}"
    )
    _tell(uow, before, ADJUSTED, words, action=to_document(action), quantity=after.quantity)


def _pay(uow: UnitOfWork, before: Position, dividend: CashDividend) -> None:
    posted = post_dividend(dividend, before.key, Book({before.key: before}), at=uow.now)
    if posted is None or posted.position is None:
        return
    uow.post(posted)
    paid = posted.position.realised_paise - before.realised_paise
    words = (
        f"Dividend of ₹{dividend.amount.normalize():f} a share of {dividend.instrument}: "
        f"{inr(Decimal(paid) / 100, 2)}"
    )
    _tell(uow, before, PAID, words, dividend=to_document(dividend), paid_paise=paid)


def _tell(
    uow: UnitOfWork, position: Position, event_type: str, words: str, **payload: object
) -> None:
    uow.note(
        account_id=int(position.key.account),
        run_id=position.key.run_id,
        kind="execution",
        event_type=event_type,
        source="paper",
        summary=words,
        payload={"product": position.key.product.value, **payload},
        resource=("position", position.key.instrument),
    )


def _symbol(instrument: Instrument) -> str | None:
    if instrument.instrument_type is InstrumentType.EQ:
        return instrument.tradingsymbol
    return instrument.underlying if instrument.instrument_type is InstrumentType.FUT else None


def _dividend(payment: Payment, instrument: Instrument) -> CashDividend:
    return CashDividend(
        action_id=payment.action_id,
        instrument=instrument.id,
        ex_date=payment.ex_date,
        amount=payment.amount,
    )
