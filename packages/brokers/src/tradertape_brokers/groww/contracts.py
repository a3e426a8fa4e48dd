"""Groww's list as core's instruments, and back: what each is called in each part of the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from tradertape_brokers.errors import Refused, Unavailable
from tradertape_brokers.groww.instruments import FILE_URL, GrowwInstrument, checked, download
from tradertape_brokers.groww.names import Listed, exchange_of, place_of
from tradertape_brokers.groww.rest import ROOT
from tradertape_brokers.groww.subjects import FeedName
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_core.market.tokens import instrument_token, numbers_for

_INDEX_OF: Final = {name: one.index for name, one in INDEX_CONTRACTS.items()}
_NAME_OF: Final = {index: name for name, index in _INDEX_OF.items()}
_INDEX_NUMBERS: Final = 2**16
# Not strftime's: those follow the locale.
_MONTHS: Final = (
    *("", "Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class GrowwInstruments:
    """The port of `marketdata.InstrumentsPort`."""

    def __init__(self, rest_root: str) -> None:
        own = rest_root.rstrip("/")
        self._url = FILE_URL if own == ROOT else f"{own}/instruments/instrument.csv"

    def download(self) -> Sequence[Instrument]:
        """Today's shares, indices, futures and options of NSE and BSE. Raises Unavailable."""
        return instruments_of(checked(download(self._url), ()))


def instruments_of(rows: Iterable[GrowwInstrument]) -> list[Instrument]:
    """Rows of Groww's file as core's instruments. Raises Unavailable.

    An index has the name that the exchange gives it where that is known: `NIFTY 50`, not `NIFTY`.
    """
    every = list(rows)
    indices = [row.token for row in every if row.kind is InstrumentType.INDEX]
    numbers = numbers_for(indices, below=_INDEX_NUMBERS, purpose="indices of Groww")
    try:
        return [_instrument(row, numbers.get(row.token, 0)) for row in every]
    except (InvalidInput, ValueError) as error:
        raise Unavailable(f"Groww's instruments cannot be read: {error}") from error


def listed_of(instrument: Instrument) -> Listed:
    """What Groww calls an instrument in quotes. Raises Refused."""
    if instrument.instrument_type is InstrumentType.INDEX:
        return Listed(instrument.exchange, "CASH", _index_name(instrument))
    return Listed(*place_of(instrument.exchange), instrument.tradingsymbol)


def groww_symbol_of(instrument: Instrument) -> str:
    """What Groww calls an instrument in candles: `NSE-INFY`, `NSE-NIFTY-24Nov26-24000-CE`.

    Raises Refused.
    """
    listed = listed_of(instrument)
    if instrument.expiry is None:
        return f"{listed.exchange}-{listed.trading_symbol}"
    parts = [listed.exchange, instrument.underlying, _day_text(instrument.expiry)]
    if instrument.strike is not None:
        parts.append(_plain(instrument.strike))
    return "-".join([*parts, instrument.instrument_type.value])


def feed_name_of(instrument: Instrument) -> FeedName:
    """What the feed calls an instrument. Raises Refused."""
    listed = listed_of(instrument)
    if instrument.instrument_type is not InstrumentType.INDEX:
        return FeedName(listed.exchange, listed.segment, str(instrument.exchange_token))
    # NSE's indices go by their names, BSE's by their numbers.
    token = listed.trading_symbol if listed.exchange == "NSE" else str(instrument.exchange_token)
    return FeedName(listed.exchange, listed.segment, token, is_index=True)


def _instrument(row: GrowwInstrument, index_number: int) -> Instrument:
    exchange = exchange_of(row.listed)
    is_index = row.kind is InstrumentType.INDEX
    symbol = row.listed.trading_symbol
    token = int(row.token) if row.token.isascii() and row.token.isdigit() else index_number
    if not token:
        raise Refused(f"{symbol} has the token {row.token}, which is no number")
    return Instrument(
        exchange=exchange,
        tradingsymbol=_INDEX_OF.get(symbol, symbol) if is_index else symbol,
        instrument_token=instrument_token(
            index_number if is_index else token, "INDICES" if is_index else exchange
        ),
        exchange_token=token,
        name=row.name,
        isin=row.isin,
        lot_size=row.lot_size,
        tick_size=row.tick_size,
        freeze_quantity=row.freeze_quantity,
        segment="INDICES" if is_index else exchange,
        instrument_type=row.kind,
        expiry=row.expiry,
        strike=row.strike,
        option_type=_option_type(row.kind),
        underlying=row.underlying or ("" if is_index else symbol),
    )


def _option_type(kind: InstrumentType) -> Literal["CE", "PE"] | None:
    if kind is InstrumentType.CE:
        return "CE"
    return "PE" if kind is InstrumentType.PE else None


def _index_name(instrument: Instrument) -> str:
    return _NAME_OF.get(instrument.tradingsymbol, instrument.tradingsymbol)


def _day_text(day: date) -> str:
    return f"{day.day:02d}{_MONTHS[day.month]}{day:%y}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
