"""The orders that signals ask for, as execution reads them, and when they can be sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any, Literal

from tradertape_core.market.session_times import PhaseKind
from tradertape_core.orders.gtt import LEAST_DISTANCE
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios.live.run_ids import EXCHANGE, instrument_of
from tradertape_server.features.portfolios.models import PortfolioSignal

Json = dict[str, Any]
OrderType = Literal["gtt", "limit", "market"]
GTT: OrderType = "gtt"
JUST_UNDER = Decimal("0.3")  # percent below the last price that a sale by trigger begins
CLOSED = "The market is closed: an order without a trigger is placed while it is open."


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order to be sent. detail: why it cannot be now; "" where it can."""

    order_type: OrderType
    document: Json
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Orders:
    """Builds orders; the market is asked for its last prices alone."""

    execution: ExecutionService

    def entry(self, row: PortfolioSignal) -> Wanted:
        """The order of a purchase.

        One with a trigger that the price has passed already, but not its limit, is bought at once:
        a trigger placed now would wait for the price to come back.
        """
        limit = self._on_tick(row, row.limit_price or row.ref_price, ROUND_CEILING)
        if row.trigger_price is None:
            return self._now("limit", self._order(row, limit))
        trigger = self._on_tick(row, row.trigger_price, ROUND_HALF_UP)
        last = self.last_price(row.symbol)
        is_above = row.trigger_price >= row.ref_price
        if last is not None:
            is_passed = last >= trigger if is_above else last <= trigger
            if is_passed and last <= limit and self.is_open(row.symbol):
                return Wanted("limit", self._order(row, limit))
            if abs(trigger - last) * 100 < LEAST_DISTANCE * last:
                words = (
                    f"The price is {last}, within {LEAST_DISTANCE} % of the trigger {trigger}: a "
                    "trigger order needs more distance. Try again when it has moved."
                )
                return Wanted(GTT, {}, words)
        return Wanted(GTT, self._trigger(row, trigger, self._order(row, limit), last))

    def exit(self, row: PortfolioSignal) -> Wanted:
        """The order of a sale."""
        last = self.last_price(row.symbol) or Decimal(repr(row.ref_price))
        if row.order_type == GTT:
            trigger = self._on_tick(row, float(last * (1 - JUST_UNDER / 100)), ROUND_FLOOR)
            limit = self._on_tick(row, float(trigger * (1 - JUST_UNDER / 100)), ROUND_FLOOR)
            return Wanted(GTT, self._trigger(row, trigger, self._order(row, limit), last))
        if row.order_type == "limit" and row.limit_price is not None:
            limit = self._on_tick(row, row.limit_price, ROUND_FLOOR)
            return self._now("limit", self._order(row, limit))
        order = {**self._order(row, None), "order_type": "MARKET", "market_protection": 2.0}
        return self._now("market", order)

    def last_price(self, symbol: str) -> Decimal | None:
        """The latest traded price; None before the first tick."""
        tick = self.execution.market.tick(instrument_of(symbol))
        return None if tick is None else tick.last_price

    def is_open(self, symbol: str) -> bool:
        """Whether orders in a symbol trade continuously now."""
        market = self.execution.market
        instrument = market.instrument(instrument_of(symbol))
        if instrument is None:
            return False
        return market.phase(instrument, self.execution.clock.now()) is PhaseKind.CONTINUOUS

    def _now(self, order_type: OrderType, order: Json) -> Wanted:
        is_open = self.is_open(order["tradingsymbol"])
        return Wanted(order_type, order, "" if is_open else CLOSED)

    def _order(self, row: PortfolioSignal, limit: Decimal | None) -> Json:
        order: Json = {
            "exchange": EXCHANGE,
            "tradingsymbol": row.symbol,
            "transaction_type": row.side,
            "quantity": row.quantity,
            "order_type": "LIMIT",
            "product": "CNC",
            "variety": "regular",
        }
        return order if limit is None else {**order, "price": float(limit)}

    def _trigger(
        self, row: PortfolioSignal, trigger: Decimal, order: Json, last: Decimal | None
    ) -> Json:
        return {
            "type": "single",
            "condition": {
                "exchange": EXCHANGE,
                "tradingsymbol": row.symbol,
                "trigger_values": [float(trigger)],
                "last_price": float(last) if last is not None else row.ref_price,
            },
            "orders": [{name: value for name, value in order.items() if name != "variety"}],
        }

    def _on_tick(self, row: PortfolioSignal, price: float, rounding: str) -> Decimal:
        instrument = self.execution.market.instrument(instrument_of(row.symbol))
        tick = Decimal("0.05") if instrument is None else instrument.tick_size
        whole = Decimal(f"{price:.4f}")  # binary dust is no part of a price
        return max((whole / tick).quantize(Decimal(1), rounding), Decimal(1)) * tick
