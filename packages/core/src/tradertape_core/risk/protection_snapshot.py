"""A protection's state as its worker and the console read it."""

from __future__ import annotations

from decimal import Decimal

from tradertape_core.risk.protection_document import protection_document
from tradertape_core.risk.protection_state import LegState, ProtectionState


def protection_snapshot(state: ProtectionState) -> dict[str, object]:
    """The state as the worker reads it; levels and prices are floats for display."""
    claim, given = state.last_claim, state.protection
    return {
        "status": state.status.value,
        "generation": state.generation,
        "triggered_rule": claim.rule.value if claim else None,
        "exit_claim_id": claim.claim_id if claim else None,
        "reason": claim.message if claim else state.reason,
        "reset_trailing": state.reset_trailing,
        "backend_protection": protection_document(given) if given else None,
        "legs": [_leg_snapshot(leg) for leg in state.legs],
        "basket_peak_pct": _float(state.basket.peak_pct) if state.basket else None,
    }


def _leg_snapshot(leg: LegState) -> dict[str, object]:
    return {
        "instrument": leg.instrument,
        "product": leg.product.value,
        "side": leg.side.value,
        "quantity": leg.quantity,
        "status": leg.status.value,
        "entry_price": _float(leg.entry_price),
        "best_price": _float(leg.best_price),
        "stop_price": _float(leg.stop_price),
        "target_price": _float(leg.target_price),
        "trailing_price": _float(leg.trailing_price),
        "exit_price": _float(leg.exit_price),
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
