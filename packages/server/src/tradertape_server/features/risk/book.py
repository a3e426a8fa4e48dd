"""What the gate keeps in memory of each person: rules, halts, accounts; read on first use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from tradertape_core.risk.rulebook.catalogue import CATALOGUE, read_params
from tradertape_core.risk.rulebook.evaluation import Latch
from tradertape_core.risk.rulebook.figures import Need
from tradertape_core.risk.rulebook.rule import (
    Action,
    AppliesTo,
    Level,
    Owner,
    Rule,
    RuleType,
    Scope,
    Severity,
)
from tradertape_server.features.execution.queries import accounts_of
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.models import LIVE, PAPER, RiskHalt, RiskRule
from tradertape_server.features.risk.owners import Belongs, OwnerOf, owner_of

_MOST_OWNERS = 20_000


@dataclass(frozen=True, slots=True)
class Account:
    """A trading account. broker: as scopes name it, `paper` for paper money."""

    id: int
    money: str
    broker: str


@dataclass(frozen=True, slots=True)
class Halted:
    """A halt that has not ended. id: of its row. is_executed: whether its action was taken."""

    id: int
    money: str
    latch: Latch
    is_executed: bool


@dataclass(slots=True)
class Person:
    """A person's rules, active halts and accounts by id."""

    user_id: int
    rules: tuple[Rule, ...] = ()
    halts: list[Halted] = field(default_factory=list[Halted])
    accounts: dict[int, Account] = field(default_factory=dict[int, Account])

    @property
    def is_bound(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.rules or self.halts)

    def needs(self, need: Need) -> bool:
        """Whether a rule is judged on a fact."""
        return any(need in CATALOGUE[rule.type].needs for rule in self.rules)


class Book:
    """The persons that were asked for, until it is told to forget."""

    def __init__(self, owners: Sequence[OwnerOf]) -> None:
        self._owners = owners
        self._persons: dict[int, Person] = {}
        self._belongs: dict[str, Belongs] = {}

    def person(self, session: Session, user_id: int) -> Person:
        """A person's rules and halts."""
        known = self._persons.get(user_id)
        if known is None:
            known = self._persons[user_id] = _read(session, user_id)
        return known

    def with_accounts(self, session: Session, user_id: int) -> Person:
        """The same, with the accounts of a person without rules too."""
        person = self.person(session, user_id)
        person.accounts = person.accounts or _accounts(session, user_id)
        return person

    def known(self, user_id: int) -> Person | None:
        """The same, if it is in memory."""
        return self._persons.get(user_id)

    def account(self, session: Session, person: Person, account_id: int) -> Account:
        """One of a person's accounts, a new one too."""
        if account_id not in person.accounts:
            person.accounts = _accounts(session, person.user_id)
        return person.accounts[account_id]

    def owner(self, session: Session, account: Account, run_id: str | None) -> Owner:
        """What an order of a run in an account belongs to."""
        if run_id is None:
            return Owner(broker=account.broker)
        belongs = self._belongs.get(run_id)
        if belongs is None:
            if len(self._belongs) > _MOST_OWNERS:
                self._belongs.clear()
            belongs = self._belongs[run_id] = owner_of(self._owners, session, run_id)
        return Owner(broker=account.broker, strategy=belongs.strategy, portfolio=belongs.portfolio)

    def forget(self) -> None:
        """Read everything again."""
        self._persons.clear()


def rule_of(row: RiskRule) -> Rule:
    """A rule as core judges by it. Raises InvalidDocument when its parameters make no sense."""
    return Rule(
        id=row.id,
        name=row.name,
        type=RuleType(row.type),
        params=read_params(RuleType(row.type), row.params),
        scope=Scope(Level(row.scope_level), row.scope_id),
        action=Action(row.action),
        applies_to=AppliesTo(row.applies_to),
        severity=Severity(row.severity),
    )


def latch_of_row(row: RiskHalt) -> Latch:
    """A halt as core knows it."""
    return Latch(
        rule_id=row.rule_id,
        rule_name=row.rule_name,
        scope=Scope(Level(row.scope_level), row.scope_id),
        action=Action(row.action),
        message=row.message,
        since=row.since,
        until=row.until,
    )


def carried_out(halted: Halted) -> Halted:
    """The halt, its action taken."""
    return replace(halted, is_executed=True)


def _read(session: Session, user_id: int) -> Person:
    rules = tuple(rule_of(row) for row in repository.rules(session, user_id))
    halts = [
        Halted(row.id, row.money, latch_of_row(row), row.executed_at is not None)
        for row in repository.active_halts(session, user_id)
    ]
    accounts = _accounts(session, user_id) if rules or halts else {}
    return Person(user_id, rules, halts, accounts)


def _accounts(session: Session, user_id: int) -> dict[int, Account]:
    return {
        row.id: Account(row.id, PAPER, "paper")
        if row.kind == PAPER
        else Account(row.id, LIVE, row.broker)
        for row in accounts_of(session, user_id)
    }
