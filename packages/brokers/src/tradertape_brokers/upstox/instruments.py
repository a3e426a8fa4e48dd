"""Upstox's instrument file: its rows, and the check of a new file before it replaces the old."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast

import httpx

from tradertape_brokers.errors import BrokerError, Unavailable
from tradertape_brokers.tls import tls
from tradertape_brokers.upstox.amounts import UNREADABLE, rupees, units
from tradertape_brokers.upstox.answers import as_object, transport_error
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.python310 import UTC
from tradertape_core.market.instrument import Instrument, InstrumentType, OptionType
from tradertape_core.market.tokens import instrument_token

FILE_PATH: Final = "/market-quote/instruments/exchange/complete.json.gz"
FILE_URL: Final = f"https://assets.upstox.com{FILE_PATH}"
_TIMEOUT_S: Final = 60.0
_LARGEST_LOSS: Final = Decimal("0.2")  # of the rows, from one day's file to the next
_MOST_UNREADABLE: Final = Decimal("0.01")  # of the rows
_KINDS: Final = {one.value: one for one in InstrumentType}
_PAISE: Final = 100
_MONTHS: Final = "123456789OND"  # of weekly contracts
EXCHANGES: Final = {
    "NSE_EQ": "NSE", "BSE_EQ": "BSE", "NSE_FO": "NFO", "BSE_FO": "BFO",
    "NSE_INDEX": "NSE", "BSE_INDEX": "BSE",
}  # fmt: skip


class BadFile(Unavailable):
    """A file that must not replace the one in use; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstoxInstrument:
    """One row. kind: shares of every series are EQ."""

    key: str
    segment: str
    trading_symbol: str
    exchange_token: str
    kind: InstrumentType
    name: str
    isin: str
    underlying: str
    expiry: date | None
    strike: Decimal | None
    lot_size: int
    tick_size: Decimal
    freeze_quantity: int | None
    is_weekly: bool = False


class UpstoxInstruments:
    """The list of what can be traded: the port of `marketdata.InstrumentsPort`."""

    def __init__(self, url: str = FILE_URL, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport

    def download(self) -> list[Instrument]:
        """Read today's whole list. Raises Unavailable."""
        return listed(download(self._url, transport=self._transport))


def listed(rows: Sequence[UpstoxInstrument]) -> list[Instrument]:
    """The rows as core's instruments, under the exchanges' own symbols. Raises BadFile where two
    have one name."""
    found: dict[str, Instrument] = {}
    for row in rows:
        one = _instrument(row)
        if one.id in found:
            raise BadFile(f"the instrument file names {one.id} twice")
        found[one.id] = one
    return list(found.values())


def download(
    url: str = FILE_URL, *, transport: httpx.BaseTransport | None = None
) -> list[UpstoxInstrument]:
    """Fetch and read the file; it is open to everybody. Raises Unavailable."""
    try:
        with httpx.Client(timeout=_TIMEOUT_S, transport=transport, verify=tls()) as http:
            answer = http.get(url, follow_redirects=True)
    except httpx.RequestError as error:
        ours: BrokerError = transport_error(error, is_write=False)
    else:
        if not answer.is_success:
            raise Unavailable(f"the instrument file was answered with status {answer.status_code}")
        return parse(answer.content)
    raise ours


def parse(packed: bytes) -> list[UpstoxInstrument]:
    """Read the file: shares, indices, futures and options of NSE and BSE. Raises BadFile.

    Rows of other segments are passed over. A few that cannot be read are left out; more make the
    file bad.
    """
    try:
        given: object = json.loads(gzip.decompress(packed), parse_float=Decimal)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BadFile("the instrument file is no packed JSON") from error
    rows = cast(Sequence[object], given) if isinstance(given, list) else ()
    found: list[UpstoxInstrument] = []
    unreadable = 0
    for row in rows:
        fields = as_object(row) or {}
        if fields and fields.get("segment") not in EXCHANGES:
            continue
        try:
            found.append(_read(fields))
        except UNREADABLE:
            unreadable += 1
    if not found or unreadable > len(found) * _MOST_UNREADABLE:
        raise BadFile(f"{unreadable} rows of the instrument file cannot be read, {len(found)} can")
    return found


def checked(
    new: Sequence[UpstoxInstrument], old: Sequence[UpstoxInstrument]
) -> Sequence[UpstoxInstrument]:
    """The new rows, if they may replace the old ones. Raises BadFile.

    A file that lost a fifth of its rows overnight is kept out: the old one stays in use.
    """
    if old and len(new) < len(old) * (1 - _LARGEST_LOSS):
        raise BadFile(f"the instrument file has {len(new)} rows after {len(old)} the day before")
    return new


def _read(row: Mapping[str, Any]) -> UpstoxInstrument:
    segment, key = str(row["segment"]), str(row["instrument_key"])
    word = str(row["instrument_type"])
    # The type of a share is its series: EQ, BE, A, SM and many more.
    kind = InstrumentType.EQ if segment.endswith("_EQ") else _KINDS[word]
    is_derivative = segment.endswith("_FO")
    if not key.startswith(f"{segment}|") or is_derivative is (kind in _NO_CONTRACTS):
        raise ValueError("a row of two segments")
    is_option = kind in (InstrumentType.CE, InstrumentType.PE)
    tick = rupees(row.get("tick_size")) / _PAISE
    return UpstoxInstrument(
        key=key,
        segment=segment,
        trading_symbol=str(row["trading_symbol"]),
        exchange_token=str(row.get("exchange_token") or ""),
        kind=kind,
        name=str(row.get("name") or ""),
        isin=str(row.get("isin") or ""),
        underlying=str(row.get("underlying_symbol") or row.get("asset_symbol") or ""),
        expiry=_day(row["expiry"]) if is_derivative else None,
        strike=rupees(row["strike_price"]) if is_option else None,
        lot_size=units(row.get("lot_size")) or 1,
        tick_size=tick or Decimal("0.01"),
        freeze_quantity=int(rupees(row.get("freeze_quantity"))) or None,
        is_weekly=bool(row.get("weekly")),
    )


_NO_CONTRACTS: Final = (InstrumentType.EQ, InstrumentType.INDEX)


def _day(milliseconds: object) -> date:
    return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC).astimezone(IST).date()


def _instrument(row: UpstoxInstrument) -> Instrument:
    exchange, number = EXCHANGES[row.segment], int(row.exchange_token)
    is_index = row.kind is InstrumentType.INDEX
    code = "INDICES" if is_index else exchange
    is_option = row.kind in (InstrumentType.CE, InstrumentType.PE)
    return Instrument(
        exchange=exchange,
        tradingsymbol=_symbol(row),
        instrument_token=instrument_token(number, code),
        exchange_token=number,
        # Of an index the name is what its key is made of.
        name=row.key.partition("|")[2] if is_index else row.name,
        isin=row.isin,
        lot_size=row.lot_size,
        tick_size=row.tick_size,
        freeze_quantity=row.freeze_quantity,
        segment="INDICES" if is_index else exchange,
        instrument_type=row.kind,
        expiry=row.expiry,
        strike=row.strike,
        option_type=cast(OptionType, row.kind.value) if is_option else None,
        underlying=row.underlying or row.trading_symbol,
    )


def _symbol(row: UpstoxInstrument) -> str:
    """The exchange's symbol: `INFY`, `NIFTY 50`, `NIFTY26NOVFUT`, `NIFTY26D0124000CE`."""
    if row.kind is InstrumentType.INDEX:
        return row.key.partition("|")[2].upper()
    if row.expiry is None:
        return row.trading_symbol
    if row.strike is None:
        return f"{row.underlying}{row.expiry:%y%b}FUT".upper()
    month = _MONTHS[row.expiry.month - 1]
    when = f"{row.expiry:%y}{month}{row.expiry:%d}" if row.is_weekly else f"{row.expiry:%y%b}"
    return f"{row.underlying}{when}{row.strike.normalize():f}{row.kind.value}".upper()
