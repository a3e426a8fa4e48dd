"""The instruments of one day, found by id, by token and by search."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_server.features.instruments.similar_names import NameQuery, SimilarNames, plain

_FIRST = {InstrumentType.INDEX: 0, InstrumentType.EQ: 1, InstrumentType.FUT: 2}


class InstrumentMaster:
    """An in-memory table, built once a day; later rows replace earlier ones with the same id."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_id = {one.id: one for one in instruments}
        self._by_token = {one.instrument_token: one for one in self._by_id.values()}
        self._texts = [(one, _text(one)) for one in sorted(self._by_id.values(), key=_order)]
        self._similar_names: SimilarNames | None = None  # built on first use
        self._derivatives: dict[str, list[Instrument]] = defaultdict(list)
        for one in self._by_id.values():
            if one.is_derivative:
                self._derivatives[one.underlying].append(one)

    def __len__(self) -> int:
        return len(self._by_id)

    def by_id(self, instrument_id: str) -> Instrument | None:
        """Find `NSE:INFY`; without an exchange NSE, then BSE is searched. Case-insensitive."""
        exchange, colon, symbol = instrument_id.strip().upper().partition(":")
        if colon:
            return self._by_id.get(f"{exchange.strip()}:{symbol.strip()}")
        wanted = exchange
        for exchange in ("NSE", "BSE", "NFO", "BFO"):
            if found := self._by_id.get(f"{exchange}:{wanted}"):
                return found
        return None

    def by_token(self, token: int) -> Instrument | None:
        """Find an instrument by Kite's token, or ours."""
        return self._by_token.get(token)

    def search(self, text: str, *, exchange: str = "", limit: int = 20) -> list[Instrument]:
        """Instruments that contain every word of `text`, the best match first."""
        words = text.upper().replace(":", " ").split()
        exchange = exchange.upper()
        if not words:
            return []
        ranked: list[tuple[int, int, Instrument]] = []
        for place, (one, known) in enumerate(self._texts):
            if exchange and exchange not in (one.exchange, one.segment):
                continue
            if all(word in known for word in words):
                ranked.append((_rank(one, words), place, one))
        ranked.sort(key=lambda row: row[:2])
        return [one for _, _, one in ranked[:limit]] or self._by_prefix(text, exchange, limit)

    def _by_prefix(self, text: str, exchange: str, limit: int) -> list[Instrument]:
        """Instruments whose symbol, without punctuation, begins with `text`, such as `nifty50`."""
        wanted = NameQuery.of(text).plain
        found = [
            one
            for one, _ in self._texts
            if (not exchange or exchange in (one.exchange, one.segment))
            and plain(one.tradingsymbol).startswith(wanted)
        ]
        return found[:limit] if wanted else []

    def near(self, text: str, *, most: int = 5) -> list[str]:
        """Ids similar to `text`, the most similar first."""
        if self._similar_names is None:
            self._similar_names = SimilarNames([one for one, _ in self._texts])
        return self._similar_names.near(NameQuery.of(text), most=most)

    def underlyings(self) -> list[str]:
        """The underlyings of all derivatives."""
        return sorted(self._derivatives)

    def has_derivatives(self, underlying: str) -> bool:
        """Whether futures or options on an underlying exist."""
        return underlying in self._derivatives

    def expiries(self, underlying: str) -> list[date]:
        """Expiry days of the options on an underlying, the nearest first."""
        return sorted({one.expiry for one in self.options(underlying) if one.expiry is not None})

    def options(self, underlying: str, expiry: date | None = None) -> Sequence[Instrument]:
        """Options on an underlying, sorted by expiry and strike."""
        found = [
            one
            for one in self._derivatives.get(underlying.upper(), ())
            if one.is_option and (expiry is None or one.expiry == expiry)
        ]
        return sorted(found, key=_order)

    def futures(self, underlying: str) -> Sequence[Instrument]:
        """Futures on an underlying, the nearest first."""
        found = self._derivatives.get(underlying.upper(), ())
        return sorted(
            (one for one in found if one.instrument_type is InstrumentType.FUT), key=_order
        )

    def all(self) -> Iterable[Instrument]:
        """Every instrument."""
        return self._by_id.values()


def _order(one: Instrument) -> tuple[int, date, float, str]:
    return (
        _FIRST.get(one.instrument_type, 3),
        one.expiry or date.min,
        float(one.strike or 0),
        one.tradingsymbol,
    )


def _text(one: Instrument) -> str:
    parts = [one.tradingsymbol, one.name, one.underlying, one.instrument_type.value, one.isin]
    if one.expiry is not None:
        parts.append(f"{one.expiry:%d %b %Y}")
    if one.strike is not None:
        parts.append(str(one.strike))
    return " ".join(parts).upper()


def _rank(one: Instrument, words: Sequence[str]) -> int:
    whole = " ".join(words)
    if one.tradingsymbol in (whole, words[-1]):
        return 0
    if one.underlying == words[0] and len(words) > 1:
        return 1
    if one.tradingsymbol.startswith(words[0]):
        return 2 if not one.is_derivative else 3
    return 4 if not one.is_derivative else 5
