"""Contracts that expired are settled: their orders cancelled, their positions closed, once.

Everything of one contract happens in one transaction, and only what is still open is settled, so a
stop at any moment and a second look change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from tradertape_core.execution import engine
from tradertape_core.kernel.format import grouped, inr, price_text
from tradertape_core.ledger.journal import Book, post_settlement
from tradertape_core.ledger.position import Position
from tradertape_core.ledger.settlement import (
    Outcome,
    Settlement,
    outcome_of,
    settlement_charges,
    settlement_of,
)
from tradertape_core.market.hours import last_trade
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.codec import to_document
from tradertape_core.orders.commands import CancelOrder
from tradertape_core.orders.gtt import GttStatus
from tradertape_core.orders.reports import CancelReason
from tradertape_server.features.execution.gtt.gtt_commands import GttCommands
from tradertape_server.features.execution.scheduled.attempts import Attempts, for_each_account
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command, VenueCommand
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.platform.logging import get_logger

EVERY = timedelta(seconds=20)
SETTLED = "position_settled"
_DERIVATIVES = frozenset({"NFO", "BFO"})
_WORDS = {
    Outcome.EXERCISED: "exercised",
    Outcome.ASSIGNED: "assigned",
    Outcome.WORTHLESS: "expired worthless",
    Outcome.SETTLED: "settled",
}

logger = get_logger(__name__)


@dataclass(slots=True)
class ExpirySettlement:
    """A chore: looks every few seconds for contracts that ended."""

    service: ExecutionService
    _looked: datetime | None = None
    _waiting: set[str] = field(default_factory=set[str])

    def __call__(self, now: datetime) -> None:
        """Settle what ended before `now` and has a closing price; the rest is tried again later."""
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return
        self._looked = now
        for contract in self._open_contracts():
            if contract.expiry is not None and now >= last_trade(contract.expiry):
                work = partial(self._settle, contract)
                attempts = Attempts(self.service.trader.quarantine)
                attempts.attempt(f"settlement of {contract.id}", work)

    def _open_contracts(self) -> list[Instrument]:
        names = {position.key.instrument for position in self.service.positions(open_only=True)}
        names |= {order.request.instrument for order in self.service.orders(open_only=True)}
        names |= self.service.gtt.triggers.instruments
        derivatives = sorted(n for n in names if n.partition(":")[0] in _DERIVATIVES)
        if not derivatives:
            return []
        return self.service.trader.execute(
            Command(lambda uow: [c for name in derivatives if (c := uow.find(name)) is not None])
        )

    def _settle(self, contract: Instrument) -> None:
        price = self.service.market.closing_price(contract)
        if price is None:
            if contract.id not in self._waiting:
                logger.warning("no closing price to settle at", instrument=contract.id)
            self._waiting.add(contract.id)
            return
        self._waiting.discard(contract.id)
        settle = partial(SettleContract, contract, price, self.service.gtt)
        what = f"settlement of {contract.id}"
        settled, _ = for_each_account(self.service, what, contract.id, settle)
        logger.info("settled", instrument=contract.id, price=str(price), positions=settled)


class SettleContract(VenueCommand[int]):
    """End a contract for every paper account at a closing price; how many positions that closed.

    At a broker the exchange settles, and the broker's book shows it. account_id: for one account
    alone.
    """

    __slots__ = ("_account_id", "_closed", "_contract", "_gtts", "_settlement")

    def __init__(
        self,
        contract: Instrument,
        underlying_price: Decimal,
        gtts: GttCommands,
        account_id: int | None = None,
    ) -> None:
        super().__init__()
        self._account_id = account_id
        self._contract = contract
        self._gtts = gtts
        self._settlement = settlement_of(contract, underlying_price)
        self._closed = 0

    def decide(self, uow: UnitOfWork) -> None:
        contract, account_id = self._contract, self._account_id
        for order in uow.paper_orders_in(contract.id, account_id):
            if not order.slices and not order.in_doubt:
                asked = CancelOrder(order_id=order.order_id, reason=CancelReason.DAY)
                uow.record(engine.cancel(asked, order, uow.now))
        self._gtts.end_all(
            uow, contract.id, GttStatus.EXPIRED, "the contract expired", account_id=account_id
        )
        held = uow.paper_positions_in(contract.id, account_id)
        for position in held:
            _close(uow, position, contract, self._settlement)
        self._closed = len(held)

    def settle(self, uow: UnitOfWork) -> int:  # noqa: ARG002 - it was counted when decided
        return self._closed


def _close(uow: UnitOfWork, before: Position, contract: Instrument, settlement: Settlement) -> None:
    quantity, kind = before.quantity, contract.instrument_type
    charges = settlement_charges(
        contract, quantity, settlement, broker=uow.account(int(before.key.account)).broker
    )
    book = Book({before.key: before})
    posted = post_settlement(settlement, charges, before.key, book, kind=kind, at=uow.now)
    if posted is None or posted.position is None:
        return
    uow.post(posted)
    outcome = outcome_of(contract, quantity, settlement.price)
    realised = posted.position.realised_paise - before.realised_paise
    uow.note(
        account_id=int(before.key.account),
        run_id=before.key.run_id,
        kind="execution",
        event_type=SETTLED,
        source="paper",
        summary=f"Expiry: {grouped(quantity)} {contract.id} {_WORDS[outcome]} "
        f"at {price_text(settlement.price)}, "
        f"{inr(Decimal(realised) / 100, 2)} realised",
        payload={
            "settlement": to_document(settlement),
            "outcome": outcome.value,
            "product": before.key.product.value,
            "quantity": quantity,
            "realised_paise": realised,
            "charges_paise": charges.total,
        },
        resource=("position", contract.id),
    )
