"""Advances the exits of claims: sends what is needed, each order once, until it is closed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradertape_core.execution.decision import server_key
from tradertape_core.risk import protection_state as ps
from tradertape_core.risk.protection_decision import LegExit
from tradertape_core.risk.protection_state import Claim, ProtectionState, ProtectionStatus
from tradertape_server.features.execution.orders.closable import most
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.claim_orders import ClaimOrders, bounded
from tradertape_server.features.protection.owners import Owner, Owners
from tradertape_server.platform.errors import ApiError, Conflict, NotFound

RETRY_AFTER_S, RETRY_LATEST_S = 5.0, 30.0  # a failed attempt, so much later each time
FirstOrders = list[tuple[str, Command[Any]]]  # each with the id of its claim
# Stores a state and writes an event of this type with this summary.
Keep = Callable[[ProtectionState, str, str], None]


class ClaimExits:
    """Advances an owner's claims, one step a call."""

    def __init__(self, execution: ExecutionService, owners: Owners) -> None:
        self._execution = execution
        self._owners = owners
        self._orders = ClaimOrders(execution)
        # After a start, orders are sent again under the same keys, and retried at once.
        # By run id and claim: the attempt whose orders were sent last, and when it failed.
        self._begun: dict[tuple[str, str], int] = {}
        self._failed_s: dict[tuple[str, str], float] = {}

    def first_orders(
        self, uow: UnitOfWork, owner: Owner, state: ProtectionState, claims: Iterable[Claim]
    ) -> FirstOrders:
        """Orders that the transaction making the claims can send; `advance` sends all others.

        state: with the claims begun.
        """
        held = uow.account(owner.ref.account_id)
        mine = [one for key, one in held.positions.items() if key.run_id == owner.run_id]
        taken = {
            (one.request.instrument, one.request.product, one.request.side)
            for one in held.orders.values()
            if one.run_id == owner.run_id
        }
        found: FirstOrders = []
        for name in (one.claim_id for one in claims):
            claim = ps.claim_of(state, name)
            if _exits_owner(owner, claim):
                key = _owner_exit_key(claim)
                command = self._owners.exit_command(owner, key=key, reason=claim.message)
                found.append((name, command))
                continue
            exits = self._orders.needed(state, claim, mine, {})
            places = {(one.instrument, one.product, one.side) for one in exits}
            if taken.isdisjoint(places):
                ref = owner.ref
                there = bounded(
                    exits,
                    lambda one, ref=ref: most(
                        uow, ref.account_id, ref.run_id, (one.instrument, one.product), one.side
                    ),
                )
                orders = self._orders.documents(state, claim, there)
                found += [(name, self._execution.place_command(owner.ref, **one)) for one in orders]
            if claim.rule is ps.Rule.MIS_SQUAREOFF:
                taken |= places  # a basket that covers the whole owner names them too
        return found

    def advance(
        self,
        owner: Owner,
        state: ProtectionState,
        keep: Keep,
        sent: Collection[str] = (),
    ) -> ProtectionState:
        """Exit every claim that is not settled; `keep` stores the state after each step.

        sent: ids of claims whose first orders were sent when they were made.
        """
        for claim in state.claims:
            if claim.status in ps.UNSETTLED:
                is_sent = claim.claim_id in sent
                state = self._exit(owner, state, claim, keep, is_sent=is_sent)
        return state

    def _exit(
        self,
        owner: Owner,
        state: ProtectionState,
        claim: Claim,
        keep: Keep,
        *,
        is_sent: bool,
    ) -> ProtectionState:
        if claim.status is not ProtectionStatus.EXITING:
            is_again = claim.status is ProtectionStatus.FAILED
            if is_again and not (
                self._is_due(owner, claim) and self._has_units(owner, state, claim)
            ):
                return state
            state = ps.begin_exit(state, claim.claim_id)
            keep(state, "protection_exiting", f"Exiting: {claim.message}")
            claim = ps.claim_of(state, claim.claim_id)
        if _exits_owner(owner, claim):
            return self._exit_owner(owner, state, claim, keep)
        name = owner.run_id, claim.claim_id
        if not is_sent and self._begun.get(name) != claim.attempts:
            self._send(owner, state, claim)
        self._begun[name] = claim.attempts
        closed = self._orders.closed(owner, claim)
        left = self._orders.needed(state, claim, self._orders.positions(owner), closed)
        if not left:
            prices = {scope: one.average_price for scope, one in closed.items() if one.quantity}
            state = self._finish(owner, state, claim, prices)
            keep(state, "protection_done", f"Protection exit done: {claim.message}")
            self._close_if_flat(owner, claim)
            return state
        if self._orders.is_working(owner, claim):
            return state
        return self._fail(owner, state, claim, self._why_open(owner, left), keep)

    def _has_units(self, owner: Owner, state: ProtectionState, claim: Claim) -> bool:
        """Whether another attempt can close anything: the broker may have none of the units."""
        if _exits_owner(owner, claim):
            return True
        left = self._orders.needed(
            state, claim, self._orders.positions(owner), self._orders.closed(owner, claim)
        )
        if not left or self._orders.closable(owner, left):
            return True
        self._failed_s[owner.run_id, claim.claim_id] = self._execution.clock.monotonic()
        return False

    def _why_open(self, owner: Owner, left: Sequence[LegExit]) -> str:
        units = sum(one.quantity for one in left)
        there = sum(one.quantity for one in self._orders.closable(owner, left))
        if there == units:
            return f"{units} units are still open"
        return (
            f"{units} units are still open, and the broker has {there} of them: compare them under "
            "Reconciliation"
        )

    def _finish(
        self, owner: Owner, state: ProtectionState, claim: Claim, prices: Mapping[str, Decimal]
    ) -> ProtectionState:
        name = owner.run_id, claim.claim_id
        self._begun.pop(name, None)
        self._failed_s.pop(name, None)
        return ps.finish_exit(state, claim.claim_id, prices)

    def _fail(
        self, owner: Owner, state: ProtectionState, claim: Claim, why: str, keep: Keep
    ) -> ProtectionState:
        now_s = self._execution.clock.monotonic()
        self._failed_s[owner.run_id, claim.claim_id] = now_s
        state = ps.fail_exit(state, claim.claim_id, why)
        keep(state, "protection_exit_failed", f"Protection exit failed, it is tried again: {why}")
        return state

    def _is_due(self, owner: Owner, claim: Claim) -> bool:
        failed_s = self._failed_s.get((owner.run_id, claim.claim_id))
        if failed_s is None:
            return True
        pause_s = min(RETRY_AFTER_S * claim.attempts, RETRY_LATEST_S)
        return self._execution.clock.monotonic() - failed_s >= pause_s

    # --- whole owners -------------------------------------------------------------------------

    def _exit_owner(
        self, owner: Owner, state: ProtectionState, claim: Claim, keep: Keep
    ) -> ProtectionState:
        key = _owner_exit_key(claim)
        reply = self._owners.exit(owner, key=key, reason=claim.message)
        if reply.status_code != 200:
            return state
        if reply.document.get("status") == "failed":
            return self._fail(owner, state, claim, "positions could not be closed", keep)
        state = self._finish(owner, state, claim, {})
        keep(state, "protection_done", f"All positions are closed: {claim.message}")
        return state

    def _close_if_flat(self, owner: Owner, claim: Claim) -> None:
        """Close an owner that ends with its positions, once the last one is closed."""
        if owner.closes_when_flat and not self._orders.positions(owner):
            key = server_key(f"protection:{claim.claim_id}:closing")
            self._owners.exit(owner, key=key, reason=claim.message)

    # --- single legs --------------------------------------------------------------------------

    def _send(self, owner: Owner, state: ProtectionState, claim: Claim) -> None:
        """Send the orders of the present attempt."""
        if self._orders.is_owner_exiting(owner):
            return
        for exit_ in self._orders.needed(state, claim, self._orders.positions(owner), {}):
            self._cancel_rivals(owner, claim, exit_)
        # As they are once no open order is left that could close them too.
        positions = self._orders.positions(owner)
        # Nothing can have been closed by a first attempt: one query less before it is sent.
        closed = {} if claim.attempts == 1 else self._orders.closed(owner, claim)
        exits = self._orders.needed(state, claim, positions, closed)
        for order in self._orders.documents(state, claim, self._orders.closable(owner, exits)):
            # A key that is taken is an attempt before a crash: its orders are what counts.
            with contextlib.suppress(ApiError):
                self._execution.place(owner.ref, **order)

    def _cancel_rivals(self, owner: Owner, claim: Claim, exit_: LegExit) -> None:
        """Cancel open orders on the exit's side: they would sell the same units twice.

        Those that the present attempt sent, before a stop, stay.
        """
        mine = self._orders.attempted(owner, claim)
        for order in self._orders.open_orders(owner):
            request = order.request
            same = (request.instrument, request.product, request.side)
            is_same = same == (exit_.instrument, exit_.product, exit_.side)
            if is_same and order.order_id not in mine:
                # One that is over already is fine; while trading is paused nothing may be sent.
                with contextlib.suppress(Conflict, NotFound):
                    self._execution.cancel(owner.run_id, order.order_id)


def _owner_exit_key(claim: Claim) -> str:
    """The key of the present attempt: the reply of a failed exit is not what is asked for."""
    again = f":{claim.attempts}" if claim.attempts > 1 else ""
    return server_key(f"protection:{claim.claim_id}{again}")


def _exits_owner(owner: Owner, claim: Claim) -> bool:
    """Whether the whole owner is exited: orders, positions, and the owner with them."""
    return claim.scope == ps.WORKER_STALE or (claim.scope == ps.BASKET and owner.closes_when_flat)
