"""Instruments with names similar to an unknown one: typing errors, spellings, expired contracts."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.instrument import Instrument, InstrumentType

EXCHANGES = ("NSE", "BSE", "NFO", "BFO")
_MIN_SIMILARITY = 0.75
_NOT_LETTERS = re.compile(r"[^A-Z0-9&]")
# Suffixes that other programs add to a symbol: Yahoo's and Google's exchange, the series.
_SUFFIX = re.compile(r"(?:\.(?:NS|BO|NSE|BSE)|[-_ ](?:EQ|BE|INDEX))$")
_CONTRACT = re.compile(
    r"(?P<year>\d\d)(?:(?P<name>JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    r"|(?P<letter>[1-9OND])(?P<day>[0-3]\d))(?P<strike>\d+(?:\.\d+)?)?(?P<kind>CE|PE|FUT)$"
)
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_LETTERS = {"O": 10, "N": 11, "D": 12}


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A requested name, split into exchange and symbol. exchange: empty if none was named."""

    exchange: str
    symbol: str

    @classmethod
    def of(cls, text: str) -> NameQuery:
        """Parse a name as people write it: any case, with blanks, with suffixes."""
        exchange, _, symbol = text.strip().upper().rpartition(":")
        first, _, rest = symbol.partition(" ")
        if not exchange and first in EXCHANGES and rest:
            exchange, symbol = first, rest
        return cls(exchange.strip(), _SUFFIX.sub("", symbol.strip()))

    @property
    def plain(self) -> str:
        """The symbol's letters and digits."""
        return plain(self.symbol)


@dataclass(frozen=True, slots=True)
class Contract:
    """The parts of a derivative's name. day: of expiry, None if the name has only the month."""

    underlying: str
    year: int
    month: int
    day: int | None
    strike: str
    kind: str

    def is_in_month_of(self, one: Instrument) -> bool:
        """Whether an instrument expires in the same month."""
        return one.expiry is not None and (one.expiry.year, one.expiry.month) == (
            self.year, self.month,
        )  # fmt: skip

    def expiry_text(self, today: date) -> str:
        """A message that it has expired, and when; empty while it may still trade."""
        if (self.year, self.month, self.day or 31) >= (today.year, today.month, today.day):
            return ""
        month = f"{calendar.month_abbr[self.month]} {self.year}"
        when = f"in {month}" if self.day is None else f"on {self.day} {month}"
        return f"it expired {when}"


def plain(text: str) -> str:
    """Keep letters, digits and ampersands, in upper case: `NIFTY 50` and `nifty50` are equal."""
    return _NOT_LETTERS.sub("", text.upper())


def contract_of(symbol: str) -> Contract | None:
    """Parse the name of a future or an option; None if it is neither."""
    found = _CONTRACT.search(plain(symbol))
    if found is None or not found.start():
        return None
    letter = found["letter"] or ""
    month = _MONTHS[found["name"]] if found["name"] else _LETTERS.get(letter) or int(letter)
    day = int(found["day"]) if found["day"] else None
    underlying = plain(symbol)[: found.start()]
    return Contract(
        underlying, 2000 + int(found["year"]), month, day, found["strike"] or "", found["kind"]
    )


def why_unknown(asked: NameQuery, today: date) -> str:
    """The reason why a name is unknown, if there is one; else empty."""
    if asked.exchange and asked.exchange not in EXCHANGES:
        return f"exchange {asked.exchange} is not supported, {', '.join(EXCHANGES)} are"
    contract = contract_of(asked.symbol)
    return contract.expiry_text(today) if contract else ""


class SimilarNames:
    """Finds instruments with similar names, the most similar first."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """instruments: in the order in which equally similar ones are returned."""
        self._whole = [one for one in instruments if not one.is_derivative]
        self._contracts: dict[str, list[Instrument]] = {}
        for one in instruments:
            if one.is_derivative:
                self._contracts.setdefault(one.underlying, []).append(one)
        self._plain = {one: plain(one.tradingsymbol) for one in self._whole}
        self._names = {one: plain(one.name) for one in self._whole}
        self._by_id = {one.id: one for one in instruments}

    def near(self, asked: NameQuery, *, most: int) -> list[str]:
        """The ids of similar instruments, those of the named exchange first."""
        if not asked.plain:
            return []
        found = dict.fromkeys(one.id for one in self._likely(asked))
        there = [name for name in found if name.partition(":")[0] == asked.exchange]
        return list(dict.fromkeys([*there, *found]))[:most]

    def _likely(self, asked: NameQuery) -> Iterator[Instrument]:
        wanted, contract = asked.plain, contract_of(asked.symbol)
        if contract is not None:
            yield from self._like_contract(contract)
            return
        yield from self._index_called(wanted)
        yield from (one for one, text in self._plain.items() if text == wanted)
        of_future = wanted.removesuffix("FUTURES").removesuffix("FUT")
        if of_future != wanted or asked.exchange in ("NFO", "BFO"):
            yield from self._futures(of_future)
        yield from _close(wanted, self._plain)
        yield from _beginning(wanted, self._names)
        yield from _close_beginning(wanted, self._names)
        if len(wanted) > 2:
            yield from _beginning(wanted, self._plain)
            yield from _beginning(wanted[:4], self._plain) if len(wanted) > 5 else ()

    def _index_called(self, wanted: str) -> Iterator[Instrument]:
        """An index by the name of its contracts, or by `BANK NIFTY` or `VIX`; then its futures."""
        names = {c.underlying: f"{c.index_exchange}:{c.index}" for c in INDEX_CONTRACTS.values()}
        names |= {"NIFTYBANK": "NSE:NIFTY BANK", "VIX": "NSE:INDIA VIX"}
        found = self._by_id.get(names.get(wanted, ""))
        if found is not None:
            yield found
            yield from self._futures(wanted)

    def _futures(self, underlying: str) -> Iterator[Instrument]:
        held = self._contracts.get(underlying, ())
        return (one for one in held if one.instrument_type is InstrumentType.FUT)

    def _like_contract(self, contract: Contract) -> Iterator[Instrument]:
        """Contracts of the same strike and type, nearest expiry first; then nearest strikes."""
        known = {plain(name): name for name in self._contracts}
        name = next(iter(get_close_matches(contract.underlying, known, n=1, cutoff=0.7)), "")
        held = self._contracts.get(known.get(name, ""), [])
        same_kind = [one for one in held if one.instrument_type.value == contract.kind]
        if not contract.strike:
            yield from same_kind
            return
        strike = float(contract.strike)
        same = [one for one in same_kind if float(one.strike or 0) == strike]
        in_month = [one for one in same_kind if contract.is_in_month_of(one)]
        nearest = in_month or [one for one in same_kind if one.expiry == same_kind[0].expiry]
        yield from same
        yield from sorted(nearest, key=lambda one: abs(float(one.strike or 0) - strike))


def _beginning(wanted: str, texts: Mapping[Instrument, str]) -> Iterator[Instrument]:
    return (one for one, text in texts.items() if text.startswith(wanted))


def _close(wanted: str, texts: Mapping[Instrument, str]) -> Iterator[Instrument]:
    by_text = {text: one for one, text in reversed(list(texts.items()))}
    for text in get_close_matches(wanted, by_text, n=5, cutoff=_MIN_SIMILARITY):
        yield by_text[text]


def _close_beginning(wanted: str, names: Mapping[Instrument, str]) -> Iterator[Instrument]:
    """Companies whose names begin similarly: `infosis` finds Infosys Ltd."""
    if len(wanted) < 5:
        return iter(())
    return _close(wanted, {one: name[: len(wanted)] for one, name in names.items()})


def suggestion(found: Iterable[str]) -> str:
    """The end of a message, `; did you mean …?`; empty if nothing was found."""
    names = ", ".join(found)
    return f"; did you mean {names}?" if names else ""
