"""Which states of orders and candles end a wait."""

from __future__ import annotations

from kite_algo_worker.models.market import WorkerCandle, WorkerHistoricalCandles
from kite_algo_worker.models.orders import WorkerOrderSnapshot

TERMINAL_ORDER_STATES = {"COMPLETE", "CANCELLED", "REJECTED"}
_ALSO_FINAL = "CANCELLED AMO"  # how a cancelled after-market order ends


def is_final(order: WorkerOrderSnapshot) -> bool:
    """Whether the order is in a final state."""
    return order.status in TERMINAL_ORDER_STATES or order.status == _ALSO_FINAL


def is_fresh(candle: WorkerCandle | None) -> bool:
    """Whether there is a candle and it is complete."""
    return candle is not None and candle.is_complete


def latest_of(found: WorkerHistoricalCandles) -> WorkerCandle | None:
    """Return the current candle, else the last one; None if there is neither."""
    if found.current is not None:
        return found.current
    return found.candles[-1] if found.candles else None
