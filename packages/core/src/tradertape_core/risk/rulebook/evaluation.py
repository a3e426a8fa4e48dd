"""The verdict of all rules: every one is evaluated, and the strictest action of those that are
broken is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.denials import Denial, DenialReason
from tradertape_core.risk.rulebook.figures import Entry, Figures
from tradertape_core.risk.rulebook.measures import MEASURES, Measure
from tradertape_core.risk.rulebook.rule import (
    LATCHING,
    STRICTNESS,
    Action,
    Owner,
    Rule,
    RuleType,
    Scope,
    covers,
)

NEAR_PCT: Final = Decimal(80)
FiguresOf = Callable[[Rule], Figures]


class Status(StrEnum):
    """How a rule is doing. unknown: a fact is missing, so an order is refused."""

    OK = "ok"
    NEAR = "near"
    BREACHED = "breached"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule and what it measured."""

    rule: Rule
    status: Status
    measure: Measure

    @property
    def is_broken(self) -> bool:
        """Whether the rule speaks against the order."""
        return self.status in (Status.BREACHED, Status.UNKNOWN)

    @property
    def message(self) -> str:
        """What people read: which rule, and how much of its limit is used."""
        name, words = self.rule.name, self.measure.words
        if not self.is_broken:
            near = f" ({self.measure.used_pct}% used)" if self.status is Status.NEAR else ""
            return f'Rule "{name}": {words}{near}'
        verb = "Warning of" if self.rule.action is Action.WARN else "Rejected by"
        return f'{verb} rule "{name}": {words}'


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcomes of all rules that look at an order or a moment."""

    outcomes: tuple[Outcome, ...] = ()

    @property
    def broken(self) -> tuple[Outcome, ...]:
        """The rules that are broken, the strictest action first."""
        found = [one for one in self.outcomes if one.is_broken]
        return tuple(sorted(found, key=lambda one: -STRICTNESS[one.rule.action]))

    @property
    def action(self) -> Action | None:
        """The strictest action of the broken rules; None where none is."""
        return self.broken[0].rule.action if self.broken else None

    @property
    def passes(self) -> bool:
        """Whether the order may be placed: nothing but warnings speaks against it."""
        return self.action in (None, Action.WARN)

    @property
    def denials(self) -> tuple[Denial, ...]:
        """Every reason to refuse the order."""
        return tuple(
            Denial(DenialReason.RISK_RULE, one.message)
            for one in self.broken
            if one.rule.action is not Action.WARN
        )


def judge_entry(
    rules: Iterable[Rule], owner: Owner, entry: Entry, figures_of: FiguresOf
) -> Verdict:
    """Judge an order that would open or enlarge a position by every rule whose scope has it."""
    looking = [rule for rule in rules if covers(rule.scope, owner, entry.instrument)]
    return Verdict(tuple(_outcome(rule, figures_of(rule), entry) for rule in looking))


def judge_moment(rules: Iterable[Rule], figures_of: FiguresOf) -> Verdict:
    """Judge what is there, without an order: gauges, and the rules that are watched."""
    return Verdict(tuple(_outcome(rule, figures_of(rule), None) for rule in rules))


def _outcome(rule: Rule, figures: Figures, entry: Entry | None) -> Outcome:
    measure = MEASURES[rule.type](rule.params, figures, entry)
    if not measure.is_known:
        return Outcome(rule, Status.UNKNOWN, measure)
    if measure.is_breached:
        return Outcome(rule, Status.BREACHED, measure)
    is_near = measure.used_pct is not None and measure.used_pct >= NEAR_PCT
    return Outcome(rule, Status.NEAR if is_near else Status.OK, measure)


# --- halts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Latch:
    """A halt that a rule has begun: it outlives a restart, and the rule's own change or deletion.

    until: when it ends by itself; None: it has to be released.
    """

    rule_id: int
    rule_name: str
    scope: Scope
    action: Action
    message: str
    since: datetime
    until: datetime | None

    def is_over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.until is not None and now >= self.until

    @property
    def words(self) -> str:
        """Why and how long, as the text of a denial."""
        ends = "until it is released"
        if self.until is not None:
            ends = f"until {self.until.astimezone(IST):%d %b %Y %H:%M} (India)"
        return f"{self.message}; {ends}"


def latch_of(outcome: Outcome, now: datetime) -> Latch | None:
    """The halt that a broken rule begins; None where it only warns or refuses.

    Stale data halts while it is stale, and no longer: it begins none.
    """
    rule = outcome.rule
    if outcome.status is not Status.BREACHED or rule.action not in LATCHING:
        return None
    if rule.type is RuleType.STALE_DATA and rule.action is Action.HALT_ENTRIES:
        return None
    return Latch(
        rule_id=rule.id,
        rule_name=rule.name,
        scope=rule.scope,
        action=rule.action,
        message=outcome.message,
        since=now,
        until=_until(rule, now),
    )


def _until(rule: Rule, now: datetime) -> datetime | None:
    today = now.astimezone(IST).date()
    if rule.action is Action.KILL or rule.type is RuleType.DRAWDOWN_KILL:
        return None
    match rule.type:
        case RuleType.WEEKLY_LOSS:
            return _midnight(today + timedelta(days=7 - today.weekday()))
        case RuleType.MONTHLY_LOSS:
            return _midnight((today.replace(day=1) + timedelta(days=32)).replace(day=1))
        case RuleType.LOSS_STREAK_COOLDOWN:
            return now + timedelta(days=rule.params["pause_days"])
        case _:
            return _midnight(today + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), IST)
