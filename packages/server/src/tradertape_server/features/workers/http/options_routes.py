"""The worker API's options: chains, analytics, selections and strategies; nothing is traded."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.options.answers import (
    Chain,
    ChainGreeks,
    Expiries,
    MaxPain,
    OptionSession,
    PreviewedStrategy,
    PutCallRatios,
    Selection,
)
from tradertape_server.features.options.preview import StrategyPreview
from tradertape_server.features.options.schemas import PreviewIn, SelectIn
from tradertape_server.features.options.service import OptionService
from tradertape_server.features.workers.http.authorization import worker_with
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import part

PREFIX = "/api/algo-workers/worker"
router = APIRouter(prefix=f"{PREFIX}/options", tags=["workers: options"])

Json = dict[str, Any]
DataWorker = Annotated[Identity, Depends(worker_with("data"))]
Options = Annotated[OptionService, Depends(part("options"))]
Strategies = Annotated[StrategyPreview, Depends(part("option_strategies"))]
Expiry = Annotated[str | None, Query(max_length=40)]
Window = Annotated[int, Query(ge=0, le=200)]


@router.get("/underlyings/{underlying}/session", responses=answers(OptionSession))
def session(_caller: DataWorker, options: Options, underlying: str) -> Json:
    """Spot, lot size, strikes and expiries of an underlying, and whether its market is live."""
    return options.session(underlying)


@router.get("/underlyings/{underlying}/expiries", responses=answers(Expiries))
def expiries(_caller: DataWorker, options: Options, underlying: str) -> Json:
    """The expiry days of its options, the nearest first."""
    return options.expiries(underlying)


@router.get("/underlyings/{underlying}/chain", responses=answers(Chain))
def chain(_caller: DataWorker, options: Options, underlying: str, *, expiry: Expiry = None) -> Json:
    """Calls and puts side by side by strike, with volatility and Greeks."""
    return options.chain(underlying, expiry or None)


@router.get("/underlyings/{underlying}/mini-chain", responses=answers(Chain))
def mini_chain(
    _caller: DataWorker,
    options: Options,
    underlying: str,
    *,
    expiry: Expiry = None,
    window: Window = 5,
) -> Json:
    """The strikes around the money, `window` on either side."""
    return options.chain(underlying, expiry or None, window=window)


@router.get("/underlyings/{underlying}/greeks", responses=answers(ChainGreeks))
def greeks(
    _caller: DataWorker, options: Options, underlying: str, *, expiry: Expiry = None
) -> Json:
    """Volatility and Greeks by strike, with their units."""
    return options.greeks(underlying, expiry or None)


@router.post("/underlyings/{underlying}/selection/resolve", responses=answers(Selection))
def resolve_selection(
    _caller: DataWorker, options: Options, underlying: str, body: SelectIn
) -> Json:
    """Find contracts by strike, offset from the money or delta; `resolved` has the legs' order."""
    return options.select(underlying, body.expiry, body.legs)


@router.get("/underlyings/{underlying}/analytics/pcr", responses=answers(PutCallRatios))
def pcr(_caller: DataWorker, options: Options, underlying: str, *, expiry: Expiry = None) -> Json:
    """Puts over calls, by open interest and by volume."""
    return options.pcr(underlying, expiry or None)


@router.get("/underlyings/{underlying}/analytics/max-pain", responses=answers(MaxPain))
def max_pain(
    _caller: DataWorker, options: Options, underlying: str, *, expiry: Expiry = None
) -> Json:
    """The strike at which holders of all open options would be paid least."""
    return options.max_pain(underlying, expiry or None)


@router.post("/strategies/preview", responses=answers(PreviewedStrategy))
def preview_strategy(_caller: DataWorker, strategies: Strategies, body: PreviewIn) -> Json:
    """Payoff, breakevens, Greeks, margin and charges of a strategy. Places nothing."""
    return strategies.preview(body)
