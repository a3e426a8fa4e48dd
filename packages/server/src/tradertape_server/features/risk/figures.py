"""The figures of a scope, gathered from the trader's memory within its transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Price, notional
from tradertape_core.ledger.marks import is_plausible
from tradertape_core.ledger.pnl import unrealised
from tradertape_core.ledger.position import Position, roll
from tradertape_core.orders.order import OrderRequest, Product
from tradertape_core.risk.rulebook.catalogue import CATALOGUE
from tradertape_core.risk.rulebook.figures import Figures, Held, Need
from tradertape_core.risk.rulebook.rule import Level, Rule, Scope, covers
from tradertape_server.features.execution.state.entry_rules import TradingState
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.book import Account, Book, Person
from tradertape_server.features.risk.history import Histories, ScopeOf
from tradertape_server.features.risk.market_facts import MarketFacts
from tradertape_server.features.risk.tallies import Matches, Tally, net_of, total

_MOST_TRADES = 200


@dataclass(slots=True)
class Results:
    """Totals of a scope in paise: since the beginning, realised alone, and at the day's start."""

    all: int = 0
    realised_today: int = 0
    before_today: int = 0


@dataclass(slots=True)
class Memory:
    """What is kept between orders: tallies of accounts, histories of scopes, closed trades."""

    tallies: dict[int, Tally] = field(default_factory=dict[int, Tally])
    histories: Histories = field(default_factory=Histories)
    trades: dict[int, list[tuple[datetime, int, str | None, str, int]]] = field(
        default_factory=dict[int, list[tuple[datetime, int, str | None, str, int]]]
    )

    def forget(self) -> None:
        """Read everything again."""
        self.tallies.clear()
        self.histories.forget()
        self.trades.clear()


@dataclass(frozen=True, slots=True)
class Reader:
    """Gathers figures of a person's paper or real money at one moment."""

    state: TradingState
    book: Book
    memory: Memory
    facts: MarketFacts
    person: Person
    money: str
    before: Sequence[OrderRequest] = ()

    def of(self, rule: Rule, known: dict[Scope, Figures]) -> Figures:
        """Figures of a rule's scope; known: those that were gathered for other rules."""
        found = known.get(rule.scope)
        if found is None:
            rules = [one for one in self.person.rules if one.scope == rule.scope]
            needs = {need for one in rules for need in CATALOGUE[one.type].needs}
            found = known[rule.scope] = self.gather(rule.scope, needs)
        if Need.STREAK in CATALOGUE[rule.type].needs:
            return self._with_streak(rule, found)
        return found

    def accounts(self, scope: Scope) -> list[Account]:
        """The accounts of the money that a scope has."""
        return [
            one
            for one in self.person.accounts.values()
            if one.money == self.money
            and self.state.is_traded(one.id)
            and (scope.level is not Level.BROKER or scope.id == one.broker)
        ]

    def tally(self, account_id: int) -> Tally:
        """The tally of an account, read on first use."""
        found = self.memory.tallies.get(account_id)
        if found is None:
            found = Tally.read(self.state, account_id)
            self.memory.tallies[account_id] = found
        return found.on_day(self.state.now)

    def gather(self, scope: Scope, needs: Collection[Need]) -> Figures:
        """Figures of a scope, those that are needed."""
        accounts, now = self.accounts(scope), self.state.now
        tallied = accounts if Need.PNL in needs or Need.ORDERS in needs else []
        tallies = [(one, self.tally(one.id)) for one in tallied]
        matching = {one.id: self._matches(one, scope) for one in accounts}
        results, mark = Results(), None
        if Need.PNL in needs:
            results = self._results(accounts, matching)
            mark = self.memory.histories.mark(
                self.state.session,
                ScopeOf(self.person.user_id, self.money, scope),
                total=results.all,
                started_at=results.before_today,
                now=now,
            )
        return Figures(
            now=now,
            capital=self._capital() if Need.CAPITAL in needs else None,
            cash=self._free(accounts) if Need.CAPITAL in needs else None,
            fall=mark.peak - results.all if mark else 0,
            day_pnl=results.all - mark.start if mark else 0,
            day_realised=results.realised_today,
            day_peak=mark.best - mark.start if mark else 0,
            week_pnl=results.all - mark.week if mark else 0,
            month_pnl=results.all - mark.month if mark else 0,
            holdings=self._holdings(accounts, scope, needs) if Need.HOLDINGS in needs else {},
            orders=sum(total(tally.orders, matching[one.id]) for one, tally in tallies)
            + len(self.before),
            trades=sum(total(tally.trades, matching[one.id]) for one, tally in tallies),
            second_orders=sum(
                tally.in_second(now, matching[one.id] or _everything) for one, tally in tallies
            )
            + len(self.before),
            data_age_s=self._data_age(accounts, scope) if Need.DATA_AGE in needs else None,
        )

    # --- inside -------------------------------------------------------------------------------

    def _matches(self, account: Account, scope: Scope) -> Matches | None:
        """Whether a scope has a run's instrument in an account; None: it has everything."""
        if scope.level in (Level.USER, Level.BROKER):
            return None

        def matches(run_id: str | None, instrument: str) -> bool:
            owner = self.book.owner(self.state.session, account, run_id)
            return covers(scope, owner, instrument)

        return matches

    def _positions(self, account: Account, matches: Matches | None) -> Iterable[Position]:
        held = self.state.account(account.id).positions.values()
        return (
            one for one in held if matches is None or matches(one.key.run_id, one.key.instrument)
        )

    def _results(self, accounts: Sequence[Account], matching: dict[int, Matches | None]) -> Results:
        results, today = Results(), self.state.now.astimezone(IST).date()
        for account in accounts:
            matches, tally = matching[account.id], self.tally(account.id)
            flat = total(tally.flat_net, matches)
            results.all += flat
            results.before_today += flat
            for position in self._today_of_flat(tally, matches, today):
                results.realised_today += position
                results.before_today -= position
            for position in self._positions(account, matches):
                day = roll(position, today).today
                came_today = day.realised_paise - day.charges.total
                results.all += net_of(position) + self._unrealised(position)
                results.realised_today += came_today
                results.before_today += net_of(position) - came_today
                results.before_today += self._at_close(position, day.overnight_quantity)
        return results

    def _today_of_flat(self, tally: Tally, matches: Matches | None, today: object) -> list[int]:
        """What closed positions brought today: few, as each was closed today."""
        return [
            one.today.realised_paise - one.today.charges.total
            for key, one in tally.flat.items()
            if one.today.day == today and (matches is None or matches(key.run_id, key.instrument))
        ]

    def _unrealised(self, position: Position) -> int:
        return unrealised(position, self._price(position.key.instrument))

    def _at_close(self, position: Position, overnight: int) -> int:
        """What units that were there before today had gained by yesterday's close."""
        tick = self.state.tick(position.key.instrument)
        if not overnight or tick is None or tick.close is None:
            return 0
        return notional(Price(tick.close - position.average_price), overnight)

    def _price(self, instrument: str) -> Decimal | None:
        tick = self.state.tick(instrument)
        return tick.last_price if tick is not None and is_plausible(tick) else None

    def _capital(self) -> int | None:
        """The equity of all accounts of the money; None where a broker alone knows it."""
        equity = 0
        for account in self.accounts(Scope()):
            state = self.state.account(account.id)
            if not state.is_paper:
                return None
            equity += state.cash_paise + sum(map(self._value, state.positions.values()))
        return equity

    def _value(self, position: Position) -> int:
        """What a position is worth beside the cash that was paid for it."""
        is_option = self.state.known(position.key.instrument).is_option
        if position.key.product is not Product.CNC and not is_option:
            return self._unrealised(position)
        price = self._price(position.key.instrument)
        if price is None:
            return position.cost_paise
        return notional(Price(price), position.quantity)

    def _free(self, accounts: Sequence[Account]) -> int | None:
        free = 0
        for account in accounts:
            state = self.state.account(account.id)
            if not state.is_paper:
                return None
            free += state.margins.available(state.cash_paise, self.state.now)
        return free

    def _holdings(
        self, accounts: Sequence[Account], scope: Scope, needs: Collection[Need]
    ) -> dict[str, Held]:
        values: dict[str, int] = {}
        for account in accounts:
            matches = self._matches(account, scope)
            for run_id, name, one in self.state.account(account.id).margins.all_standing(
                self.state.now
            ):
                if one.stands and (matches is None or matches(run_id, name)):
                    values[name] = values.get(name, 0) + one.largest_paise
        for leg in self.before:
            price = leg.price or leg.trigger_price or self._price(leg.instrument) or Decimal(0)
            added = notional(Price(price), leg.quantity)
            values[leg.instrument] = values.get(leg.instrument, 0) + added
        with_sector = Need.SECTOR in needs
        return {
            name: Held(value, self.facts.sector(self.state.known(name)) if with_sector else "")
            for name, value in values.items()
        }

    def _data_age(self, accounts: Sequence[Account], scope: Scope) -> float | None:
        ages: list[float] = []
        for account in accounts:
            for position in self._positions(account, self._matches(account, scope)):
                tick = self.state.tick(position.key.instrument)
                if tick is not None:
                    ages.append((self.state.now - tick.at).total_seconds())
        return max(ages, default=None)

    def _with_streak(self, rule: Rule, figures: Figures) -> Figures:
        from_then = repository.last_halt_since(
            self.state.session, self.person.user_id, rule.id, self.money
        )
        streak, last = 0, None
        for at, account_id, run_id, instrument, net in self._closed_trades():
            account = self.person.accounts.get(account_id)
            if account is None or account.money != self.money:
                continue
            owner = self.book.owner(self.state.session, account, run_id)
            if not covers(rule.scope, owner, instrument):
                continue
            if net >= 0 or (from_then is not None and at <= from_then):
                break
            streak, last = streak + 1, last or at
        return replace(figures, losing_streak=streak, last_loss_at=last)

    def _closed_trades(self) -> list[tuple[datetime, int, str | None, str, int]]:
        """A person's closed trades, newest first."""
        user_id = self.person.user_id
        if user_id not in self.memory.trades:
            self.memory.trades[user_id] = [
                (row.closed_at, row.account_id, row.run_id, row.instrument, row.net_paise)
                for row in repository.closed_trades(self.state.session, user_id, _MOST_TRADES)
            ]
        return self.memory.trades[user_id]


def _everything(_run_id: str | None, _instrument: str) -> bool:
    return True


class FiguresOnce:
    """The figures of each scope, gathered once for one verdict."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[Scope, Figures] = {}

    def __call__(self, rule: Rule) -> Figures:
        """Figures of a rule's scope."""
        return self._reader.of(rule, self._known)
