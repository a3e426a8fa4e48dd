"""Stops and targets of positions, armed with protection: as soon as something is bought."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradertape_core.orders.checks import nearest_tick
from tradertape_core.portfolio.guarding import Guard, is_guarded, protection_of
from tradertape_core.risk.protection_state import ProtectionState, arm
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live import projecting
from tradertape_server.features.portfolios.live.owners import columns_of, note
from tradertape_server.features.portfolios.live.run_ids import instrument_of
from tradertape_server.features.portfolios.models import PortfolioPosition
from tradertape_server.platform.database.engine import Database

_TICK = Decimal("0.05")  # where an instrument has gone from the list


@dataclass(frozen=True, slots=True)
class Arming:
    """Makes what protects positions equal to what should."""

    database: Database
    execution: ExecutionService

    def arm_all(self) -> int:
        """Arm what is not armed as it should be; how many positions were changed."""
        with self.database.read() as session:
            held = [row for row, _ in repository.executed_positions(session)]
            session.expunge_all()
        return sum(self.arm(row) for row in held if not self._is_right(row))

    def arm(self, row: PortfolioPosition) -> bool:
        """Arm one position, unless a triggered exit of it is not done; whether it was changed."""

        def decide(uow: UnitOfWork) -> bool:
            found = uow.session.get(PortfolioPosition, row.id, populate_existing=True)
            if found is None or found.run_id is None or found.account_id is None:
                return False
            state, guard = projecting.protection_of(found), self.guard_of(found)
            if state.is_exiting or is_guarded(state, guard):
                return False
            after = self._armed(state, guard, uow)
            if not repository.change_protection(
                uow.session, found.id, version=found.protection_version, **columns_of(after)
            ):
                return False
            event = "protection_armed" if guard.is_needed else "protection_disarmed"
            note(
                uow, found.account_id, found.run_id, event, _words(guard),
                generation=after.generation,
            )  # fmt: skip
            return True

        return self.execution.trader.execute(Command(decide))

    def guard_of(self, row: PortfolioPosition) -> Guard:
        """What should protect a position here: nothing while a trigger waits to sell it, or may."""
        return self.levels_of(row, is_ours=row.exit_gtt_id is None and row.standing_key is None)

    def levels_of(self, row: PortfolioPosition, *, is_ours: bool = True) -> Guard:
        """Stop and target of what is held. is_ours: False: neither."""
        is_ours = is_ours and row.open_quantity > 0
        return Guard(
            instrument=instrument_of(row.symbol),
            quantity=row.open_quantity,
            average=Decimal(repr(row.average_price)),
            stop=self._level(row, row.stop_price) if is_ours else None,
            target=self._level(row, row.target_price) if is_ours else None,
        )

    def _armed(self, state: ProtectionState, guard: Guard, uow: UnitOfWork) -> ProtectionState:
        instruments = (guard.instrument,) if guard.is_needed else ()
        return arm(
            state, protection_of(guard), instruments=instruments, now=uow.now,
            reason="the portfolio's levels",
        )  # fmt: skip

    def _level(self, row: PortfolioPosition, price: float | None) -> Decimal | None:
        """A level on the instrument's tick; None for one that is none."""
        if price is None or price <= 0:
            return None
        instrument = self.execution.market.instrument(instrument_of(row.symbol))
        tick = _TICK if instrument is None else instrument.tick_size
        return nearest_tick(Decimal(repr(price)), tick)

    def _is_right(self, row: PortfolioPosition) -> bool:
        state = projecting.protection_of(row)
        return state.is_exiting or is_guarded(state, self.guard_of(row))


def _words(guard: Guard) -> str:
    if not guard.is_needed:
        return "Stop and target withdrawn"
    levels = [("stop", guard.stop), ("target", guard.target)]
    named = ", ".join(f"{name} {level}" for name, level in levels if level is not None)
    return f"Armed for {guard.quantity} of {guard.instrument}: {named}"
