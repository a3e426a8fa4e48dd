"""Requests for instruments, quotes, candles and ticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Union

from kite_algo_worker.exceptions import InvalidInputError
from kite_algo_worker.models import JsonDict, WorkerHistoricalCandles
from kite_algo_worker.protocol.call import Call, ask, get

Instrument = Union[str, int]
_MARKET = "/worker/market"


def token_of(instrument: Instrument) -> int | None:
    """Return the token of an instrument given by one; None for a symbol, `NSE:INFY`."""
    if isinstance(instrument, int):
        return instrument
    text = str(instrument).strip()
    return int(text) if text.isdigit() and text.isascii() else None


def split(instruments: Iterable[Instrument]) -> tuple[list[str], list[int]]:
    """Return symbols and tokens separately, each in the order given."""
    names: list[str] = []
    tokens: list[int] = []
    for one in instruments:
        token = token_of(one)
        if token is None:
            names.append(str(one).strip())
        else:
            tokens.append(token)
    return names, tokens


def _named(instrument: Instrument) -> JsonDict:
    token = token_of(instrument)
    if token is None:
        return {"symbol": str(instrument).strip()}
    return {"instrument_token": token}


def resolve_ticker(symbol: str) -> Call[JsonDict]:
    return get(f"{_MARKET}/instruments/resolve", {"symbol": symbol})


def resolve_tickers(instruments: Iterable[Instrument]) -> Call[JsonDict]:
    names, tokens = split(instruments)
    body = {"symbols": names, "instrument_tokens": tokens}
    return ask(f"{_MARKET}/instruments/resolve", body)


def search_tickers(query: str, exchange: str | None, limit: int) -> Call[JsonDict]:
    params = {"query": query, "limit": limit, "exchange": exchange or None}
    return get(f"{_MARKET}/instruments/search", params)


def get_quotes(instruments: Iterable[Instrument], mode: str) -> Call[JsonDict]:
    names, tokens = split(instruments)
    body = {"symbols": names, "instrument_tokens": tokens, "mode": mode}
    return ask(f"{_MARKET}/quotes", body)


def stream_ticks(instruments: Iterable[Instrument], mode: str) -> Call[JsonDict]:
    names, tokens = split(instruments)
    listed = ",".join(str(token) for token in tokens)
    params = {"symbols": ",".join(names), "tokens": listed, "mode": mode}
    return get(f"{_MARKET}/ticks/stream", params)


def get_candles(instrument: Instrument, interval: str, lookback: int) -> Call[JsonDict]:
    params = {"interval": interval, "lookback": lookback, **_named(instrument)}
    return get(f"{_MARKET}/candles", params)


def candles_snapshot(
    instrument: Instrument, interval: str, lookback: int
) -> Call[WorkerHistoricalCandles]:
    call = get_candles(instrument, interval, lookback)
    return call.then(WorkerHistoricalCandles.model_validate)


def current_candle(instrument: Instrument, interval: str) -> Call[JsonDict | None]:
    return get_candles(instrument, interval, 1).then(lambda body: body.get("current"))


def stream_candles(instrument: Instrument, interval: str) -> Call[JsonDict]:
    return get(f"{_MARKET}/candles/stream", {"interval": interval, **_named(instrument)})


def get_history(
    instrument: Instrument,
    timeframe: str,
    from_date: str | datetime | None,
    to_date: str | datetime | None,
    lookback_days: int | None,
    *,
    ingest: bool,
    passthrough: bool,
) -> Call[JsonDict]:
    start, end = history_range(from_date, to_date, lookback_days)
    params = {
        "timeframe": timeframe,
        "ingest": ingest,
        "passthrough": passthrough,
        **_named(instrument),
        "from": start,
        "to": end,
    }
    return get(f"{_MARKET}/history", params)


def history_snapshot(call: Call[JsonDict]) -> Call[WorkerHistoricalCandles]:
    return call.then(WorkerHistoricalCandles.model_validate)


def history_range(
    from_date: str | datetime | None,
    to_date: str | datetime | None,
    lookback_days: int | None,
    *,
    now: datetime | None = None,
) -> tuple[str | None, str | None]:
    """Return both ends of a range as ISO 8601; None where the server chooses.

    Raises InvalidInputError for a number of days that is not above 0, beside a `from_date`, or
    before a `to_date` without an offset.
    """
    if lookback_days is None:
        return _iso(from_date), _iso(to_date)
    if lookback_days <= 0:
        raise InvalidInputError(f"lookback_days must be positive, was {lookback_days}")
    if from_date is not None:
        raise InvalidInputError(
            "from_date and lookback_days are mutually exclusive: give one of them"
        )
    end = _moment(to_date) if to_date is not None else now or datetime.now(timezone.utc)  # noqa: TID251 - the edge: `now` is the caller's to give
    if end.tzinfo is None:
        raise InvalidInputError(
            "to_date must include timezone information when lookback_days is used"
        )
    return (end - timedelta(days=lookback_days)).isoformat(), end.isoformat()


def _moment(value: str | datetime) -> datetime:
    if isinstance(value, datetime):
        return value
    # Python 3.9 and 3.10 do not read a Z.
    return datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)


def _iso(value: str | datetime | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value


def market_snapshot(
    symbols: Iterable[str] | None,
    instrument_tokens: Iterable[int] | None,
    candles: Iterable[Mapping[str, Any]] | None,
    mode: str,
) -> Call[JsonDict]:
    body = {
        "symbols": list(symbols or ()),
        "instrument_tokens": list(instrument_tokens or ()),
        "candles": [dict(one) for one in candles or ()],
        "mode": mode,
    }
    return ask(f"{_MARKET}/snapshot", body)
