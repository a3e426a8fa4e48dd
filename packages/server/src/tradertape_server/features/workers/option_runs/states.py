"""The present state of an option run: its legs, its profit and loss, its protection."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.money import rupees
from tradertape_core.ledger.pnl import unrealised
from tradertape_core.ledger.position import Position
from tradertape_core.risk.option_protection import (
    EnteredLeg,
    entry_value,
    net_premium,
    units,
)
from tradertape_core.risk.protection import basket_profit_pct, watch
from tradertape_core.risk.protection_document import Basis
from tradertape_core.risk.protection_snapshot import protection_snapshot
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.options.chains import ChainReader, LiveChain
from tradertape_server.features.options.views import figures
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.monitoring.pnl import PnlService
from tradertape_server.features.workers.option_runs.documents import (
    EntryStatus,
    OptionLeg,
    OptionRun,
    entered,
)
from tradertape_server.features.workers.option_runs.service import leg_head
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.http.routing import in_ist

Json = dict[str, Any]
GREEKS = ("delta", "gamma", "theta", "vega", "rho")


class OptionStates:
    """Reads only."""

    def __init__(
        self, execution: ExecutionService, pnl: PnlService, reader: ChainReader, clock: Clock
    ) -> None:
        self._execution = execution
        self._pnl = pnl
        self._reader = reader
        self._clock = clock

    def state(self, run: WorkerRun, option_run: OptionRun) -> Json:
        """The whole state of a run at the latest prices; Greeks are null where they are unknown."""
        positions = self._execution.positions(run_id=run.strategy_run_id)
        held = {one.key.instrument: one for one in positions}
        chains = self._chains(option_run)
        legs = [self._leg(option_run, index, held, chains) for index in range(len(option_run.legs))]
        pnl = self._pnl.snapshot(run)
        entry = option_run.entry
        return {
            "strategy_run_id": run.public_id,
            "strategy_name": option_run.strategy_name,
            "status": run.status,
            "status_reason": run.status_reason,
            "option_status": option_status(run, option_run, positions),
            "execution_mode": mode_of(run.venue),
            "account_scope": run.account_scope,
            "underlying": option_run.underlying,
            "spot_ltp": _spot(chains),
            "expiry": option_run.expiry.isoformat(),
            "product": option_run.product.value,
            "legs": legs,
            "pnl": pnl["totals"],
            "is_stale": pnl["is_stale"],
            "premium": self.premium(option_run),
            "greeks": _sums(legs),
            "protection": self.protection(run, option_run),
            "entered_at": None if entry is None else in_ist(entry.at),
            "closed_at": None if run.closed_at is None else in_ist(run.closed_at),
            "updated_at": in_ist(self._clock.now()),
        }

    def protection(self, run: WorkerRun, option_run: OptionRun) -> Json:
        """A run's protection, and its profit in percent of the protection's basis."""
        state = protection_of(run)
        positions = self._execution.positions(run_id=run.strategy_run_id, open_only=True)
        now = self._execution.clock.now()
        basis = Basis.ENTRY_VALUE if state.basket is None else state.basket.rules.basis
        watched = watch(state, positions, self._ticks(option_run), now)
        profit = basket_profit_pct(watched, basis)
        return {
            "strategy_run_id": run.public_id,
            "protection": option_run.protection,
            **protection_snapshot(state),
            "basis": basis.value,
            "profit_pct": None if profit is None else round(float(profit), 4),
            "waits_for_entry": option_run.waits_for_entry,
        }

    def _leg(
        self,
        option_run: OptionRun,
        index: int,
        held: dict[str, Position],
        chains: dict[str, LiveChain],
    ) -> Json:
        leg = option_run.legs[index]
        made = {} if option_run.entry is None else {o.leg_id: o for o in option_run.entry.legs}
        entry, position = made.get(leg.leg_id), held.get(leg.instrument)
        tick = self._execution.market.tick(leg.instrument)
        quantity = 0 if position is None else position.quantity
        return {
            **leg_head(option_run, index),
            "order_id": None if entry is None else entry.order_id,
            "order_status": None if entry is None else entry.status,
            "detail": None if entry is None else entry.detail,
            "filled_quantity": 0 if entry is None else entry.quantity,
            "entry_price": _float(None if entry is None else entry.price),
            "net_quantity": quantity,
            "ltp": None if tick is None else float(tick.last_price),
            "unrealized_pnl": None
            if tick is None or position is None
            else rupees(unrealised(position, tick.last_price)),
            "realized_pnl": 0.0 if position is None else rupees(position.realised_paise),
            "greeks": self._greeks(leg, chains),
        }

    def _greeks(self, leg: OptionLeg, chains: dict[str, LiveChain]) -> Json | None:
        live = chains.get(leg.expiry.isoformat())
        contract = self._execution.market.instrument(leg.instrument)
        if live is None or contract is None or not contract.is_option:
            return None
        place = live.place(contract)
        return None if place is None else figures(live, *place)

    def _chains(self, option_run: OptionRun) -> dict[str, LiveChain]:
        """The option chains of the legs' expiries, by expiry, where they have prices."""
        found: dict[str, LiveChain] = {}
        try:
            underlying = self._reader.underlying(option_run.underlying)
            for day in {leg.expiry for leg in option_run.legs} & set(underlying.expiries):
                found[day.isoformat()] = self._reader.chain(underlying, day)
        except ApiError:  # its options have expired, or no price is known yet
            return found
        return found

    def premium(self, option_run: OptionRun) -> Json | None:
        """The combined premium of the entered legs, at entry and now; None before the entry."""
        legs = option_run.entered_legs
        if not legs:
            return None
        now = self._now(option_run, legs)
        return {
            "units": units(legs),
            "entry_value": float(entry_value(legs)),
            "entry": _combined(legs),
            "now": None if now is None else _combined(now),
        }

    def _now(self, option_run: OptionRun, legs: Sequence[EnteredLeg]) -> list[EnteredLeg] | None:
        """The same legs as if they were entered at the latest prices; None without a price."""
        by_id = {leg.leg_id: leg for leg in option_run.legs}
        ticks = self._ticks(option_run)
        if any(leg.instrument not in ticks for leg in legs):
            return None
        return [
            entered(by_id[leg.leg_id], leg.quantity, ticks[leg.instrument].last_price)
            for leg in legs
        ]

    def _ticks(self, option_run: OptionRun) -> dict[str, Any]:
        market = self._execution.market
        names = (leg.instrument for leg in option_run.legs)
        return {name: tick for name in names if (tick := market.tick(name)) is not None}


def option_status(run: WorkerRun, option_run: OptionRun, positions: Sequence[Position]) -> str:
    """The status of the whole: of its entry, until the run is exited."""
    if run.status == "exiting":
        return "exiting"
    if run.status == "closed":
        return "exited" if option_run.entered_legs else "closed"
    if option_run.status is EntryStatus.ENTERED and not any(one.is_open for one in positions):
        return "flat"
    return option_run.status.value


def _combined(legs: Sequence[EnteredLeg]) -> Json:
    """The net premium of the legs in rupees, and for one unit; below 0 it was received."""
    net = net_premium(legs)
    return {"net": float(net), "per_unit": round(float(net / units(legs)), 4)}


def _spot(chains: dict[str, LiveChain]) -> float | None:
    return next((float(live.spot.last_price) for live in chains.values()), None)


def _sums(legs: Sequence[Json]) -> Json | None:
    """Greeks of the positions, before the entry of the legs; None where one is unknown."""
    quantities = [leg["net_quantity"] for leg in legs]
    if not any(quantities):
        signs = [1 if leg["transaction_type"] == "BUY" else -1 for leg in legs]
        quantities = [s * leg["quantity"] for s, leg in zip(signs, legs, strict=True)]
    found: Json = {}
    for name in GREEKS:
        values = [(leg["greeks"] or {}).get(name) for leg in legs]
        if any(value is None for value in values):
            return None
        found[name] = round(sum(q * v for q, v in zip(quantities, values, strict=True)), 4)
    return found


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
