"""A strategy in plain English: what cards, the editor, the docs and explanations show."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.strategy.english import blocks
from tradertape_core.strategy.english.conditions import clause, denial
from tradertape_core.strategy.english.operands import Wording
from tradertape_core.strategy.language import rules


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """A whole strategy in words; summary fits a card, sections tell everything."""

    name: str
    summary: str
    sections: tuple[Section, ...]

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: name, summary, sections[{title, sentences[]}]."""
        sections = [{"title": s.title, "sentences": list(s.sentences)} for s in self.sections]
        return {"name": self.name, "summary": self.summary, "sections": sections}


def phrase(
    node: rules.Condition | rules.Operand,
    *,
    index: str = rules.MARKET_INDEX,
    params: rules.Params | None = None,
    denied: bool = False,
) -> str:
    """A condition as a clause ("RSI(14) is below 40"), an operand as a noun ("the close").

    index: the market index that market values read. params: shows the values of parameters.
    denied: the clause that holds when the condition does not.
    """
    words = Wording(index, params or {})
    if isinstance(node, rules.Operand):
        return words.noun(node)
    return denial(node, words) if denied else clause(node, words)


def wording(strategy: rules.Strategy) -> Wording:
    """The words of a strategy: its own market index and parameter values."""
    regime = strategy.regime_filter
    return Wording(regime.index if regime else rules.MARKET_INDEX, strategy.params)


def describe(strategy: rules.Strategy) -> Description:
    """Describe the whole strategy, section by section; empty sections are left out."""
    words = wording(strategy)
    sections = (
        Section("Buy", blocks.buying(strategy, words)),
        Section("Which stocks", blocks.filters(strategy.filters)),
        Section("Market", blocks.regime(strategy.regime_filter, words)),
        Section("Order", blocks.order(strategy)),
        Section("Sell", blocks.selling(strategy, words)),
        Section("Protection", blocks.protection(strategy.stops)),
        Section("Adding", blocks.adding(strategy.addon_rules, words)),
        Section("Conviction", blocks.conviction(strategy, words)),
        Section("Parameters", blocks.parameters(strategy.param_specs)),
    )
    return Description(
        name=strategy.name,
        summary=_summary(strategy, words),
        sections=tuple(section for section in sections if section.sentences),
    )


def _summary(strategy: rules.Strategy, words: Wording) -> str:
    """The entry and the exits in one or two sentences."""
    exits = [clause(rule.condition, words) for rule in strategy.exit_rules]
    return " ".join(
        [
            f"Buy when {clause(strategy.entry_rules, words)}.",
            *([f"Sell when {'; or when '.join(exits)}."] if exits else []),
        ]
    )
