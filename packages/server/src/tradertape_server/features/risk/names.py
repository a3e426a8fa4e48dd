"""Whether scopes and lists of rules name what exists: a misspelt one would protect nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tradertape_brokers import registry
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.risk.rulebook.rule import Level
from tradertape_server.features.instruments.service import InstrumentService, UnknownInstrument

PAPER = "paper"  # the broker of paper accounts, in scopes
_EXCHANGES = ("NSE", "BSE", "NFO", "BFO", "MCX", "CDS")
_MOST_NAMED = 5  # problems of one list

HasPortfolio = Callable[[int, int], bool]  # user id, portfolio id


@dataclass(frozen=True, slots=True)
class RuleNames:
    """Checks the names that a rule gives. What a strategy is called only its runs know."""

    instruments: InstrumentService
    has_portfolio: HasPortfolio

    def demand(self, user_id: int, level: str, scope_id: str | None, symbols: Any) -> None:
        """Raise InvalidDocument for a scope's id and listed symbols that name nothing."""
        problems = [
            *self._of_scope(user_id, level, scope_id or ""),
            *self._of_list(symbols if isinstance(symbols, list) else ()),
        ]
        if problems:
            raise InvalidDocument(problems)

    def _of_scope(self, user_id: int, level: str, scope_id: str) -> Iterator[Problem]:
        where = "/scope/id"
        if level == Level.SYMBOL:
            why = self._why_unknown(scope_id)
            if why:
                yield Problem(where, why)
        elif level == Level.BROKER and scope_id not in (*registry.names(), PAPER):
            known = ", ".join((*registry.names(), PAPER))
            yield Problem(where, f"there is no broker {scope_id}; there are {known}")
        elif level == Level.PORTFOLIO and not self._has_portfolio(user_id, scope_id):
            yield Problem(where, f"you have no portfolio {scope_id}: give its number")

    def _of_list(self, symbols: Iterable[Any]) -> Iterator[Problem]:
        unknown = [why for one in symbols if (why := self._why_unknown(str(one).strip().upper()))]
        for why in unknown[:_MOST_NAMED]:
            yield Problem("/params/symbols", why)

    def _has_portfolio(self, user_id: int, scope_id: str) -> bool:
        is_number = scope_id.isascii() and scope_id.isdigit() and len(scope_id) < 16
        return is_number and self.has_portfolio(user_id, int(scope_id))

    def _why_unknown(self, name: str) -> str:
        if not len(self.instruments.master):  # no broker's list has been read yet
            return ""
        ids = [name] if ":" in name else [f"{exchange}:{name}" for exchange in _EXCHANGES]
        first = None
        for one in ids:
            try:
                self.instruments.get(one)
            except UnknownInstrument as error:
                first = first or error
            else:
                return ""
        return f"there is no instrument {name}{first.hint if first else ''}"
