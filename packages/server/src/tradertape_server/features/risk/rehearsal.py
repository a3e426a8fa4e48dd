"""What rules would have refused among the stored orders of some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tradertape_core.orders.order import Order
from tradertape_core.risk.rulebook.figures import Need
from tradertape_core.risk.rulebook.rehearsal import Rehearsal, rehearse
from tradertape_core.risk.rulebook.rule import EVERYTHING, Owner, Rule
from tradertape_server.features.execution.queries import orders_placed_since
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk.book import Account
from tradertape_server.features.risk.figures import Reader
from tradertape_server.features.risk.gate import RiskGate
from tradertape_server.features.risk.schemas import (
    RehearsalIn,
    RehearsalOut,
    RehearsedOrder,
    RehearsedRule,
)
from tradertape_server.features.risk.service import rule_from

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Before:
    """What a rehearsal begins with."""

    rules: tuple[Rule, ...]
    accounts: list[Account]
    owners: dict[str, Owner]
    capital: int
    orders: list[Order]
    sectors: dict[str, str]


@dataclass(frozen=True, slots=True)
class RehearsalService:
    """Answers `POST /api/risk/rehearse`; reads, and judges outside of any transaction."""

    execution: ExecutionService
    gate: RiskGate

    def run(self, user_id: int, wanted: RehearsalIn) -> RehearsalOut:
        """Rehearse. Raises InvalidDocument for a rule that makes no sense."""
        tried = None
        if wanted.rules is not None:
            tried = tuple(rule_from(one, number) for number, one in enumerate(wanted.rules, 1))
        before = self.execution.trader.execute(
            Command(lambda uow: self._before(uow, user_id, wanted, tried))
        )
        found = rehearse(
            before.orders,
            before.rules,
            capital=before.capital,
            owner_of=lambda order: before.owners[order.order_id],
            sector_of=lambda name: before.sectors.get(name, ""),
        )
        return _out(wanted, before.rules, found)

    def _before(
        self, uow: UnitOfWork, user_id: int, wanted: RehearsalIn, tried: tuple[Rule, ...] | None
    ) -> _Before:
        person = self.gate.book.with_accounts(uow.session, user_id)
        reader = Reader(
            uow, self.gate.book, self.gate.memory, self.gate.facts, person, wanted.money
        )
        accounts = reader.accounts(EVERYTHING)
        since = uow.now - timedelta(days=wanted.days)
        owners: dict[str, Owner] = {}
        orders: list[Order] = []
        for account in accounts:
            for order in orders_placed_since(uow.session, account.id, since):
                owners[order.order_id] = self.gate.book.owner(uow.session, account, order.run_id)
                orders.append(order)
        capital = reader.gather(EVERYTHING, {Need.CAPITAL}).capital or 0
        rules = person.rules if tried is None else tried
        return _Before(rules, accounts, owners, capital, orders, self._sectors(uow, orders))

    def _sectors(self, uow: UnitOfWork, orders: list[Order]) -> dict[str, str]:
        names = {one.request.instrument for one in orders}
        return {name: self.gate.facts.sector(uow.known(name)) for name in names}


def _out(wanted: RehearsalIn, rules: tuple[Rule, ...], found: Rehearsal) -> RehearsalOut:
    return RehearsalOut(
        days=wanted.days,
        money=wanted.money,
        orders=found.orders,
        entries=found.entries,
        refused=len(found.refusals),
        refused_pnl=(found.pnl - found.kept_pnl) / 100,
        pnl=found.pnl / 100,
        not_judged=list(found.not_judged),
        rules=[
            RehearsedRule(
                rule=rule.name,
                type=rule.type,
                broken=found.broken[rule.id],
                first_at=found.first_at.get(rule.id),
            )
            for rule in rules
        ],
        refusals=[
            RehearsedOrder(
                at=one.order.placed_at,
                order_id=one.order.order_id,
                instrument=one.order.request.instrument,
                side=one.order.request.side.value,
                quantity=one.order.request.quantity,
                action=one.action,
                messages=list(one.messages),
            )
            for one in found.refusals[:MOST_SHOWN]
        ],
    )
