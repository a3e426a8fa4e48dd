"""One broker's instrument in another broker's list: found for certain, or refused. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tradertape_brokers.errors import Refused
from tradertape_brokers.masters.checking import is_index
from tradertape_core.market.instrument import Instrument

Terms: TypeAlias = tuple[object, ...]


class NotListed(Refused):
    """The other broker's list has nothing like it."""


class Ambiguous(Refused):
    """The identifiers do not agree on one instrument; candidates: what each of them points at."""

    def __init__(self, message: str, candidates: Sequence[Instrument]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class Mapping:
    """Finds the instruments of other brokers in one broker's list.

    A share is found by the exchange's token, its symbol and, where both lists have one, its ISIN:
    two of the three must point at one instrument, and none at another. Futures and options are
    found by their terms and token, indices by their symbol: brokers number those as they like.
    """

    def __init__(self, broker: str, listed: Iterable[Instrument]) -> None:
        self._broker = broker
        self._by_id: dict[str, Instrument] = {}
        self._by_token: dict[tuple[str, int], list[Instrument]] = defaultdict(list)
        self._by_isin: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
        self._by_terms: dict[Terms, list[Instrument]] = defaultdict(list)
        for one in listed:
            self._by_id[one.id] = one
            if is_index(one):
                continue
            self._by_token[one.exchange, one.exchange_token].append(one)
            if one.is_derivative:
                self._by_terms[_terms(one)].append(one)
            elif one.isin:
                self._by_isin[one.exchange, one.isin].append(one)

    def find(self, wanted: Instrument) -> Instrument:
        """Return this broker's row of an instrument. Raises NotListed or Ambiguous."""
        if is_index(wanted):
            found = self._by_id.get(wanted.id)
            if found is None or not is_index(found):
                raise self._not_listed(wanted)
            return found
        if wanted.is_derivative:
            return self._agreed(wanted, self._contract_votes(wanted))
        return self._agreed(wanted, self._share_votes(wanted))

    def _share_votes(self, wanted: Instrument) -> list[list[Instrument]]:
        named = self._by_id.get(wanted.id)
        votes = [self._tokens(wanted), [named] if named else []]
        if wanted.isin:
            votes.append(self._by_isin.get((wanted.exchange, wanted.isin), []))
        return votes

    def _contract_votes(self, wanted: Instrument) -> list[list[Instrument]]:
        return [self._tokens(wanted), self._by_terms.get(_terms(wanted), [])]

    def _tokens(self, wanted: Instrument) -> list[Instrument]:
        return self._by_token.get((wanted.exchange, wanted.exchange_token), [])

    def _agreed(self, wanted: Instrument, votes: Sequence[Sequence[Instrument]]) -> Instrument:
        candidates = {one.id: one for vote in votes for one in vote}
        if not candidates:
            raise self._not_listed(wanted)
        # Each vote that points anywhere must include the one; several series share an ISIN.
        cast = [vote for vote in votes if vote]
        common = [one for one in candidates.values() if all(one in vote for vote in cast)]
        if len(cast) > 1 and len(common) == 1 and _may_be(wanted, common[0]):
            return common[0]
        shown = ", ".join(_described(one) for one in candidates.values())
        raise Ambiguous(
            f"{_described(wanted)} is not for certain one of {self._broker}'s instruments: its "
            f"token, symbol, ISIN or terms point at {shown}. Choose the instrument by its name at "
            f"{self._broker}, or update both lists of instruments",
            list(candidates.values()),
        )

    def _not_listed(self, wanted: Instrument) -> NotListed:
        return NotListed(f"{self._broker} does not list {_described(wanted)}")


def _may_be(wanted: Instrument, found: Instrument) -> bool:
    """Whether nothing contradicts it: not the kind, and not the ISIN."""
    if wanted.is_derivative or found.is_derivative:
        return wanted.is_derivative and found.is_derivative and _terms(wanted) == _terms(found)
    return not (wanted.isin and found.isin and wanted.isin != found.isin)


def _terms(one: Instrument) -> Terms:
    return (one.exchange, one.instrument_type, one.underlying, one.expiry, one.strike)


def _described(one: Instrument) -> str:
    return f"{one.id} (token {one.exchange_token}{f', {one.isin}' if one.isin else ''})"
