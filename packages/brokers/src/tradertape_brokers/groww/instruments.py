"""Groww's instrument file: its rows, and the check of a new file before it replaces the old one.

Columns are found by their names: their order has varied.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

import httpx

from tradertape_brokers.errors import BrokerError, Unavailable
from tradertape_brokers.groww.answers import transport_error
from tradertape_brokers.groww.names import CASH, FNO, Listed
from tradertape_brokers.tls import tls
from tradertape_core.market.instrument import InstrumentType

FILE_URL: Final = "https://growwapi-assets.groww.in/instruments/instrument.csv"
_TIMEOUT_S: Final = 60.0
_LARGEST_LOSS: Final = Decimal("0.2")  # of the rows, from one day's file to the next
_MOST_UNREADABLE: Final = Decimal("0.01")  # of the rows
_COLUMNS: Final = frozenset(
    {"exchange", "exchange_token", "trading_symbol", "groww_symbol", "instrument_type", "segment"}
)
_KINDS: Final[Mapping[str, InstrumentType]] = {
    "EQ": InstrumentType.EQ,
    "IDX": InstrumentType.INDEX,
    "FUT": InstrumentType.FUT,
    "CE": InstrumentType.CE,
    "PE": InstrumentType.PE,
}
_SEGMENTS: Final = frozenset({CASH, FNO})


class BadFile(Unavailable):
    """A file that must not replace the one in use; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowwInstrument:
    """One row. token: what the feed names it by; an index's may be a name."""

    listed: Listed
    token: str
    groww_symbol: str
    kind: InstrumentType
    name: str
    isin: str
    underlying: str
    expiry: date | None
    strike: Decimal | None
    lot_size: int
    tick_size: Decimal
    freeze_quantity: int | None
    can_buy: bool
    can_sell: bool


def download(
    url: str = FILE_URL, *, transport: httpx.BaseTransport | None = None
) -> list[GrowwInstrument]:
    """Fetch and read the file; it is open to everybody. Raises Unavailable."""
    try:
        with httpx.Client(timeout=_TIMEOUT_S, transport=transport, verify=tls()) as http:
            answer = http.get(url, follow_redirects=True)
    except httpx.TransportError as error:
        ours: BrokerError = transport_error(error, is_write=False)
    else:
        if not answer.is_success:
            raise Unavailable(f"the instrument file was answered with status {answer.status_code}")
        return parse(answer.text)
    raise ours


def parse(text: str) -> list[GrowwInstrument]:
    """Read the file: shares, indices, futures and options of NSE and BSE. Raises BadFile.

    Rows of other segments are passed over. A few that cannot be read are left out; more make the
    file bad.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = _COLUMNS - set(reader.fieldnames or ())
    if missing:
        raise BadFile(f"the instrument file has no column {', '.join(sorted(missing))}")
    found: list[GrowwInstrument] = []
    unreadable = 0
    for row in reader:
        if row["segment"] not in _SEGMENTS or row["exchange"] not in ("NSE", "BSE"):
            continue
        try:
            found.append(_read(row))
        except (KeyError, TypeError, ValueError, InvalidOperation):
            unreadable += 1
    if not found or unreadable > len(found) * _MOST_UNREADABLE:
        raise BadFile(f"{unreadable} rows of the instrument file cannot be read, {len(found)} can")
    return found


def checked(new: list[GrowwInstrument], old: Iterable[GrowwInstrument]) -> list[GrowwInstrument]:
    """The new rows, if they may replace the old ones. Raises BadFile.

    A file that lost a fifth of its rows overnight, or that names two rows alike, is kept out: the
    old one stays in use.
    """
    before = sum(1 for _ in old)
    if before and len(new) < before * (1 - _LARGEST_LOSS):
        raise BadFile(f"the instrument file has {len(new)} rows after {before} the day before")
    names = [one.listed for one in new]
    tokens = [(one.listed.exchange, one.listed.segment, one.token) for one in new]
    for what, keys in (("name", names), ("token", tokens)):
        twice = len(keys) - len(set(keys))
        if twice:
            raise BadFile(f"{twice} rows of the instrument file have the {what} of another")
    return new


def _read(row: Mapping[str, str]) -> GrowwInstrument:
    kind = _KINDS[row["instrument_type"]]
    derivative = kind in (InstrumentType.FUT, InstrumentType.CE, InstrumentType.PE)
    symbol, token = row["trading_symbol"].strip(), row["exchange_token"].strip()
    if not symbol or not token:
        raise ValueError("a row without a symbol or a token")
    return GrowwInstrument(
        listed=Listed(row["exchange"], row["segment"], symbol),
        token=token,
        groww_symbol=row["groww_symbol"].strip(),
        kind=kind,
        name=(row.get("name") or "").strip(),
        isin=(row.get("isin") or "").strip(),
        underlying=(row.get("underlying_symbol") or "").strip(),
        expiry=date.fromisoformat(row["expiry_date"]) if derivative else None,
        strike=Decimal(row["strike_price"]) if kind.value in ("CE", "PE") else None,
        lot_size=int(Decimal(row.get("lot_size") or 1)),
        tick_size=Decimal(row.get("tick_size") or "0.05"),
        freeze_quantity=int(Decimal(row.get("freeze_quantity") or 0)) or None,
        can_buy=(row.get("buy_allowed") or "1") != "0",
        can_sell=(row.get("sell_allowed") or "1") != "0",
    )
