"""What somebody may have meant by an unknown name: typing errors, spellings, old contracts."""

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
_LEAST_LIKE = 0.75
_NOT_LETTERS = re.compile(r"[^A-Z0-9&]")
# What other programs put behind a symbol: Yahoo's and Google's exchange, the exchange's series.
_SUFFIX = re.compile(r"(?:\.(?:NS|BO|NSE|BSE)|[-_ ](?:EQ|BE|INDEX))$")
_CONTRACT = re.compile(
    r"(?P<year>\d\d)(?:(?P<name>JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    r"|(?P<letter>[1-9OND])(?P<day>[0-3]\d))(?P<strike>\d+(?:\.\d+)?)?(?P<kind>CE|PE|FUT)$"
)
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_LETTERS = {"O": 10, "N": 11, "D": 12}


@dataclass(frozen=True, slots=True)
class Asked:
    """A name somebody asked for, taken apart. exchange: empty where none was named."""

    exchange: str
    symbol: str

    @classmethod
    def of(cls, text: str) -> Asked:
        """As people write it: any case, with blanks, with the suffixes of other programs."""
        exchange, _, symbol = text.strip().upper().rpartition(":")
        first, _, rest = symbol.partition(" ")
        if not exchange and first in EXCHANGES and rest:
            exchange, symbol = first, rest
        return cls(exchange.strip(), _SUFFIX.sub("", symbol.strip()))

    @property
    def plain(self) -> str:
        """Letters and digits alone."""
        return plain(self.symbol)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a derivative's name says. day: of its end, None where the name has only the month."""

    underlying: str
    year: int
    month: int
    day: int | None
    strike: str
    kind: str

    def is_in_month_of(self, one: Instrument) -> bool:
        """Whether an instrument ends in the same month."""
        return one.expiry is not None and (one.expiry.year, one.expiry.month) == (
            self.year, self.month,
        )  # fmt: skip

    def words_if_over(self, today: date) -> str:
        """That it has expired, and when; empty while it may still trade."""
        if (self.year, self.month, self.day or 31) >= (today.year, today.month, today.day):
            return ""
        month = f"{calendar.month_abbr[self.month]} {self.year}"
        when = f"in {month}" if self.day is None else f"on {self.day} {month}"
        return f"it expired {when}"


def plain(text: str) -> str:
    """Letters, digits and ampersands alone, in capitals: `NIFTY 50` and `nifty50` are one."""
    return _NOT_LETTERS.sub("", text.upper())


def contract_of(symbol: str) -> Contract | None:
    """Take the name of a future or an option apart; None where it is none."""
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


def why_unknown(asked: Asked, today: date) -> str:
    """What can be said of an unknown name beside others like it; may be empty."""
    if asked.exchange and asked.exchange not in EXCHANGES:
        return f"exchange {asked.exchange} is not served, {', '.join(EXCHANGES)} are"
    contract = contract_of(asked.symbol)
    return contract.words_if_over(today) if contract else ""


class Likeness:
    """Finds instruments like a name, the likeliest first."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """instruments: in the order in which equally likely ones are named."""
        self._whole = [one for one in instruments if not one.is_derivative]
        self._contracts: dict[str, list[Instrument]] = {}
        for one in instruments:
            if one.is_derivative:
                self._contracts.setdefault(one.underlying, []).append(one)
        self._plain = {one: plain(one.tradingsymbol) for one in self._whole}
        self._names = {one: plain(one.name) for one in self._whole}
        self._by_id = {one.id: one for one in instruments}

    def near(self, asked: Asked, *, most: int) -> list[str]:
        """Ids, those of the exchange that was named first."""
        if not asked.plain:
            return []
        found = dict.fromkeys(one.id for one in self._likely(asked))
        there = [name for name in found if name.partition(":")[0] == asked.exchange]
        return list(dict.fromkeys([*there, *found]))[:most]

    def _likely(self, asked: Asked) -> Iterator[Instrument]:
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
        """An index by the name of its contracts, by `BANK NIFTY`, or by `VIX`."""
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
        """Those of the same strike and kind, the nearest expiry first; else the nearest strikes."""
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
    for text in get_close_matches(wanted, by_text, n=5, cutoff=_LEAST_LIKE):
        yield by_text[text]


def _close_beginning(wanted: str, names: Mapping[Instrument, str]) -> Iterator[Instrument]:
    """Companies whose names begin almost so: `infosis` of Infosys Ltd."""
    if len(wanted) < 5:
        return iter(())
    return _close(wanted, {one: name[: len(wanted)] for one, name in names.items()})


def first_words(found: Iterable[str]) -> str:
    """`; did you mean …?` for a text, empty without anything found."""
    names = ", ".join(found)
    return f"; did you mean {names}?" if names else ""
