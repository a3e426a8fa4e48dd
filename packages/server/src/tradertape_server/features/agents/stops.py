"""Sales by stops that the agent placed itself: the portfolio's books learn of them by an exit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR

from tradertape_server.features.agents.leases import Leases
from tradertape_server.features.agents.obfuscation import Obfuscation
from tradertape_server.features.agents.results import Results
from tradertape_server.features.agents.schemas import StopFilled, StopFilledOut
from tradertape_server.features.portfolios.closing import ClosingService
from tradertape_server.features.portfolios.handing import Handing
from tradertape_server.features.portfolios.live.closing import Sale
from tradertape_server.platform.errors import Conflict

REACHED = "The agent's stop at the broker was reached"


@dataclass(frozen=True, slots=True)
class StopSales:
    """Proposes exits of what stops have sold; the agent reports them as filled."""

    results: Results
    handing: Handing
    closing: ClosingService
    leases: Leases
    obfuscation: Obfuscation

    def record(self, user_id: int, instance: str, given: StopFilled) -> StopFilledOut:
        """Have the units that a stop has sold leave the position; repeating it is harmless.

        The exit is leased to the installation that told of it: another one would sell again.
        Raises NotFound for a signal of somebody else, Conflict for an attempt never handed out.
        """
        lease = self.results.lease(user_id, given.signal_id, given.idempotency_key)
        row, position = self.handing.outcome(user_id, lease.signal_id)
        if row is None or position is None or position.open_quantity == 0:
            return StopFilledOut(state="closed", position_id=position.id if position else None)
        sold = int((given.filled_share * row.filled_quantity).to_integral_value(ROUND_FLOOR))
        units = min(sold, position.open_quantity)
        if units == 0:
            return StopFilledOut(state="closed", position_id=position.id)
        sale = Sale(quantity=units, reason=REACHED, kind="stop")
        try:
            self.closing.close(user_id, position.id, sale, by=f"agent {instance}")
        except Conflict as error:
            if error.code != "position_closing":
                raise
        scaled = self.obfuscation.is_on(user_id)
        exits = [
            one
            for one in self.handing.asked(user_id)
            if one.signal.side == "SELL" and one.signal.position_id == position.id
        ]
        self.leases.acquire(user_id, instance, exits, scaled=scaled)
        return StopFilledOut(state="closing", position_id=position.id)
