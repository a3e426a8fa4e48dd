"""Instruments as the files and the search have them."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
from starlette.responses import Response

from tradertape_core.kernel.clock import IST
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.options.expiry import resolve_expiry
from tradertape_sandbox.exchange.exchange import Exchange
from tradertape_sandbox.exchange.listing import Listing
from tradertape_sandbox.wire.upstox.door import Call, Endpoint
from tradertape_sandbox.wire.upstox.envelope import UpstoxError, invalid, success
from tradertape_sandbox.wire.upstox.keys import key_of, segment_of

MOST_RECORDS = 30
_RECORDS = 10
_LONGEST_QUERY = 50
_LAST_SECOND = time(23, 59, 59)
_SECURITY_TYPE = "NORMAL"
_MTF_LEVERAGE = 4
# Files by name, each with the exchanges it lists; what is not traded here has an empty file.
_FILES: dict[str, tuple[str, ...]] = {
    "complete": ("NSE", "NFO", "BSE", "BFO"),
    "NSE": ("NSE", "NFO"),
    "BSE": ("BSE", "BFO"),
    "MTF": ("NSE", "BSE"),
    "MCX": (),
    "suspended-instrument": (),
}


def file_row(listing: Listing, one: Instrument) -> dict[str, Any]:
    """An instrument as the JSON files have it; tick sizes are paise, expiries milliseconds."""
    row: dict[str, Any] = {
        "segment": segment_of(one),
        "name": one.name or one.underlying or one.tradingsymbol,
        "exchange": one.exchange.replace("NFO", "NSE").replace("BFO", "BSE"),
        "instrument_type": one.instrument_type.value,
        "instrument_key": key_of(one),
        "exchange_token": str(one.exchange_token),
        "trading_symbol": trading_symbol(one),
    }
    if one.instrument_type is InstrumentType.INDEX:
        return row
    row |= {
        "lot_size": one.lot_size,
        "freeze_quantity": float(one.freeze_quantity or 0),
        "tick_size": float(one.tick_size * 100),
        "qty_multiplier": 1.0,
    }
    if not one.is_derivative:
        mtf = {"mtf_enabled": True, "mtf_bracket": 100.0 / _MTF_LEVERAGE}
        short = {"short_name": one.name, "security_type": _SECURITY_TYPE}
        return {**row, "isin": one.isin, **short, **mtf}
    return row | _contract(listing, one)


def day_row(listing: Listing, one: Instrument) -> dict[str, Any]:
    """An instrument as the search and the list of contracts have it: the expiry is a date."""
    row = file_row(listing, one)
    if one.expiry is not None:
        row["expiry"] = row["last_trading_date"] = one.expiry.isoformat()
    return row


def trading_symbol(one: Instrument) -> str:
    """The symbol in Upstox's words: `NIFTY 24000 CE 26 NOV 26`, `INFY`."""
    if one.expiry is None:
        return one.tradingsymbol
    day = one.expiry.strftime("%d %b %y").upper()
    if one.strike is None:
        return f"{one.underlying} FUT {day}"
    return f"{one.underlying} {one.strike.normalize():f} {one.option_type} {day}"


def file(call: Call) -> Response:
    """A file of instruments, packed by gzip."""
    name = call.path["name"]
    if name not in _FILES:
        raise UpstoxError("UDAPI100060", f"There is no instrument file {name}", status=404)
    listing = call.exchange.instruments
    kept = call.door.instrument_files
    if kept.listing is not listing:
        kept.listing, kept.packed = listing, {}
    if name not in kept.packed:
        rows = [file_row(listing, one) for one in listing.all if one.exchange in _FILES[name]]
        if name == "MTF":
            rows = [row for row in rows if row.get("mtf_enabled")]
        kept.packed[name] = gzip.compress(orjson.dumps(rows), compresslevel=5, mtime=0)
    return Response(kept.packed[name], media_type="application/gzip")


def search(call: Call) -> Response:
    """Instruments whose symbol, name or ISIN has every word of the query."""
    words = call.query.get("query", "").upper().split()
    if not words or len(call.query["query"]) > _LONGEST_QUERY:
        raise invalid(f"query must have 1 to {_LONGEST_QUERY} characters", "query")
    listing = call.exchange.instruments
    found = [one for one in listing.all if _fits(call, one) and _has(one, words)]
    found = _of_expiry(call, found)
    found = _around_money(call, found)
    found.sort(key=lambda one: _rank(one, words))
    size = _whole(call, "records", _RECORDS, MOST_RECORDS)
    pages = max(1, -(-len(found) // size))
    page = _whole(call, "page_number", 1, 1_000_000)
    shown = found[(page - 1) * size : page * size]
    meta = {
        "page_number": page, "total_pages": pages, "records": len(shown),
        "total_records": len(found),
    }  # fmt: skip
    return success([day_row(listing, one) for one in shown], meta_data={"page": meta})


def expiry_ms(expiry: date) -> int:
    """The last second of an expiry's day in India, milliseconds since 1970."""
    return int(datetime.combine(expiry, _LAST_SECOND, tzinfo=IST).timestamp() * 1000)


def _contract(listing: Listing, one: Instrument) -> dict[str, Any]:
    spot = listing.spot_of(one)
    kind = "EQUITY" if spot is None or spot.instrument_type is InstrumentType.EQ else "INDEX"
    row: dict[str, Any] = {
        "minimum_lot": one.lot_size,
        "underlying_symbol": one.underlying,
        "underlying_key": "" if spot is None else key_of(spot),
        "underlying_type": kind,
        "asset_symbol": one.underlying,
        "asset_key": "" if spot is None else key_of(spot),
        "asset_type": kind,
    }
    if one.expiry is not None:
        row["expiry"] = row["last_trading_date"] = expiry_ms(one.expiry)
        row["weekly"] = _is_weekly(listing, one, one.expiry)
    if one.is_option:
        row["strike_price"] = float(one.strike or 0)
    return row


def _is_weekly(listing: Listing, one: Instrument, expiry: date) -> bool:
    """Whether futures, which have months alone, do not end on the option's day."""
    futures = (it for it in listing.derivatives(one.underlying) if not it.is_option)
    return one.is_option and expiry not in {it.expiry for it in futures}


def _fits(call: Call, one: Instrument) -> bool:
    tests: tuple[tuple[str, Callable[[Instrument], str]], ...] = (
        ("exchanges", lambda it: it.exchange.replace("NFO", "NSE").replace("BFO", "BSE")),
        ("segments", _kind_of_segment),
        ("instrument_types", lambda it: it.instrument_type.value),
    )
    for name, of in tests:
        wanted = {word.strip().upper() for word in call.query.get(name, "").split(",")} - {""}
        if wanted and "ALL" not in wanted and not _named(of(one), segment_of(one), wanted):
            return False
    return True


def _named(word: str, segment: str, wanted: set[str]) -> bool:
    return word in wanted or segment in wanted


def _kind_of_segment(one: Instrument) -> str:
    return segment_of(one).partition("_")[2]


def _has(one: Instrument, words: Iterable[str]) -> bool:
    text = f"{one.tradingsymbol} {trading_symbol(one)} {one.name} {one.isin}".upper()
    return all(word in text for word in words)


def _rank(one: Instrument, words: Sequence[str]) -> tuple[object, ...]:
    exact = one.tradingsymbol.upper() != " ".join(words)
    starts = not one.tradingsymbol.upper().startswith(words[0])
    return (
        exact,
        one.is_derivative,
        starts,
        one.expiry or date.min,
        one.strike or Decimal(0),
        one.id,
    )


def _of_expiry(call: Call, found: list[Instrument]) -> list[Instrument]:
    text = call.query.get("expiry")
    if not text:
        return found
    groups: dict[tuple[str, str], list[Instrument]] = {}
    for one in found:
        if one.expiry is not None:
            groups.setdefault((one.exchange, one.underlying), []).append(one)
    kept: list[Instrument] = []
    for (exchange, _), group in groups.items():
        days = [one.expiry for one in group if one.expiry is not None]
        day = resolve_expiry(text, days, call.exchange.now(), exchange=exchange, pointer="expiry")
        kept += [one for one in group if one.expiry == day]
    return kept


def _around_money(call: Call, found: list[Instrument]) -> list[Instrument]:
    text = call.query.get("atm_offset")
    if text is None:
        return found
    try:
        offset = int(text)
    except ValueError:
        raise invalid("atm_offset must be a whole number", "atm_offset", text) from None
    groups: dict[tuple[object, ...], list[Instrument]] = {}
    for one in found:
        if one.is_option:
            groups.setdefault((one.underlying, one.expiry, one.option_type), []).append(one)
    kept = [_at_offset(call.exchange, group, offset) for group in groups.values()]
    return [one for one in kept if one is not None]


def _at_offset(exchange: Exchange, group: list[Instrument], offset: int) -> Instrument | None:
    spot = exchange.instruments.spot_of(group[0])
    tick = None if spot is None else exchange.tick(spot.id)
    if tick is None:
        return None
    rows = sorted(group, key=lambda one: one.strike or Decimal(0))
    distances = [abs((one.strike or Decimal(0)) - tick.last_price) for one in rows]
    place = distances.index(min(distances)) + offset
    return rows[place] if 0 <= place < len(rows) else None


def _whole(call: Call, name: str, default: int, most: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must be a whole number from 1 to {most}", name, text)
    return int(text)


ENDPOINTS = (
    Endpoint("GET", "/v2/instruments/search", search),
    Endpoint("GET", "/market-quote/instruments/exchange/{name}.json.gz", file, is_open=True),
)
