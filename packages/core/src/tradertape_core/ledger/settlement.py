"""Settlement of futures and options: what a unit is worth at expiry, and its charges.

Index contracts are settled in cash at the index's closing price. Contracts on shares are settled
by delivery at the exchange; here the shares are sold at that same price at once, so cash is paid,
and the tax of a delivery is charged (docs/paper-venue.md, "Expiry").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.kernel.money import Paise, Price, notional, paise_from_rupees
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.ledger.charges import NO_CHARGES, Charges, exercise_tax
from tradertape_core.ledger.position import Position, roll
from tradertape_core.ledger.statutory import STT, rate_on
from tradertape_core.market.candle import Candle
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType

CLOSING_MINUTES = 30  # the closing price is the average of the session's last half hour
_PAISA = Decimal("0.01")
_NIL = Decimal(0)


class Outcome(StrEnum):
    """How a contract ended."""

    EXERCISED = "exercised"  # a long option in the money
    ASSIGNED = "assigned"  # a short one
    WORTHLESS = "worthless"
    SETTLED = "settled"  # a future


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of a contract. price: rupees a unit of it is worth; 0 for a worthless option."""

    settlement_id: str
    instrument: str
    day: date
    price: Decimal

    def __post_init__(self) -> None:
        if not self.price.is_finite() or self.price < 0:
            raise InvalidInput(f"{self.instrument} cannot be settled at {self.price}")


def closing_price(minutes: Sequence[Candle]) -> Decimal | None:
    """Return the average price of the last half hour, to the paisa; None without a candle.

    minutes: one-minute candles of the session, oldest first. Weighted by volume; an index, which is
    not traded, by time. A candle counts as its typical price, (high + low + close) / 3.
    """
    last = minutes[-CLOSING_MINUTES:]
    if not last:
        return None
    weights = [candle.volume for candle in last]
    if not any(weights):
        weights = [1] * len(last)
    worth = sum(((c.high + c.low + c.close) * w for c, w in zip(last, weights, strict=True)), _NIL)
    return (worth / 3 / sum(weights)).quantize(_PAISA, ROUND_HALF_UP)


def settlement_of(instrument: Instrument, underlying_price: Decimal) -> Settlement:
    """Return how a contract ends at a closing price of its underlying.

    Raises InvariantBroken for a contract that does not expire.
    """
    if instrument.expiry is None or not instrument.is_derivative:
        raise InvariantBroken(f"{instrument.id} does not expire")
    return Settlement(
        settlement_id=f"expiry:{instrument.id}",
        instrument=instrument.id,
        day=instrument.expiry,
        price=worth_of(instrument, underlying_price),
    )


def worth_of(instrument: Instrument, underlying_price: Decimal) -> Decimal:
    """Rupees a unit of a contract is worth at its end."""
    if instrument.instrument_type is InstrumentType.FUT:
        return underlying_price
    if instrument.strike is None:
        raise InvariantBroken(f"option {instrument.id} has no strike")
    gain = underlying_price - instrument.strike
    return max(gain if instrument.instrument_type is InstrumentType.CE else -gain, _NIL)


def outcome_of(instrument: Instrument, quantity: int, worth: Decimal) -> Outcome:
    """The outcome of `quantity` units (below 0: short) that are worth so much each."""
    if instrument.instrument_type is InstrumentType.FUT:
        return Outcome.SETTLED
    if not worth:
        return Outcome.WORTHLESS
    return Outcome.EXERCISED if quantity > 0 else Outcome.ASSIGNED


def settlement_charges(
    instrument: Instrument, quantity: int, settlement: Settlement, *, broker: str
) -> Charges:
    """Return the transaction tax of a settlement; nothing else is charged.

    Index options: on the intrinsic value, paid by the holder. Contracts on shares: that of a
    delivery, on the strike (of a future: on the price), paid by both sides.
    """
    if broker == "none" or not settlement.price:
        return NO_CHARGES
    if instrument.underlying in INDEX_CONTRACTS:
        is_exercised = instrument.is_option and quantity > 0
        tax = exercise_tax(settlement.day, settlement.price * quantity) if is_exercised else 0
        return Charges(stt=Paise(tax))
    delivered = (instrument.strike or settlement.price) * abs(quantity)
    return Charges(stt=paise_from_rupees(delivered * rate_on(STT["delivery"], settlement.day).buy))


def apply_settlement(
    position: Position, settlement: Settlement, charges: Charges = NO_CHARGES
) -> Position:
    """Return the position closed at the settlement's price; a flat one is left as it is.

    Raises InvariantBroken when the settlement is of another instrument.
    """
    if position.key.instrument != settlement.instrument:
        raise InvariantBroken(f"{settlement.settlement_id} is not of {position.key.instrument}")
    if not position.is_open:
        return position
    quantity = position.quantity
    worth = notional(Price(settlement.price), quantity)
    realised = Paise(worth - position.cost_paise)
    position = roll(position, settlement.day)
    today = position.today
    return replace(
        position,
        lots=(),
        adjusted_quantity=position.adjusted_quantity - quantity,
        realised_paise=Paise(position.realised_paise + realised),
        charges=position.charges + charges,
        today=replace(
            today,
            overnight_quantity=0,
            realised_paise=Paise(today.realised_paise + realised),
            charges=today.charges + charges,
        ),
        actions=tuple(dict.fromkeys((*position.actions, settlement.settlement_id))),
    )
