"""The trigger with stop and target that rests at a broker for a position, and what to do about it.

It works while this server is down. While it rests, or may rest, nothing else sells the position: of
two guards each would sell it. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.gtt import LEAST_DISTANCE, Gtt, GttResult, GttStatus, GttType
from tradertape_core.orders.order import Side

LIMIT_UNDER: Final = Decimal(1)  # percent below the stop: the limit of the order that it places
RENEWED_BEFORE: Final = timedelta(days=7)  # the end of a trigger's life
PAUSE: Final = timedelta(seconds=5)  # after the broker refused something about it
Json = dict[str, Any]


class StandingStep(StrEnum):
    """The next thing to do."""

    NOTHING = "nothing"
    WAIT = "wait"  # for an answer, or for the order that it placed
    PLACE = "place"
    CHANGE = "change"
    END = "end"
    RELEASE = "release"  # it is over: the server guards what is left
    LOST = "lost"  # it was reached, and what it sold cannot be read any more


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingTerms:
    """What should rest at the broker. Levels in rupees on the instrument's tick, one at least."""

    instrument: str
    quantity: int
    stop: Decimal | None
    target: Decimal | None
    tick_size: Decimal

    @property
    def type(self) -> GttType:
        """Two legs for two levels."""
        return GttType.SINGLE if self.stop is None or self.target is None else GttType.TWO_LEG

    @property
    def triggers(self) -> tuple[Decimal, ...]:
        """The levels, the lower one first."""
        return tuple(one for one in (self.stop, self.target) if one is not None)

    def is_placeable(self, last_price: Decimal) -> bool:
        """Whether brokers take it at this price: it lies between the levels, near none of them."""
        is_between = (self.stop is None or self.stop < last_price) and (
            self.target is None or self.target > last_price
        )
        least = LEAST_DISTANCE * last_price
        return is_between and all(abs(one - last_price) * 100 >= least for one in self.triggers)

    def document(self, last_price: Decimal) -> Json:
        """The trigger as the wire has it."""
        exchange, _, symbol = self.instrument.partition(":")
        return {
            "type": self.type.value,
            "condition": {
                "exchange": exchange,
                "tradingsymbol": symbol,
                "trigger_values": [float(one) for one in self.triggers],
                "last_price": float(last_price),
            },
            "orders": [self._order(exchange, symbol, one) for one in self.triggers],
        }

    def _order(self, exchange: str, symbol: str, trigger: Decimal) -> Json:
        return {
            "exchange": exchange,
            "tradingsymbol": symbol,
            "transaction_type": Side.SELL.value,
            "quantity": self.quantity,
            "order_type": "LIMIT",
            "product": "CNC",
            "price": float(self._limit(trigger)),
        }

    def _limit(self, trigger: Decimal) -> Decimal:
        if trigger != self.stop:
            return trigger
        steps = trigger * (1 - LIMIT_UNDER / 100) / self.tick_size
        return max(steps.quantize(Decimal(1), ROUND_FLOOR), Decimal(1)) * self.tick_size


def next_step(wanted: StandingTerms | None, gtt: Gtt | None, now: datetime) -> StandingStep:
    """Return what to do about a position's trigger. wanted: None where none should rest."""
    if gtt is None:
        return StandingStep.NOTHING if wanted is None else StandingStep.PLACE
    if gtt.status is GttStatus.TRIGGERED:
        return _after_firing(gtt)
    if not gtt.is_active:
        return StandingStep.RELEASE
    at = gtt.at_broker
    if gtt.status is not GttStatus.ACTIVE or at is None or at.ask is not None or at.ends:
        return StandingStep.WAIT
    was_refused = at.problem is not None and at.refused == at.number
    if was_refused and now - gtt.updated_at < PAUSE:
        return StandingStep.WAIT
    if wanted is None or gtt.expires_at - now <= RENEWED_BEFORE:
        return StandingStep.END
    if _rests_as(gtt, wanted):
        return StandingStep.NOTHING
    # What the broker refused to change is withdrawn, and placed anew.
    is_changeable = gtt.request.type is wanted.type and not was_refused
    return StandingStep.CHANGE if is_changeable else StandingStep.END


def is_of_stop(gtt: Gtt, leg: int) -> bool:
    """Whether a leg is the stop, and not the target."""
    return gtt.request.trigger_values[leg] < gtt.reference


def _rests_as(gtt: Gtt, wanted: StandingTerms) -> bool:
    request = gtt.request
    return request.trigger_values == wanted.triggers and all(
        order.quantity == wanted.quantity for order in request.orders
    )


def _after_firing(gtt: Gtt) -> StandingStep:
    result = next(iter(gtt.results), None)
    if result is None:
        return StandingStep.WAIT
    return StandingStep.LOST if _is_unreadable(gtt, result) else StandingStep.RELEASE


def _is_unreadable(gtt: Gtt, result: GttResult) -> bool:
    """Whether its order was placed on a day whose order book the broker no longer shows."""
    fired_at = gtt.at_broker.fired_at if gtt.at_broker is not None else None
    if result.order_id is not None or fired_at is None:
        return False
    return fired_at.astimezone(IST).date() < result.at.astimezone(IST).date()
