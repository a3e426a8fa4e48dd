"""Routes that try a strategy on one symbol."""

from __future__ import annotations

from datetime import date
from typing import Annotated, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.strategies.schemas import Explanation, Tree, without_added
from tradertape_server.features.strategies.trial_service import Trial, TrialService
from tradertape_server.platform.http.routing import Body

router = APIRouter(prefix="/api/strategies", tags=["strategies"])


class TrialIn(Body):
    """A document, saved or not, and the symbol to try it on."""

    strategy: Tree
    symbol: Annotated[str, Field(min_length=1, max_length=40, examples=["INFY"])]
    universe: Annotated[str, Field(max_length=20_000)] = "nifty_100"
    data_set: Annotated[str, Field(max_length=60)] | None = None

    def trial(self) -> Trial:
        """The service's own type."""
        return Trial(without_added(self.strategy), self.symbol, self.universe, self.data_set)


class SignalsIn(TrialIn):
    """The date range, both ends inclusive."""

    start_date: date
    end_date: date


class ExplainIn(TrialIn):
    """The close to explain."""

    day: date
    start_date: date | None = Field(
        default=None,
        description="First day of the run or of the signals that the close belongs to, so that "
        "averages have seen the same history.",
    )


class TrialCandle(BaseModel):
    """One candle, rupees and shares."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: float


class TrialSignal(BaseModel):
    """A close at which the entry rules held."""

    date: str
    close: float
    conviction: float
    regime_ok: bool


class Signals(BaseModel):
    """A symbol's candles and the strategy's signals on them."""

    symbol: str
    universe: str
    simulated: bool
    data_version: str
    candles: list[TrialCandle]
    signals: list[TrialSignal]
    conviction_histogram: list[dict[str, int]]
    warnings: list[str]


def _service(request: Request) -> TrialService:
    return cast("TrialService", request.app.state.container.trials)


@router.post("/signals")
def signals_on_symbol(request: Request, _user: CurrentUser, body: SignalsIn) -> Signals:
    """Candles of one symbol with the closes at which a document would have bought it."""
    found = _service(request).signals(body.trial(), body.start_date, body.end_date)
    return Signals.model_validate(found)


@router.post("/explain")
def explain_day(request: Request, _user: CurrentUser, body: ExplainIn) -> Explanation:
    """Why a document would or would not buy a symbol at a close, rule by rule."""
    found = _service(request).explain(body.trial(), body.day, body.start_date)
    return Explanation.model_validate(found)
