"""The input of a protection's rules at a moment, and their result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.protection_state import (
    Claim,
    LegState,
    ProtectionState,
    ProtectionStatus,
    Rule,
    leg_scope,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The facts the rules on operations depend on, as of now.

    now: aware. worker_age_s: seconds on a monotonic clock since the worker's last heartbeat, or
    since arming when it never sent one; None when no worker is expected. mis_close_at: when the
    broker would square intraday positions off, by exchange; none on a day without a session.
    """

    now: datetime
    worker_age_s: float | None = None
    mis_close_at: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class LegExit:
    """An order to send: what closes one position, or the protected part of it."""

    instrument: str
    product: Product
    side: Side
    quantity: int
    scope: str | None = None  # `position:0`; None when the position is not protected by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A rule that fired: its claim with the words, and what to exit, shorts first.

    whole_run: exit the run: cancel its orders first, then exit everything and close it.
    """

    claim: Claim
    exits: tuple[LegExit, ...]
    whole_run: bool = False

    @property
    def rule(self) -> Rule:
        """The rule that was triggered."""
        return self.claim.rule

    @property
    def message(self) -> str:
        """The reason in a sentence."""
        return self.claim.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The state after the ticks, triggers claimed in it, and instruments without a price.

    Store `state` when `changed`: best prices and peaks are part of it.
    """

    state: ProtectionState
    triggers: tuple[Trigger, ...] = ()
    blind: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """A leg with the units that are open and a price to judge them by."""

    index: int
    leg: LegState
    quantity: int
    price: Decimal | None

    @property
    def is_armed(self) -> bool:
        """Whether the leg is protected and still held."""
        return self.leg.status is ProtectionStatus.ARMED and self.quantity > 0

    @property
    def exit(self) -> LegExit:
        """The exit that closes all of the leg."""
        leg = self.leg
        scope = leg_scope(self.index)
        return LegExit(leg.instrument, leg.product, leg.side.opposite, self.quantity, scope)
