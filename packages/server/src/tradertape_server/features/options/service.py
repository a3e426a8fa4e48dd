"""Use cases of options on live prices: chains, ratios, and the selection of contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.session_times import Segment
from tradertape_core.options.chain import around_money
from tradertape_core.options.expiry import ExpiryWord
from tradertape_core.options.selection import choose, read_selection
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.options.chains import ChainReader, LiveChain, Underlying
from tradertape_server.features.options.views import (
    chain_body,
    contract_body,
    greeks_body,
    max_pain_body,
    pcr_body,
)

Json = dict[str, Any]
MOST_LEGS = 40


class OptionService:
    """Response bodies from the latest quotes; nothing is cached."""

    def __init__(self, reader: ChainReader, feed: Feed) -> None:
        self.reader = reader
        self._feed = feed

    def underlyings(self) -> list[str]:
        """Names with options that trade."""
        return self.reader.names()

    def session(self, name: str) -> Json:
        """Spot, lot, strikes, expiries and market state of an underlying."""
        underlying, status = self.reader.underlying(name), self._feed.status()
        spot, first = self.reader.spot(underlying), underlying.options[0]
        strikes = sorted({float(o.strike or 0) for o in underlying.options})
        price = float(spot.last_price)
        return {
            "underlying": underlying.name,
            "status": "ready",
            "exchange": underlying.exchange,
            "spot_instrument": underlying.spot.id,
            "spot_instrument_token": underlying.spot.instrument_token,
            "spot_ltp": price,
            "atm_strike": min(strikes, key=lambda strike: (abs(strike - price), strike)),
            "lot_size": first.lot_size,
            "strike_step": underlying.strike_step,
            "tick_size": float(first.tick_size),
            "freeze_quantity": first.freeze_quantity,
            "expiries": [day.isoformat() for day in underlying.expiries],
            "nearest_expiry": underlying.expiries[0].isoformat(),
            "expiry_words": self._words(underlying),
            "is_open": self._feed.hours(Segment.DERIVATIVES) is not None,
            "simulated": status.is_simulated,
            "demo": status.is_demo,
            "source": status.source,
            "is_stale": self._feed.is_stale(underlying.spot.instrument_token),
            "updated_at": spot.at.astimezone(IST).isoformat(),
        }

    def expiries(self, name: str) -> Json:
        """The expiries, with exactly the keys that the published client accepts."""
        underlying = self.reader.underlying(name)
        spot = self.reader.spot(underlying)
        return {
            "underlying": underlying.name,
            "expiries": [day.isoformat() for day in underlying.expiries],
            "spot_ltp": float(spot.last_price),
            "updated_at": spot.at.astimezone(IST).isoformat(),
        }

    def live_chain(self, name: str, expiry: str | None) -> LiveChain:
        """The chain of an expiry, given by word or date; default: the nearest."""
        underlying = self.reader.underlying(name)
        return self.reader.chain(underlying, self.reader.expiry(underlying, expiry))

    def chain(self, name: str, expiry: str | None, *, window: int | None = None) -> Json:
        """Rows by strike; with `window`, only so many either side of the money."""
        whole = self.live_chain(name, expiry)
        if window is None:
            return chain_body(whole)
        # Put-call ratio and max pain remain those of the whole chain.
        body, cut = chain_body(whole), around_money(whole.chain, window)
        kept = set(cut.strikes.tolist())
        rows = [row for row in body["rows"] if row["strike"] in kept]
        return {**body, "window": window, "rows": rows}

    def greeks(self, name: str, expiry: str | None) -> Json:
        """Volatility and Greeks by strike."""
        return greeks_body(self.live_chain(name, expiry))

    def pcr(self, name: str, expiry: str | None) -> Json:
        """The put-call ratio."""
        return pcr_body(self.live_chain(name, expiry))

    def max_pain(self, name: str, expiry: str | None) -> Json:
        """The strike at which the holders of all open options are paid least."""
        return max_pain_body(self.live_chain(name, expiry))

    def select(self, name: str, expiry: str | None, legs: Sequence[Mapping[str, Any]]) -> Json:
        """Contracts for selections, in their order; each leg may have an expiry of its own.

        Raises InvalidDocument that names every leg for which nothing fits.
        """
        if not 1 <= len(legs) <= MOST_LEGS:
            raise InvalidInput(f"give 1 to {MOST_LEGS} legs", pointer="/legs")
        underlying = self.reader.underlying(name)
        chains: dict[date, LiveChain] = {}
        resolved: list[Json] = []
        problems: list[Problem] = []
        for number, leg in enumerate(legs):
            try:
                resolved.append(self._chosen(underlying, expiry, leg, f"/legs/{number}", chains))
            except InvalidDocument as refused:
                problems += refused.problems
            except InvalidInput as refused:
                problems.append(Problem(refused.pointer or f"/legs/{number}", refused.message))
        if problems:
            raise InvalidDocument(problems)
        first = next(iter(chains.values()))
        return {
            "underlying": underlying.name,
            "expiry": first.expiry.isoformat(),
            "spot_ltp": float(first.spot.last_price),
            "resolved": resolved,
        }

    def _chosen(
        self, underlying: Underlying, expiry: str | None, leg: Mapping[str, Any], pointer: str,
        chains: dict[date, LiveChain],
    ) -> Json:  # fmt: skip
        live, instrument, choice = self.locate(underlying, expiry, leg, pointer, chains)
        return contract_body(live, instrument, choice)

    def locate(
        self, underlying: Underlying, expiry: str | None, leg: Mapping[str, Any], pointer: str,
        chains: dict[date, LiveChain],
    ) -> tuple[LiveChain, Instrument, Any]:  # fmt: skip
        """The contract of a selection; `chains` caches chains by expiry."""
        selection = read_selection(leg, pointer=pointer)
        own = str(leg.get("expiry") or "")
        where = f"{pointer}/expiry" if own else "/expiry"
        day = self.reader.expiry(underlying, own or expiry, pointer=where)
        live = chains.get(day)
        if live is None:
            live = chains[day] = self.reader.chain(underlying, day)
        choice = choose(live.chain, selection, pointer=pointer)
        instrument = live.contract(choice.row, choice.column)
        if instrument is None:
            strike = live.chain.strikes[choice.row]
            raise InvalidInput(
                f"no {selection.option_type} is listed at {strike:g}", pointer=pointer
            )
        return live, instrument, choice

    def _words(self, underlying: Underlying) -> dict[str, str]:
        """The expiry of each word today, without words that have none."""
        found: dict[str, str] = {}
        for word in ExpiryWord:
            try:
                found[word.value] = self.reader.expiry(underlying, word.value).isoformat()
            except InvalidInput:
                continue
        return found
