"""Routes of options for the console: chains, ratios, selections and strategies."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from tradertape_core.options.spreads import SPREADS
from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.options.answers import (
    Chain,
    ChainGreeks,
    Expiries,
    MaxPain,
    NamedSpread,
    OptionSession,
    PreviewedStrategy,
    PutCallRatios,
    Selection,
)
from tradertape_server.features.options.preview import StrategyPreview
from tradertape_server.features.options.schemas import PreviewIn, SelectIn
from tradertape_server.features.options.service import OptionService
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.routing import part

router = APIRouter(prefix="/api/options", tags=["options"])

Json = dict[str, Any]
Options = Annotated[OptionService, Depends(part("options"))]
Strategies = Annotated[StrategyPreview, Depends(part("option_strategies"))]
Underlying = Annotated[str, Path(max_length=40, examples=["NIFTY"])]
Expiry = Annotated[
    str | None,
    Query(
        max_length=40,
        description="nearest (default), current_week, next_week, current_month, next_month or a "
        "date",
    ),
]
Window = Annotated[int | None, Query(ge=0, le=200, description="Strikes either side of the money.")]


@router.get("/underlyings")
def list_underlyings(_user: CurrentUser, options: Options) -> list[str]:
    """The underlyings that have options."""
    return options.underlyings()


@router.get("/spreads")
def list_spreads(_user: CurrentUser) -> list[NamedSpread]:
    """The named strategies that a preview accepts."""
    return [
        {"name": one.name, "title": one.title, "outlook": one.outlook} for one in SPREADS.values()
    ]


@router.post("/strategies/preview", responses=answers(PreviewedStrategy))
def preview_strategy(_user: CurrentUser, strategies: Strategies, body: PreviewIn) -> Json:
    """Payoff, breakevens, Greeks, margin and charges of a strategy. Places no order."""
    return strategies.preview(body)


@router.get("/{underlying}/session", responses=answers(OptionSession))
def show_session(_user: CurrentUser, options: Options, underlying: Underlying) -> Json:
    """Spot, lot, strikes and expiries of an underlying, and whether its market is open."""
    return options.session(underlying)


@router.get("/{underlying}/expiries", responses=answers(Expiries))
def list_expiries(_user: CurrentUser, options: Options, underlying: Underlying) -> Json:
    """Expiries of its options, the nearest first."""
    return options.expiries(underlying)


@router.get("/{underlying}/chain", responses=answers(Chain))
def show_chain(
    _user: CurrentUser,
    options: Options,
    underlying: Underlying,
    *,
    expiry: Expiry = None,
    window: Window = None,
) -> Json:
    """Calls and puts side by side by strike, with volatility and Greeks."""
    return options.chain(underlying, expiry or None, window=window)


@router.get("/{underlying}/greeks", responses=answers(ChainGreeks))
def show_greeks(
    _user: CurrentUser, options: Options, underlying: Underlying, *, expiry: Expiry = None
) -> Json:
    """Volatility and Greeks by strike, with their units."""
    return options.greeks(underlying, expiry or None)


@router.get("/{underlying}/pcr", responses=answers(PutCallRatios))
def show_pcr(
    _user: CurrentUser, options: Options, underlying: Underlying, *, expiry: Expiry = None
) -> Json:
    """Put-call ratios, by open interest and by volume."""
    return options.pcr(underlying, expiry or None)


@router.get("/{underlying}/max-pain", responses=answers(MaxPain))
def show_max_pain(
    _user: CurrentUser, options: Options, underlying: Underlying, *, expiry: Expiry = None
) -> Json:
    """The strike at which the holders of all open options are paid least."""
    return options.max_pain(underlying, expiry or None)


@router.post("/{underlying}/select", responses=answers(Selection))
def select_contracts(
    _user: CurrentUser, options: Options, underlying: Underlying, body: SelectIn
) -> Json:
    """Find contracts by strike, offset from the money or delta."""
    return options.select(underlying, body.expiry, body.legs)
