"""Routes of the live market for the console: instruments, quotes, candles, the feed's state."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tradertape_core.kernel.clock import IST
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.candle import parse_interval
from tradertape_server.features.auth.http.dependencies import CurrentUser, SessionUser
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.feed.http.answers import CandleHistoryOut, CandleSeries, Quotes
from tradertape_server.features.feed.http.responses import (
    asked_instrument,
    candle_set,
    end_of,
    history_set,
    identifiers,
    mode_of,
    moment_of,
    quotes_response,
)
from tradertape_server.features.feed.http.schemas import (
    FeedStatusOut,
    InstrumentOut,
    MarketIn,
    MarketOut,
    MasterOut,
    QuotesIn,
    broker_feed_out,
    instrument_out,
)
from tradertape_server.features.feed.live.candle_history import CandleHistory
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.market_state import market_state
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.instruments.traded_market import MarketChoice, TradedMarket
from tradertape_server.features.market.calendar_warning import calendar_warning
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import part

router = APIRouter(prefix="/api", tags=["live market"])

Live = Annotated[Feed, Depends(part("feed"))]
Instruments = Annotated[InstrumentService, Depends(part("instruments"))]
Past = Annotated[CandleHistory, Depends(part("candle_history"))]
Choice = Annotated[MarketChoice, Depends(part("market_choice"))]
Masters = Annotated[BrokerMasters | None, Depends(part("masters"))]
Brokers = Annotated[Connections, Depends(part("connections"))]
Symbol = Annotated[str | None, Query(max_length=100, examples=["NSE:INFY"])]
Token = Annotated[int | None, Query(alias="instrument_token")]
Words = Annotated[str, Query(max_length=100, description="All words must match.")]
IntervalName = Annotated[str, Query(max_length=20, examples=["5minute"])]
Count = Annotated[int, Query(ge=1, le=500)]


@router.get("/instruments/search")
def search_instruments(
    _user: CurrentUser,
    instruments: Instruments,
    query: Words,
    *,
    exchange: Annotated[str, Query(max_length=10)] = "",
    limit: Count = 20,
) -> list[InstrumentOut]:
    """Search shares, indices, futures and options by words, the best match first."""
    return [instrument_out(i) for i in instruments.search(query, exchange=exchange, limit=limit)]


@router.get("/instruments/resolve")
def resolve_instrument(
    _user: CurrentUser, instruments: Instruments, *, symbol: Symbol = None, token: Token = None
) -> InstrumentOut:
    """Find one instrument by an id such as `NSE:INFY` or by token; a 404 lists similar names."""
    return instrument_out(asked_instrument(instruments, symbol, token))


@router.get("/live/market")
def traded_market(
    user: CurrentUser, choice: Choice, masters: Masters, connections: Brokers
) -> MarketOut:
    """The market that the server trades, the one of its next start, and the brokers' lists."""
    return _market_out(user, choice, masters, connections)


@router.put("/live/market")
def choose_market(
    user: SessionUser, choice: Choice, masters: Masters, connections: Brokers, body: MarketIn
) -> MarketOut:
    """Choose the market from the next start on.

    It is one for everybody: an administrator may, and whoever is alone on the server; on a
    demonstration everybody.
    Accounts of another market rest meanwhile: they can be read, and refuse orders.
    """
    choice.choose(body.market, user)
    return _market_out(user, choice, masters, connections)


def _market_out(
    user: Identity, choice: MarketChoice, masters: BrokerMasters | None, connections: Connections
) -> MarketOut:
    chosen = choice.chosen()
    return MarketOut(
        market=choice.current,
        chosen=chosen,
        needs_restart=chosen is not choice.current,
        switches_itself=choice.switches_itself,
        can_choose=choice.may_choose(user),
        fixed_by=choice.fixed_by,
        choices=[
            one
            for one in TradedMarket
            if one in (choice.current, chosen)
            or one.environment is None
            or connections.addresses.has(one.environment)
        ],
        masters=[
            MasterOut(
                broker=one.broker,
                instruments=one.instruments,
                downloaded_at=one.downloaded_at,
                stale=one.is_stale,
                reason=one.reason,
            )
            for one in ([] if masters is None else masters.states())
        ],
    )


@router.get("/live/status")
def feed_status(_user: CurrentUser, feed: Live) -> FeedStatusOut:
    """The source of prices, whether they are simulated, and whether they are fresh."""
    status, hours = feed.status(), feed.hours()
    market = market_state(feed.source, nse_calendar(), feed.now)
    ends = calendar_warning(nse_calendar(), feed.now.astimezone(IST).date())
    return FeedStatusOut(
        connected=status.connected,
        source=status.source,
        label=status.label,
        feeds=[broker_feed_out(one) for one in status.feeds],
        simulated=status.is_simulated,
        demo=status.is_demo,
        stale=status.stale,
        last_tick_at=status.last_tick_at,
        reason=status.reason,
        state=market.state,
        state_text=market.text,
        state_hint=f"{market.hint} {ends}".rstrip(),
        opens_at=market.opens_at,
        session_start=hours.start if hours else None,
        session_end=hours.end if hours else None,
        instruments=len(feed.subscriptions),
    )


@router.post("/live/quotes", responses=answers(Quotes))
def live_quotes(
    _user: CurrentUser, feed: Live, instruments: Instruments, body: QuotesIn
) -> dict[str, Any]:
    """Quotes by requested identifier, in Kite's format; unknown identifiers are listed too."""
    found = instruments.resolve_many(identifiers(body.symbols, body.instrument_tokens))
    return quotes_response(feed, found, mode_of(body.mode))


@router.get("/live/candles", responses=answers(CandleSeries))
def live_candles(
    _user: CurrentUser,
    feed: Live,
    instruments: Instruments,
    *,
    symbol: Symbol = None,
    token: Token = None,
    interval: IntervalName = "5minute",
    lookback: Count = 100,
) -> dict[str, Any]:
    """The last candles, and as `current` the unfinished one."""
    one, length = asked_instrument(instruments, symbol, token), parse_interval(interval)
    return candle_set(feed, one, length, feed.candles(one, length, count=lookback))


@router.get("/live/history", responses=answers(CandleHistoryOut))
def live_history(
    _user: CurrentUser,
    past: Past,
    instruments: Instruments,
    *,
    symbol: Symbol = None,
    token: Token = None,
    interval: IntervalName = "day",
    start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40)] = None,
) -> dict[str, Any]:
    """Historical candles: daily ones of the data set, intraday ones of the simulated market."""
    one, length = asked_instrument(instruments, symbol, token), parse_interval(interval)
    history = past.read(one, length, moment_of(start, "/from"), end_of(end, "/to"))
    return history_set(one, length, history)
