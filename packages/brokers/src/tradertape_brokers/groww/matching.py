"""Which of Groww's instruments is which of core's: by exchange, token and ISIN, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tradertape_brokers.errors import Refused
from tradertape_brokers.groww.instruments import GrowwInstrument
from tradertape_brokers.groww.names import Listed, exchange_of, place_of
from tradertape_brokers.groww.subjects import FeedName
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType

_UNDERLYING: Final = {one.index: name for name, one in INDEX_CONTRACTS.items()}


class MatchedNames:
    """Names of instruments that are one and the same here and at Groww.

    unmatched: core's instruments that Groww does not list, or lists otherwise, with the reason.
    An order for one of them is refused: it could be for another share.
    """

    def __init__(self, ours: Iterable[Instrument], rows: Iterable[GrowwInstrument]) -> None:
        self._theirs: dict[str, GrowwInstrument] = {}
        self._ours: dict[Listed, Instrument] = {}
        self.unmatched: dict[str, str] = {}
        tokens, indices = _tokens(rows)
        for one in ours:
            is_index = one.instrument_type is InstrumentType.INDEX
            found = _index(one, indices) if is_index else _by_token(one, tokens)
            if isinstance(found, GrowwInstrument):
                self._theirs[one.id] = found
                self._ours[found.listed] = one
            else:
                self.unmatched[one.id] = found

    def theirs(self, exchange: str, tradingsymbol: str) -> Listed:
        """Groww's name of an instrument. Raises Refused."""
        return self.row(f"{exchange}:{tradingsymbol}").listed

    def ours(self, listed: Listed) -> tuple[str, str]:
        """Core's exchange and symbol; those of Groww where core lists no such instrument."""
        found = self._ours.get(listed)
        if found is None:
            return exchange_of(listed), listed.trading_symbol
        return found.exchange, found.tradingsymbol

    def row(self, instrument_id: str) -> GrowwInstrument:
        """Groww's row of an instrument. Raises Refused."""
        found = self._theirs.get(instrument_id)
        if found is None:
            why = self.unmatched.get(instrument_id, "it is not listed today")
            raise Refused(f"{instrument_id} cannot be traded at Groww: {why}")
        return found

    def feed_names(self) -> Mapping[FeedName, Instrument]:
        """What the feed can tell of, by its names."""
        names: dict[FeedName, Instrument] = {}
        for listed, one in self._ours.items():
            row = self._theirs[one.id]
            is_index = row.kind is InstrumentType.INDEX
            names[FeedName(listed.exchange, listed.segment, row.token, is_index)] = one
        return names


_Tokens = dict[tuple[str, str, str], list[GrowwInstrument]]


def _tokens(
    rows: Iterable[GrowwInstrument],
) -> tuple[_Tokens, dict[tuple[str, str], list[GrowwInstrument]]]:
    tokens: _Tokens = {}
    indices: dict[tuple[str, str], list[GrowwInstrument]] = {}
    for row in rows:
        if row.kind is InstrumentType.INDEX:
            for name in {row.listed.trading_symbol.upper(), row.name.upper()}:
                indices.setdefault((row.listed.exchange, name), []).append(row)
        else:
            key = (row.listed.exchange, row.listed.segment, row.token)
            tokens.setdefault(key, []).append(row)
    return tokens, indices


def _by_token(one: Instrument, tokens: _Tokens) -> GrowwInstrument | str:
    try:
        found = tokens.get((*place_of(one.exchange), str(one.exchange_token)), [])
    except Refused as error:
        return str(error)
    if len(found) != 1:
        return _candidates(found, f"token {one.exchange_token}")
    row = found[0]
    if row.isin and one.isin and row.isin != one.isin:
        return f"its ISIN is {one.isin}, that of {row.listed.trading_symbol} is {row.isin}"
    if (row.kind, row.expiry, row.strike) != (one.instrument_type, one.expiry, one.strike):
        return f"{row.listed.trading_symbol} with its token is another contract"
    if row.lot_size != one.lot_size:
        return f"its lot is {one.lot_size}, at Groww {row.lot_size}: read the instruments anew"
    return row


def _index(
    one: Instrument, indices: Mapping[tuple[str, str], list[GrowwInstrument]]
) -> GrowwInstrument | str:
    names = (_UNDERLYING.get(one.tradingsymbol, ""), one.tradingsymbol.upper(), one.name.upper())
    found = {
        row.listed: row for name in names if name for row in indices.get((one.exchange, name), [])
    }
    if len(found) != 1:
        return _candidates(list(found.values()), f"index {one.tradingsymbol}")
    return next(iter(found.values()))


def _candidates(found: list[GrowwInstrument], what: str) -> str:
    if not found:
        return f"Groww lists no {what}"
    symbols = ", ".join(row.listed.trading_symbol for row in found)
    return f"Groww lists more than one {what}: {symbols}"
