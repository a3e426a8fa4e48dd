"""A run's own limits on exposure, orders, daily loss and prices: its metadata and risk controls."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from tradertape_core.kernel.errors import Problem
from tradertape_core.kernel.money import Paise
from tradertape_core.risk.rules import RiskLimits
from tradertape_server.features.auth.token_limits import TokenLimits
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Risk
from tradertape_server.features.workers.models import TradingRun, WorkerRun
from tradertape_server.features.workers.runs.halting import PROTECTION

AnyRun = WorkerRun | TradingRun
CAPS = ("allocation_cap", "allocation_cap_inr")
LIMITS = ("daily_loss_limit", "max_orders")
BANDS = ("price_band_pct", "option_price_band_pct")


class PriceBands(NamedTuple):
    """Largest distances of an entry's price from the last one, in percent."""

    shares: Decimal | None  # and futures
    options: Decimal | None


_USUAL = RiskLimits()
USUAL_BANDS = PriceBands(_USUAL.price_band_pct, _USUAL.option_price_band_pct)


def check_limits(document: Mapping[str, Any], at: str) -> list[Problem]:
    """Problems of the limits in a document: one that cannot be read would have no effect."""
    return [
        Problem(f"{at}/{name}", "must be a number above 0; leave it out for no limit")
        for name in (*CAPS, *LIMITS, *BANDS)
        if document.get(name) is not None and _number(document, name) is None
    ]


def allocation_cap(run: AnyRun) -> float | None:
    """The run's largest gross exposure in rupees; None without a limit."""
    return _number(run.details, CAPS[0]) or _number(run.details, CAPS[1])


def risk_of(run: AnyRun) -> Risk:
    """The run's limits as the risk gate takes them: it checks every order."""
    cap, most_lost = allocation_cap(run), _limit(run, "daily_loss_limit")
    most_orders = _limit(run, "max_orders")
    is_halted = run.status == "halted" and run.halted_by == PROTECTION
    bands = price_bands(run)
    has_limits = any(limit is not None for limit in (cap, most_lost, most_orders))
    if bands == USUAL_BANDS and not has_limits and not is_halted:
        return NO_RISK
    return Risk(
        halted=(run.status_reason or "its protection has triggered") if is_halted else None,
        limits=RiskLimits(
            allocation_paise=None if cap is None else Paise(round(cap * 100)),
            daily_loss_paise=None if most_lost is None else Paise(round(most_lost * 100)),
            max_orders_per_day=None if most_orders is None else int(most_orders),
            price_band_pct=bands.shares,
            option_price_band_pct=bands.options,
        ),
    )


def price_bands(run: AnyRun) -> PriceBands:
    """The bands in force: the run's own, which may be its token's, else the usual ones."""
    own = [_limit(run, name) for name in BANDS]
    return PriceBands(
        *(
            usual if band is None else Decimal(str(band))
            for band, usual in zip(own, USUAL_BANDS, strict=True)
        )
    )


def with_token_limits(run: WorkerRun, limits: TokenLimits) -> None:
    """Give a new run its token's limits where it sets none: as risk controls, where they show."""
    missing = {n: value for n, value in limits.given.items() if _limit(run, n) is None}
    if missing:
        risk = run.runtime_state.get("risk")
        own = dict(risk) if isinstance(risk, Mapping) else {}
        run.runtime_state = {**run.runtime_state, "risk": {**own, **missing}}


def limits_in_force(run: WorkerRun) -> dict[str, float | None]:
    """The limits that an entry of the run meets, by their names; None without one."""
    found = {CAPS[0]: allocation_cap(run)} | {name: _limit(run, name) for name in LIMITS}
    bands = zip(BANDS, price_bands(run), strict=True)
    return found | {name: None if band is None else float(band) for name, band in bands}


def _limit(run: AnyRun, name: str) -> float | None:
    risk = run.runtime_state.get("risk")
    limits: Mapping[str, Any] = risk if isinstance(risk, Mapping) else {}
    return _number(limits, name) or _number(run.details, name)


def _number(source: Mapping[str, Any], name: str) -> float | None:
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if value > 0 else None
