"""A protection carried through a split or bonus: its levels move with the price."""

from __future__ import annotations

from dataclasses import replace

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.ledger.hand_actions import is_applied, is_taken_back
from tradertape_core.risk.protection_state import LegState, ProtectionState


def rescaled(state: ProtectionState, action: CorporateAction) -> ProtectionState:
    """Return the state on the basis after a corporate action, once: levels move with the price.

    Legs armed on or after the ex date are on the new basis already: the state as it is. When an
    action is taken back, so are all of them, and all return.
    """
    if state.armed_at is None or is_applied(action, state.actions):
        return state
    is_new_basis = state.armed_at.astimezone(IST).date() >= action.ex_date
    if is_new_basis and not is_taken_back(action):
        return state
    return replace(
        state,
        actions=(*state.actions, action.action_id),
        legs=tuple(_rescaled_leg(leg, action) for leg in state.legs),
    )


def _rescaled_leg(leg: LegState, action: CorporateAction) -> LegState:
    if leg.instrument != action.instrument:
        return leg
    return replace(
        leg,
        instrument=action.renamed_to or leg.instrument,
        quantity=max(action.units(leg.quantity), 1),
        entry_price=action.price(leg.entry_price),
        best_price=None if leg.best_price is None else action.price(leg.best_price),
        exit_price=None if leg.exit_price is None else action.price(leg.exit_price),
    )
