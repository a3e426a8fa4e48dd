"""Ticks of futures and options of one session, priced from their underlying's spot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from tradertape_core.market.hours import TradingHours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.tick import Tick
from tradertape_core.market.world.derivatives import (
    DerivativePricer,
    Running,
    derivative_tick,
    on_tick,
)
from tradertape_core.market.world.live import STEPS_A_SECOND, LiveMarket
from tradertape_core.options.contract_path import expected_volatility

_STEP_US = 1_000_000 // STEPS_A_SECOND


@dataclass(slots=True)
class ContractPrices:
    """The running prices of a session's contracts; begun anew with each session."""

    pricer: DerivativePricer
    _running: dict[int, Running] = field(default_factory=dict[int, Running])

    def tick(
        self,
        live: LiveMarket,
        contract: Instrument,
        underlying: str,
        moment: datetime,
        *,
        hours: TradingHours,
        seq: int,
        spot: float | None = None,
    ) -> Tick | None:
        """The market of a contract at a moment; None where it has no price.

        underlying: the name of the index or share it is on. spot: its price, where it was set.
        """
        if not live.knows(underlying):
            return None
        running = self._running.get(contract.instrument_token)
        running = running or self._begin(live, contract, underlying)
        fair = self._fair(live, contract, spot or live.implied(underlying, moment), moment)
        if running is None or not np.isfinite(fair):
            return None
        running = running.moved_to(on_tick(fair, round(contract.tick_size * 100)))
        self._running[contract.instrument_token] = running
        second = hours.second_of(moment)
        step = second * STEPS_A_SECOND + moment.microsecond // _STEP_US
        through = second / hours.seconds
        return derivative_tick(contract, running, moment, through=through, step=step, seq=seq)

    def _fair(self, live: LiveMarket, contract: Instrument, spot: float, moment: datetime) -> float:
        expected = expected_volatility(live, moment)
        return float(self.pricer.prices([contract], spot=spot, volatility=expected, at=moment)[0])

    def _begin(self, live: LiveMarket, contract: Instrument, underlying: str) -> Running | None:
        """The contract at its previous close and at the open; None where it has no price."""
        start, before = live.hours.start, live.previous_close(underlying)
        close = self._fair(live, contract, before, start)
        opening = self._fair(live, contract, live.spot(underlying, start), start)
        if not (np.isfinite(close) and np.isfinite(opening)):
            return None
        expected = expected_volatility(live, start)
        interest = self.pricer.interest([contract], spot=before, volatility=expected, at=start)
        size = round(contract.tick_size * 100)
        first = on_tick(opening, size)
        return Running(on_tick(close, size), first, first, first, first, int(interest[0]))
