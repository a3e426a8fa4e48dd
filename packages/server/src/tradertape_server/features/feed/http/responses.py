"""Responses and parameters shared by the routes of the console and of workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.candle import Candle, Interval
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.feed.live.candle_history import History
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.live.wire_shapes import kite_candle, kite_quote
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.instruments.service import (
    Identifier,
    InstrumentService,
    ResolvedInstruments,
)


def identifiers(symbols: Sequence[str], tokens: Sequence[int]) -> list[Identifier]:
    """The requested identifiers in order, without duplicates and empty ones."""
    return list(dict.fromkeys([*(s.strip() for s in symbols if s.strip()), *tokens]))


def unresolved(found: ResolvedInstruments) -> list[dict[str, Any]]:
    """The unknown identifiers, each with similar names."""
    return [
        {"identifier": str(asked), "detail": error.detail, "near": list(error.near)}
        for asked, error in found.unknown.items()
    ]


def quotes_response(feed: Feed, found: ResolvedInstruments, mode: Mode) -> dict[str, Any]:
    """Quotes by requested identifier; instruments without a price are listed as unresolved."""
    quotes = feed.quotes(found.instruments.values(), mode)
    made: dict[str, Any] = {}
    unpriced: list[dict[str, Any]] = []
    for asked, one in found.instruments.items():
        tick = quotes.get(one.instrument_token)
        if tick is None:
            why = feed.details.why_unpriced(one.id)
            detail = f"No price of {one.id} is known{f': {why}' if why else ''}."
            unpriced.append({"identifier": str(asked), "detail": detail})
            continue
        made[str(asked)] = kite_quote(tick, mode) | {
            "is_stale": feed.is_stale(one.instrument_token)
        }
    return {"quotes": made, "unresolved": [*unresolved(found), *unpriced]}


def candle_set(
    feed: Feed, instrument: Instrument, interval: Interval, candles: Sequence[Candle]
) -> dict[str, Any]:
    """Recent candles; `current` is the unfinished one."""
    made = [kite_candle(candle) for candle in candles]
    has_current = bool(made) and not made[-1]["is_complete"]
    return {
        "symbol": instrument.id,
        "instrument_token": instrument.instrument_token,
        "interval": interval.value,
        "timeframe": interval.value,
        "source": feed.source.name,
        "count": len(made),
        "candles": made[:-1] if has_current else made,
        "current": made[-1] if has_current else None,
        "is_stale": feed.hours() is not None and feed.status().stale,
    }


def history_set(instrument: Instrument, interval: Interval, history: History) -> dict[str, Any]:
    """Historical candles with their origin."""
    return {
        "symbol": instrument.id,
        "instrument_token": instrument.instrument_token,
        "interval": interval.value,
        "timeframe": interval.value,
        "source": history.source,
        "from": history.start.astimezone(IST).isoformat(),
        "to": history.end.astimezone(IST).isoformat(),
        "count": len(history.candles),
        "ingestion": history.ingestion,
        "candles": [kite_candle(candle) for candle in history.candles],
        "current": None,
        "is_stale": False,
    }


def moment_of(text: str | None, pointer: str) -> datetime | None:
    """Parse a date or a time; without an offset it is in IST. Raises InvalidInput."""
    if not text:
        return None
    try:
        # An unescaped plus sign in a query arrives as a space.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise InvalidInput(f"{text!r} is neither a date nor a time", pointer=pointer) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=IST)


def end_of(text: str | None, pointer: str) -> datetime | None:
    """Parse the end of a range; a date means the end of that day. Raises InvalidInput."""
    moment = moment_of(text, pointer)
    if moment is None or text is None or len(text.strip()) > len("2026-11-20"):
        return moment
    return datetime.combine(moment.date(), time.max, moment.tzinfo)


def mode_of(text: str) -> Mode:
    """Parse a mode; raises InvalidInput."""
    found = Mode.__members__.get(text.upper())
    if found is None:
        raise InvalidInput("mode must be ltp, quote or full", pointer="/mode")
    return found


def asked_instrument(
    instruments: InstrumentService, symbol: str | None, token: int | None
) -> Instrument:
    """The instrument a query names; raises InvalidInput without a name, UnknownInstrument."""
    asked: Identifier | None = token if token is not None else (symbol or "").strip() or None
    if asked is None:
        raise InvalidInput("name a symbol or an instrument_token", pointer="/symbol")
    return instruments.get(asked)
