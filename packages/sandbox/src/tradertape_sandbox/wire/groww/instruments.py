"""The instrument file: one CSV of everything that is listed, open to everybody."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_sandbox.exchange.listing import Listing
from tradertape_sandbox.wire.groww.names import (
    exchange_of,
    feed_token,
    groww_symbol,
    is_index,
    plain,
    segment_of,
    trading_symbol,
)

COLUMNS = (
    "exchange",
    "exchange_token",
    "trading_symbol",
    "groww_symbol",
    "name",
    "instrument_type",
    "segment",
    "series",
    "isin",
    "underlying_symbol",
    "underlying_exchange_token",
    "expiry_date",
    "strike_price",
    "lot_size",
    "tick_size",
    "freeze_quantity",
    "is_reserved",
    "buy_allowed",
    "sell_allowed",
)
_KINDS = {InstrumentType.INDEX: "IDX"}


def instrument_file(listing: Listing) -> str:
    """The file's text, header first."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_row(one, listing) for one in listing.all)
    return out.getvalue()


def _row(one: Instrument, listing: Listing) -> tuple[object, ...]:
    allowed = 0 if is_index(one) else 1
    return (
        exchange_of(one),
        feed_token(one),
        trading_symbol(one),
        groww_symbol(one),
        one.name or one.tradingsymbol,
        _KINDS.get(one.instrument_type, one.instrument_type.value),
        segment_of(one),
        "EQ" if one.instrument_type is InstrumentType.EQ else "",
        one.isin,
        one.underlying if one.is_derivative else "",
        _underlying_token(one, listing),
        one.expiry.isoformat() if one.expiry else "",
        plain(one.strike or Decimal(0)) if one.is_derivative else "",
        one.lot_size,
        plain(one.tick_size),
        one.freeze_quantity or "",
        0,
        allowed,
        allowed,
    )


def _underlying_token(one: Instrument, listing: Listing) -> str:
    if not one.is_derivative:
        return ""
    contract = INDEX_CONTRACTS.get(one.underlying)
    spot = f"{contract.index_exchange}:{contract.index}" if contract else f"NSE:{one.underlying}"
    found = listing.get(spot)
    return feed_token(found) if found else ""
