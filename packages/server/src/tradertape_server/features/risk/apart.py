"""Rules on entries that candles fill: they have no account, and are measured apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.risk.rulebook.catalogue import CATALOGUE
from tradertape_core.risk.rulebook.evaluation import Verdict, judge_entry
from tradertape_core.risk.rulebook.figures import Entry, Figures, Need
from tradertape_core.risk.rulebook.rule import Rule
from tradertape_server.features.execution.state.entry_rules import Apart, AskedApart, TradingState
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.book import Person
from tradertape_server.features.risk.market_facts import MarketFacts
from tradertape_server.features.risk.models import CANDLES, RiskEvaluation


def judged(
    state: TradingState, asked: AskedApart, person: Person, facts: MarketFacts, halted: str | None
) -> Apart:
    """The verdict of a person's rules. halted: why nothing may be opened now."""
    entry = _with_market(state, asked.entry, person, facts)

    def figures_of(rule: Rule) -> Figures:
        since = None
        if Need.STREAK in CATALOGUE[rule.type].needs:
            since = repository.last_halt_since(state.session, person.user_id, rule.id, CANDLES)
        return asked.figures_of(rule, since)

    verdict = judge_entry(person.rules, asked.owner, entry, figures_of)
    refusals = [] if halted is None else [halted]
    refusals += [one.message for one in verdict.denials]
    return Apart(asked, verdict, tuple(refusals))


def keep(state: TradingState, one: Apart, outcomes: Sequence[dict[str, Any]]) -> None:
    """Have a verdict written. outcomes: as they are shown."""
    now, entry = state.now, one.asked.entry
    values = {
        "user_id": one.asked.user_id,
        "subject": "signal",
        "money": CANDLES,
        "run_id": f"portfolio:{one.asked.owner.portfolio}",
        "instrument": entry.instrument,
        "side": entry.side.value,
        "quantity": entry.quantity,
        "passed": not one.refusals,
        "action": one.verdict.action.value if one.verdict.action else None,
        "reason": "; ".join(one.refusals) or "; ".join(o.message for o in one.verdict.broken),
        "outcomes": list(outcomes),
        "at": now,
    }
    broken = [outcome.rule.id for outcome in one.verdict.broken]

    def write(session: Session) -> None:
        repository.add(session, RiskEvaluation, values)
        if broken:
            repository.triggered(session, broken, now)

    state.later(write)


def watched(verdict: Verdict) -> list[Any]:
    """The broken rules whose action is more than a refusal."""
    return [one for one in verdict.broken if CATALOGUE[one.rule.type].is_watched]


def _with_market(state: TradingState, entry: Entry, person: Person, facts: MarketFacts) -> Entry:
    """The entry with what the market's data say, as far as a rule asks for it."""
    instrument, today = state.find(entry.instrument), state.now.date()
    if instrument is None:
        return entry
    turnover = facts.average_turnover(instrument, today) if person.needs(Need.LIQUIDITY) else None
    return replace(
        entry,
        listed=facts.listed(instrument) if person.needs(Need.SURVEILLANCE) else "",
        average_turnover=entry.average_turnover if turnover is None else turnover,
    )
