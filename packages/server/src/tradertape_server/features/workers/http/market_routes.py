"""The worker API's market data: instruments, quotes, candles, history, and their streams."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from tradertape_core.market.candle import parse_interval
from tradertape_server.features.auth.http.credential_monitor import CredentialMonitor, StreamGuard
from tradertape_server.features.feed.http.answers import (
    CandleEvent,
    CandleHistoryOut,
    CandleSeries,
    FoundInstruments,
    MarketSnapshot,
    Quotes,
    ResolvedOut,
    TicksEvent,
)
from tradertape_server.features.feed.http.responses import (
    asked_instrument,
    candle_set,
    end_of,
    history_set,
    identifiers,
    mode_of,
    moment_of,
    quotes_response,
    unresolved,
)
from tradertape_server.features.feed.http.schemas import (
    CandlesIn,
    InstrumentOut,
    InstrumentsIn,
    QuotesIn,
    SnapshotIn,
    instrument_out,
)
from tradertape_server.features.feed.live.candle_history import CandleHistory
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.frames import is_worth_packing
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.workers.http.authorization import worker_with
from tradertape_server.features.workers.http.market_streams import candle_events, tick_events
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import part
from tradertape_server.platform.streaming.connections import direct_writer_of
from tradertape_server.platform.streaming.gzip_pieces import takes_gzip
from tradertape_server.platform.streaming.streams import EventStream

PREFIX = "/api/algo-workers/worker"
router = APIRouter(prefix=f"{PREFIX}/market", tags=["workers: market"])

DataWorker = Annotated[Identity, Depends(worker_with("data"))]
Live = Annotated[Feed, Depends(part("feed"))]
Instruments = Annotated[InstrumentService, Depends(part("instruments"))]
Past = Annotated[CandleHistory, Depends(part("candle_history"))]
Credentials = Annotated[CredentialMonitor, Depends(part("credentials"))]
Symbol = Annotated[str | None, Query(max_length=100)]
Text = Annotated[str, Query(max_length=40)]
Many = Annotated[str, Query(max_length=20_000)]


@router.get("/instruments/resolve")
def resolve_one(
    _caller: DataWorker,
    instruments: Instruments,
    symbol: Annotated[str, Query(min_length=1, max_length=100)],
) -> InstrumentOut:
    """One instrument by `NSE:INFY` or by token; a 404 suggests similar names."""
    return instrument_out(instruments.get(symbol))


@router.post("/instruments/resolve", responses=answers(ResolvedOut))
def resolve_many(
    _caller: DataWorker, instruments: Instruments, body: InstrumentsIn
) -> dict[str, Any]:
    """Instruments by the identifier given; unknown ones are listed beside them."""
    found = instruments.resolve_many(identifiers(body.symbols, body.instrument_tokens))
    return {
        "instruments": {str(asked): instrument_out(i) for asked, i in found.instruments.items()},
        "unresolved": unresolved(found),
    }


@router.get("/instruments/search", responses=answers(FoundInstruments))
def search(
    _caller: DataWorker,
    instruments: Instruments,
    query: Annotated[str, Query(max_length=100)],
    *,
    exchange: Annotated[str, Query(max_length=10)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
) -> dict[str, Any]:
    """Instruments that contain every word, the best match first."""
    found = instruments.search(query, exchange=exchange, limit=limit)
    return {"instruments": [instrument_out(one) for one in found], "count": len(found)}


@router.post("/quotes", responses=answers(Quotes))
def quotes(
    _caller: DataWorker, feed: Live, instruments: Instruments, body: QuotesIn
) -> dict[str, Any]:
    """Quotes by the identifier given, in Kite's shape."""
    found = instruments.resolve_many(identifiers(body.symbols, body.instrument_tokens))
    return quotes_response(feed, found, mode_of(body.mode))


@router.get("/candles", responses=answers(CandleSeries))
def candles(
    _caller: DataWorker,
    feed: Live,
    instruments: Instruments,
    *,
    symbol: Symbol = None,
    instrument_token: int | None = None,
    interval: Text = "5minute",
    lookback: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """Recent candles, with the incomplete one as `current`."""
    one, length = asked_instrument(instruments, symbol, instrument_token), parse_interval(interval)
    return candle_set(feed, one, length, feed.candles(one, length, count=lookback))


@router.get("/history", responses=answers(CandleHistoryOut))
def history(
    request: Request,
    _caller: DataWorker,
    past: Past,
    instruments: Instruments,
    *,
    symbol: Symbol = None,
    instrument_token: int | None = None,
    timeframe: Text = "day",
) -> dict[str, Any]:
    """Historical candles from `from` to `to`, with their `source`.

    `ingest` and `passthrough` are accepted without effect: there is no broker to fetch from.
    """
    one, length = asked_instrument(instruments, symbol, instrument_token), parse_interval(timeframe)
    start, end = request.query_params.get("from"), request.query_params.get("to")
    found = past.read(one, length, moment_of(start, "/from"), end_of(end, "/to"))
    return history_set(one, length, found)


@router.post("/snapshot", responses=answers(MarketSnapshot))
def snapshot(
    _caller: DataWorker, feed: Live, instruments: Instruments, body: SnapshotIn
) -> dict[str, Any]:
    """Quotes and candles of several instruments in one reply."""
    found = instruments.resolve_many(identifiers(body.symbols, body.instrument_tokens))
    answer = quotes_response(feed, found, mode_of(body.mode))
    series = [_candles_of(feed, instruments, wanted) for wanted in body.candles]
    return answer | {"candles": series}


@router.get("/ticks/stream", responses=answers(TicksEvent), response_class=EventStream)
async def stream_ticks(
    request: Request,
    caller: DataWorker,
    feed: Live,
    instruments: Instruments,
    watch: Credentials,
    *,
    symbols: Many = "",
    tokens: Many = "",
    mode: Text = "quote",
) -> EventStream:
    """Server-sent events: the ticks of a beat; the present state first."""
    found = instruments.resolve_many(identifiers([*symbols.split(","), *tokens.split(",")], []))
    for error in found.unknown.values():
        raise error
    wanted, kind = list(found.instruments.values()), mode_of(mode)
    modes = {one.instrument_token: kind for one in wanted}
    is_gzip = takes_gzip(request.headers) and is_worth_packing(modes)
    events = tick_events(
        feed, wanted, kind, direct_writer=direct_writer_of(request.scope), is_gzip=is_gzip
    )
    return EventStream(events, StreamGuard(watch, caller), is_gzip=is_gzip)


@router.get("/candles/stream", responses=answers(CandleEvent), response_class=EventStream)
async def stream_candles(
    caller: DataWorker,
    feed: Live,
    instruments: Instruments,
    watch: Credentials,
    *,
    symbol: Symbol = None,
    instrument_token: int | None = None,
    interval: Text = "5minute",
) -> EventStream:
    """Server-sent events: a candle whenever it changes, and once more when it is complete."""
    one, length = asked_instrument(instruments, symbol, instrument_token), parse_interval(interval)
    return EventStream(candle_events(feed, one, length), StreamGuard(watch, caller))


def _candles_of(feed: Feed, instruments: InstrumentService, wanted: CandlesIn) -> dict[str, Any]:
    one = asked_instrument(instruments, wanted.symbol, wanted.instrument_token)
    length = parse_interval(wanted.interval)
    return candle_set(feed, one, length, feed.candles(one, length, count=wanted.lookback))
