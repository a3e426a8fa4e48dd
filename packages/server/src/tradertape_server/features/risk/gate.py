"""The gate: execution's port for rules. It runs on the trader's thread, in its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.position import Position
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.denials import Denial
from tradertape_core.orders.order import Fill, Order, OrderRequest, Side
from tradertape_core.risk.rulebook.catalogue import CATALOGUE
from tradertape_core.risk.rulebook.evaluation import (
    Latch,
    Outcome,
    Verdict,
    judge_entry,
    judge_moment,
    latch_of,
)
from tradertape_core.risk.rulebook.figures import Entry, Need
from tradertape_core.risk.rulebook.rule import (
    Action,
    AppliesTo,
    Owner,
    Rule,
    RuleType,
    Scope,
    covers,
)
from tradertape_core.risk.rules import order_value
from tradertape_server.features.execution.state.entry_rules import (
    Apart,
    Asked,
    AskedApart,
    TradingState,
)
from tradertape_server.features.risk import apart, repository
from tradertape_server.features.risk.book import Account, Book, Halted, Person, carried_out
from tradertape_server.features.risk.figures import FiguresOnce, Memory, Reader
from tradertape_server.features.risk.market_facts import MarketFacts
from tradertape_server.features.risk.models import CANDLES, ClosedTrade, RiskEvaluation, RiskHalt
from tradertape_server.features.risk.owners import OwnerOf
from tradertape_server.features.risk.tallies import net_of

_T = RuleType
# What a change of an open order cannot break: it is counted already.
_OF_NEW_ORDERS = frozenset(
    {
        _T.MAX_POSITIONS, _T.MAX_PER_SECTOR, _T.MAX_ORDERS_PER_DAY, _T.MAX_TRADES_PER_DAY,
        _T.MAX_ORDERS_PER_SECOND, _T.DUPLICATE_GUARD,
    }
)  # fmt: skip


class RiskGate:
    """Judges orders by a person's rules, and begins halts; implements `EntryRules`."""

    def __init__(self, facts: MarketFacts, owners: Sequence[OwnerOf]) -> None:
        self.facts = facts
        self.book = Book(owners)
        self.memory = Memory()

    # --- execution's port -----------------------------------------------------------------------

    def judge(self, state: TradingState, asked: Asked) -> tuple[Denial, ...]:
        """Every reason to refuse the order, its verdict kept; of one that reduces, none."""
        user_id = state.account(asked.account_id).user_id
        person = self.book.person(state.session, user_id)
        if not person.rules:
            return ()
        account = self.book.account(state.session, person, asked.account_id)
        owner = self.book.owner(state.session, account, asked.run_id)
        rules = self._looking_at(person, asked)
        if not rules:
            return ()
        reader = Reader(
            state, self.book, self.memory, self.facts, person, account.money, asked.before
        )
        entry = self._entry(state, reader, asked)
        verdict = judge_entry(rules, owner, entry, FiguresOnce(reader))
        denials = () if asked.is_reducing else verdict.denials
        if not asked.is_preview and verdict.outcomes:
            self._keep(state, asked, account, person, verdict, passed=not denials)
        return denials

    def judge_apart(self, state: TradingState, asked: AskedApart) -> Apart:
        """Every reason to refuse an entry that candles fill; nothing is kept."""
        person = self.book.person(state.session, asked.user_id)
        account = Account(0, CANDLES, asked.owner.broker)
        return apart.judged(
            state, asked, person, self.facts, _words(person, account, asked.owner, state.now)
        )

    def keep_apart(self, state: TradingState, judged: Sequence[Apart]) -> None:
        """Have verdicts on such entries written, and begin the halts of broken rules."""
        for one in judged:
            if one.verdict.outcomes or one.refusals:
                apart.keep(state, one, [outcome_document(o) for o in one.verdict.outcomes])
            user_id, halting = one.asked.user_id, apart.watched(one.verdict)
            self.begin_halts(state, user_id, CANDLES, halting)

    def halted(self, state: TradingState, account_id: int, run_id: str | None) -> str | None:
        """Why nothing new may be opened in the account, by this run."""
        user_id = state.account(account_id).user_id
        if not state.has_session:
            known = self.book.known(user_id)
            return _words(known, known.accounts.get(account_id), None, state.now) if known else None
        person = self.book.person(state.session, user_id)
        if not person.halts:
            return None
        account = self.book.account(state.session, person, account_id)
        owner = self.book.owner(state.session, account, run_id)
        return _words(person, account, owner, state.now)

    def ordered(self, state: TradingState, order: Order) -> None:
        """Count a new order."""
        tally = self.memory.tallies.get(int(order.account))
        if tally is not None and not order.is_external:
            tally.ordered(order, state.now)

    def filled(self, _state: TradingState, order: Order, _fill: Fill) -> None:
        """Count an order that was executed."""
        tally = self.memory.tallies.get(int(order.account))
        if tally is not None and not order.is_external:
            tally.filled(order)

    def moved(self, state: TradingState, before: Position, after: Position) -> None:
        """Take the result of a position in that was closed."""
        account_id = int(after.key.account)
        tally = self.memory.tallies.get(account_id)
        if tally is None and not self._counts_trades(state, account_id):
            return
        if not before.is_open and after.is_open:
            if tally is not None:
                tally.reopened(after.key)
                tally.opened_at_net[after.key] = net_of(before)
        elif not after.is_open:
            if tally is not None:
                tally.closed(after)
            if before.is_open:
                self._trade_closed(state, account_id, before, after)

    def forget(self) -> None:
        """Memory may differ from what is stored."""
        self.book.forget()
        self.memory.forget()

    # --- the watch ------------------------------------------------------------------------------

    def look(self, state: TradingState, user_id: int) -> list[tuple[str, Verdict]]:
        """Judge a person's rules without an order, of each money; write what they need later."""
        person = self.book.person(state.session, user_id)
        found: list[tuple[str, Verdict]] = []
        for money in sorted({one.money for one in person.accounts.values()}):
            reader = Reader(state, self.book, self.memory, self.facts, person, money)
            found.append((money, judge_moment(person.rules, FiguresOnce(reader))))
        self.memory.histories.write(state.session, user_id, state.now)
        return found

    def begin_halts(
        self, state: TradingState, user_id: int, money: str, outcomes: Iterable[Outcome]
    ) -> list[Latch]:
        """Begin the halts of rules that are broken and have none; returned are the new ones."""
        person = self.book.person(state.session, user_id)
        begun: list[Latch] = []
        for outcome in outcomes:
            latch = latch_of(outcome, state.now)
            if latch is None or _has_halt(person, money, latch, state.now):
                continue
            row = RiskHalt(user_id=user_id, money=money, **_halt_values(latch, outcome.rule))
            state.session.add(row)
            state.session.flush()
            person.halts.append(Halted(row.id, money, latch, is_executed=False))
            begun.append(latch)
        return begun

    def mark_executed(self, state: TradingState, user_id: int, halted: Halted) -> None:
        """Its action is carried out in this transaction."""
        repository.executed(state.session, halted.id, state.now)
        person = self.book.person(state.session, user_id)
        person.halts = [carried_out(one) if one.id == halted.id else one for one in person.halts]

    # --- inside ---------------------------------------------------------------------------------

    def _looking_at(self, person: Person, asked: Asked) -> tuple[Rule, ...]:
        rules: Iterable[Rule] = person.rules
        if asked.is_reducing:
            rules = [rule for rule in rules if rule.applies_to is AppliesTo.ALL]
        if asked.is_change:
            rules = [rule for rule in rules if rule.type not in _OF_NEW_ORDERS]
        return tuple(rules)

    def _entry(self, state: TradingState, reader: Reader, asked: Asked) -> Entry:
        request, facts = asked.request, asked.facts
        instrument = state.known(request.instrument)
        person = reader.person
        value = order_value(request, facts)
        added = facts.added_exposure_paise
        if asked.is_change:
            added = Paise(max(value - asked.former_paise, 0))
        limits = {"price": request.price, "trigger_price": request.trigger_price}
        today = state.now.date()
        return Entry(
            instrument=request.instrument,
            side=request.side,
            quantity=request.quantity,
            price=request.price or request.trigger_price or facts.last_price,
            value=value,
            added=value if added is None else added,
            limits={name: price for name, price in limits.items() if price},
            stop=asked.stop or _cover_stop(request, facts.last_price),
            last_price=facts.last_price,
            tick_age_s=facts.tick_age_s,
            is_option=facts.is_option,
            is_amo=request.variety.value == "amo",
            sector=self.facts.sector(instrument) if person.needs(Need.SECTOR) else "",
            required=facts.required_paise,
            free=facts.free_paise,
            listed=self.facts.listed(instrument) if person.needs(Need.SURVEILLANCE) else "",
            average_turnover=self.facts.average_turnover(instrument, today)
            if person.needs(Need.LIQUIDITY)
            else None,
            same_age_s=self._same_age(state, reader, asked) if person.needs(Need.ORDERS) else None,
            correlated=self._correlated(state, reader, instrument)
            if person.needs(Need.CORRELATION)
            else (),
        )

    def _same_age(self, state: TradingState, reader: Reader, asked: Asked) -> float | None:
        last = reader.tally(asked.account_id).last
        at = last.get((asked.run_id, asked.request.instrument, asked.request.side))
        return None if at is None else (state.now - at).total_seconds()

    def _correlated(
        self, state: TradingState, reader: Reader, instrument: Instrument
    ) -> tuple[tuple[str, float], ...]:
        today = state.now.date()
        names = {
            key.instrument
            for account in reader.accounts(Scope())
            for key in state.account(account.id).positions
        }
        pairs = [
            (name, self.facts.correlation(instrument, state.known(name), today))
            for name in sorted(names - {instrument.id})
        ]
        return tuple((name, rho) for name, rho in pairs if rho is not None)

    def _keep(
        self,
        state: TradingState,
        asked: Asked,
        account: Account,
        person: Person,
        verdict: Verdict,
        *,
        passed: bool,
    ) -> None:
        """Have the verdict written with the order's transaction, and begin halts of broken rules
        whose action is more than a refusal: nothing is opened after this in the same batch."""
        now, request = state.now, asked.request
        values = {
            "user_id": person.user_id,
            "subject": "change" if asked.is_change else "order",
            "money": account.money,
            "order_id": asked.order_id or None,
            "run_id": asked.run_id,
            "instrument": request.instrument,
            "side": request.side.value,
            "quantity": request.quantity,
            "passed": passed,
            "action": verdict.action.value if verdict.action else None,
            "reason": "; ".join(one.message for one in verdict.broken),
            "outcomes": [outcome_document(one) for one in verdict.outcomes],
            "at": now,
        }
        broken = [one.rule.id for one in verdict.broken]

        def write(session: Session) -> None:
            repository.add(session, RiskEvaluation, values)
            if broken:
                repository.triggered(session, broken, now)

        state.later(write)
        if not asked.is_reducing:
            halting = [one for one in verdict.broken if CATALOGUE[one.rule.type].is_watched]
            self.begin_halts(state, person.user_id, account.money, halting)

    def _counts_trades(self, state: TradingState, account_id: int) -> bool:
        user_id = state.account(account_id).user_id
        return self.book.person(state.session, user_id).needs(Need.STREAK)

    def _trade_closed(
        self, state: TradingState, account_id: int, before: Position, after: Position
    ) -> None:
        user_id = state.account(account_id).user_id
        person = self.book.person(state.session, user_id)
        if not person.needs(Need.STREAK):
            return
        tally = self.memory.tallies.get(account_id)
        base = tally.opened_at_net.pop(after.key, None) if tally else None
        if base is None:  # it was opened before a restart: what came before today is not counted
            today = before.today
            base = net_of(before) - today.realised_paise + today.charges.total
        net, key = net_of(after) - base, after.key
        values = {
            "user_id": user_id, "account_id": account_id, "run_id": key.run_id,
            "instrument": key.instrument, "net_paise": net, "closed_at": state.now,
        }  # fmt: skip
        state.later(lambda session: repository.add(session, ClosedTrade, values))
        if user_id in self.memory.trades:
            trade = (state.now, account_id, key.run_id, key.instrument, net)
            self.memory.trades[user_id].insert(0, trade)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is stored and shown. Amounts in rupees."""
    measure = outcome.measure
    scale = 100 if measure.unit == "amount" else 1

    def number(value: Decimal | None) -> float | None:
        return None if value is None else round(float(value) / scale, 4)

    return {
        "rule_id": outcome.rule.id,
        "rule": outcome.rule.name,
        "type": outcome.rule.type.value,
        "action": outcome.rule.action.value,
        "status": outcome.status.value,
        "used": number(measure.used),
        "limit": number(measure.limit),
        "used_pct": None if measure.used_pct is None else float(measure.used_pct),
        "unit": measure.unit,
        "message": outcome.message,
    }


def _halt_values(latch: Latch, rule: Rule) -> dict[str, Any]:
    return {
        "rule_id": latch.rule_id,
        "rule_name": latch.rule_name,
        "rule_type": rule.type.value,
        "scope_level": latch.scope.level.value,
        "scope_id": latch.scope.id,
        "action": latch.action.value,
        "message": latch.message,
        "since": latch.since,
        "until": latch.until,
    }


def _has_halt(person: Person, money: str, latch: Latch, now: datetime) -> bool:
    return any(
        one.money == money
        and one.latch.rule_id == latch.rule_id
        and one.latch.action is latch.action
        and not one.latch.is_over(now)
        for one in person.halts
    )


def _words(
    person: Person, account: Account | None, owner: Owner | None, now: datetime
) -> str | None:
    for one in person.halts:
        if one.latch.is_over(now) or account is None or one.money != account.money:
            continue
        if one.latch.action is Action.KILL and one.is_executed:
            continue  # the kill switch itself says so
        if owner is None or covers(one.latch.scope, owner, None):
            return one.latch.words
    return None


def _cover_stop(request: OrderRequest, last: Decimal | None) -> Decimal | None:
    """Where a cover order's own stop is."""
    entry = request.price or last
    if not request.stoploss or entry is None:
        return None
    away = request.stoploss if request.side is Side.BUY else -request.stoploss
    return entry - away
