"""How a person stands with every limit: the payload of the risk page and of other screens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.money import Price, notional
from tradertape_core.risk.rulebook.catalogue import CATALOGUE
from tradertape_core.risk.rulebook.evaluation import Verdict, judge_moment
from tradertape_core.risk.rulebook.figures import Figures, Need
from tradertape_core.risk.rulebook.rule import EVERYTHING, Rule, RuleType, Scope
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.figures import FiguresOnce, Reader
from tradertape_server.features.risk.gate import RiskGate, outcome_document
from tradertape_server.features.risk.kill_switch import KillSwitch
from tradertape_server.features.risk.models import CANDLES, LIVE, PAPER
from tradertape_server.features.risk.schemas import (
    JudgedMoney,
    KillSwitchOut,
    RiskCapital,
    RiskDataAge,
    RiskExposure,
    RiskHaltOut,
    RiskOutcomeOut,
    RiskPositions,
    RiskShare,
    RiskStateOut,
    RiskToday,
)
from tradertape_server.features.risk.service import halt_out
from tradertape_server.features.risk.tallies import midnight

_NEEDS = frozenset(Need) - {Need.CORRELATION, Need.LIQUIDITY, Need.SURVEILLANCE, Need.STREAK}
_MOST_SYMBOLS = 10


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look gave. is_used: whether anything is traded with such money."""

    money: JudgedMoney
    is_used: bool
    figures: Figures
    verdict: Verdict
    halts: list[RiskHaltOut]
    rejections: int
    net: int
    reserved: int


class ApartFigures(Protocol):
    """What portfolios that candles fill have: they are measured without an account."""

    @property
    def committed(self) -> int:
        """What waits to be bought, in paise."""
        ...

    def of(self, scope: Scope, since: datetime | None = None) -> Figures:
        """Figures of what a scope contains."""
        ...


@dataclass(slots=True)
class RiskState:
    """Answers `GET /api/risk/state`. apart_of: a person's portfolios that candles fill, if any."""

    execution: ExecutionService
    gate: RiskGate
    switch: KillSwitch
    apart_of: Callable[[int], ApartFigures | None] = field(default=lambda _user_id: None)

    def of(self, user_id: int, money: JudgedMoney | None) -> RiskStateOut:
        """A person's state. money: None for real money where there is any, else paper; where
        neither is, that of portfolios that candles fill."""
        trader, found = self.execution.trader, None
        if money != CANDLES:
            found = trader.execute(Command(lambda uow: self._look(uow, user_id, money)))
        if found is None or (money is None and not found.is_used):
            apart = self.apart_of(user_id)
            if apart is not None or found is None:
                found = trader.execute(Command(lambda uow: self._look_apart(uow, user_id, apart)))
        return _state_out(found, self.switch.status(user_id))

    def _look_apart(self, uow: UnitOfWork, user_id: int, apart: ApartFigures | None) -> _Found:
        """At the last close; nothing is read of portfolios on the trader's thread."""
        person = self.gate.book.with_accounts(uow.session, user_id)

        def figures_of(rule: Rule) -> Figures:
            since = None
            if Need.STREAK in CATALOGUE[rule.type].needs:
                since = repository.last_halt_since(uow.session, user_id, rule.id, CANDLES)
            return Figures(now=uow.now) if apart is None else apart.of(rule.scope, since)

        whole = Figures(now=uow.now) if apart is None else apart.of(EVERYTHING)
        return _Found(
            money=CANDLES,
            is_used=True,
            figures=whole,
            verdict=judge_moment(person.rules, figures_of),
            halts=self._halts(uow, user_id, CANDLES),
            rejections=repository.rejections(uow.session, user_id, CANDLES, midnight(uow.now)),
            net=whole.gross,
            reserved=0 if apart is None else apart.committed,
        )

    def _halts(self, uow: UnitOfWork, user_id: int, money: str) -> list[RiskHaltOut]:
        return [
            halt_out(row)
            for row in repository.active_halts(uow.session, user_id)
            if row.money == money and (row.until is None or row.until > uow.now)
        ]

    def _look(self, uow: UnitOfWork, user_id: int, money: JudgedMoney | None) -> _Found:
        person = self.gate.book.with_accounts(uow.session, user_id)
        kinds = {one.money for one in person.accounts.values() if uow.is_traded(one.id)}
        chosen: JudgedMoney = money or (LIVE if LIVE in kinds else PAPER)
        reader = Reader(uow, self.gate.book, self.gate.memory, self.gate.facts, person, chosen)
        verdict = judge_moment(person.rules, FiguresOnce(reader))
        return _Found(
            chosen,
            bool(kinds),
            reader.gather(EVERYTHING, _NEEDS),
            verdict,
            self._halts(uow, user_id, chosen),
            repository.rejections(uow.session, user_id, chosen, midnight(uow.now)),
            _net(uow, reader),
            _reserved(uow, reader),
        )


def _net(uow: UnitOfWork, reader: Reader) -> int:
    """The value of what is held, short positions subtracted."""
    value = 0
    for account in reader.accounts(EVERYTHING):
        for position in uow.account(account.id).positions.values():
            tick = uow.tick(position.key.instrument)
            price = tick.last_price if tick else position.average_price
            value += notional(Price(price), position.quantity)
    return value


def _reserved(uow: UnitOfWork, reader: Reader) -> int:
    states = [uow.account(one.id) for one in reader.accounts(EVERYTHING)]
    return sum(state.margins.figures(uow.now).reserved for state in states if state.is_paper)


def _state_out(found: _Found, switch: KillSwitchOut) -> RiskStateOut:
    figures, rules = found.figures, found.verdict.outcomes
    by_kind = found.halts[0] if found.halts else None
    trading = "halted" if switch.active else "reducing" if by_kind else "active"
    return RiskStateOut(
        as_of=figures.now,
        trading_day=figures.now.astimezone(IST).date().isoformat(),
        money=found.money,
        trading_state=trading,
        halted_by=_halted_by(switch, by_kind),
        halted_until=None if switch.active or by_kind is None else by_kind.until,
        kill_switch=switch,
        today=_today(found),
        exposure=_exposure(found),
        positions=RiskPositions(
            open=len(figures.holdings),
            max=_tightest(found.verdict, RuleType.MAX_POSITIONS, int),
        ),
        capital=_capital(figures, found.reserved),
        rules=[RiskOutcomeOut.model_validate(outcome_document(one)) for one in rules],
        halts=found.halts,
        data_fresh=RiskDataAge(ticks_age_s=figures.data_age_s, broker_age_s=None),
    )


def _halted_by(switch: KillSwitchOut, halt: RiskHaltOut | None) -> str | None:
    if switch.active:
        return f"kill switch: {switch.reason or 'no reason given'}"
    return None if halt is None else halt.message


def _today(found: _Found) -> RiskToday:
    figures = found.figures
    loss = max(-figures.day_pnl, 0)
    limit = _tightest(found.verdict, RuleType.DAILY_LOSS, float)
    limit = None if limit is None else limit / 100
    return RiskToday(
        realised_pnl=_rupees(figures.day_realised),
        unrealised_pnl=_rupees(figures.day_pnl - figures.day_realised),
        pnl=_rupees(figures.day_pnl),
        loss=_rupees(loss),
        loss_limit=limit,
        loss_used_pct=round(loss / limit, 2) if limit else None,
        orders=figures.orders,
        trades=figures.trades,
        rejections=found.rejections,
    )


def _exposure(found: _Found) -> RiskExposure:
    figures, capital = found.figures, found.figures.capital
    sectors: dict[str, int] = {}
    for one in figures.holdings.values():
        sectors[one.sector or "other"] = sectors.get(one.sector or "other", 0) + one.paise
    symbols = {name: one.paise for name, one in figures.holdings.items()}
    return RiskExposure(
        gross=_rupees(figures.gross),
        net=_rupees(found.net),
        pct_of_capital=_pct(figures.gross, capital),
        cap_pct=_tightest(found.verdict, RuleType.EXPOSURE_CAP, float),
        by_sector=_shares(sectors, capital),
        by_symbol_top=_shares(symbols, capital)[:_MOST_SYMBOLS],
    )


def _capital(figures: Figures, reserved: int) -> RiskCapital:
    equity = figures.capital
    peak = None if equity is None else equity + max(figures.fall, 0)
    return RiskCapital(
        equity=None if equity is None else _rupees(equity),
        cash=None if figures.cash is None else _rupees(figures.cash),
        committed=_rupees(reserved),
        peak=None if peak is None else _rupees(peak),
        drawdown_pct=None if peak is None else _pct(max(figures.fall, 0), peak),
    )


def _tightest(verdict: Verdict, kind: RuleType, of: type[Any]) -> Any:
    limits = [
        one.measure.limit
        for one in verdict.outcomes
        if one.rule.type is kind and one.rule.scope == EVERYTHING and one.measure.limit is not None
    ]
    return of(min(limits)) if limits else None


def _shares(values: Mapping[str, int], capital: int | None) -> list[RiskShare]:
    largest = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return [
        RiskShare(name=name, value=_rupees(paise), pct=_pct(paise, capital))
        for name, paise in largest
    ]


def _pct(paise: int, whole: int | None) -> float | None:
    return round(paise * 100 / whole, 2) if whole else None


def _rupees(paise: int) -> float:
    return paise / 100
