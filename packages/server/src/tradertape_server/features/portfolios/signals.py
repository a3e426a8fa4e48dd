"""What a person does with signals: approve, reject, let expire, place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.kernel.format import inr
from tradertape_core.kernel.money import rupees
from tradertape_core.portfolio.book import document
from tradertape_core.portfolio.signals import Event, Status
from tradertape_core.strategy.explanation.explain import explain
from tradertape_core.strategy.language.walk import warm_up_bars
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.candle_rules import CandleJudge, CandleRules
from tradertape_server.features.portfolios.close_fills import buy_at_close
from tradertape_server.features.portfolios.days import next_session
from tradertape_server.features.portfolios.live.placing import Placing
from tradertape_server.features.portfolios.live.withdrawing import Withdrawing
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.schedule_times import SESSION_OPEN
from tradertape_server.features.portfolios.service import locked
from tradertape_server.features.portfolios.state import (
    book_of,
    capital_of,
    commitment,
    demand_possible,
    move,
    settings_of,
)
from tradertape_server.features.portfolios.working import Loaded, PortfolioWork
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, BadRequest, Conflict, NotFound

Json = dict[str, Any]
CLOCK = "clock"  # who did it, in a signal's history
NOT_IN_TIME = "not approved in time"
ACTIONS = {
    "approve": Event.APPROVE, "reject": Event.REJECT, "expire": Event.EXPIRE,
    "cancel": Event.CANCEL, "retry": Event.RETRY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignalService:
    """Use cases of signals; methods with a session run in the caller's transaction."""

    database: Database
    clock: Clock
    market: MarketService
    work: PortfolioWork
    placing: Placing
    withdrawing: Withdrawing
    rules: CandleRules

    def act(
        self,
        session: Session,
        user_id: int,
        signal_id: int,
        action: str,
        *,
        by: str,
        note: str,
        quantity: int | None = None,
    ) -> PortfolioSignal:
        """Approve, reject or expire a signal, cancel its order, or have it tried again.

        quantity: of an approval, in place of the proposed one; never more. An order at a venue is
        marked to be cancelled; `withdraw` asks the venue. Raises NotFound, Conflict.
        """
        row = self.get(session, user_id, signal_id)
        portfolio = locked(session, user_id, row.portfolio_id)
        session.refresh(row)
        now, event, fewer = self.clock.now(), ACTIONS[action], None
        if event is Event.APPROVE and row.status == Status.PENDING:
            fewer = _set_quantity(row, quantity)
            self._demand_approvable(session, portfolio, row, now)
        if event is Event.RETRY:
            _demand_retry(portfolio, row, now)
        if event is Event.CANCEL and portfolio.account_id is not None:
            is_agents = settings_of(portfolio).is_placed_by_agent
            if not (is_agents and row.gtt_status in repository.IN_FLIGHT):
                demand_possible(row, event)
            row.withdraw_reason = note or f"cancelled by {by}"
            return row
        move(row, event, by=by, now=now, note=note, quantity=fewer)
        if event in (Event.APPROVE, Event.RETRY):
            row.committed_paise = commitment(row) if row.side == "BUY" else 0
        else:
            _release(portfolio, row)
        portfolio.version += 1
        portfolio.updated_at = now
        session.flush()
        return row

    def expire_over(self) -> int:
        """Expire what nobody approved and placed in time, as the clock has it; how many."""
        now, count = self.clock.now(), 0
        with self.database.read() as session:
            due = repository.waiting_until(session, now)
        for user_id, signal_id in due:
            with suppress(ApiError), self.database.write() as session:
                row = self.get(session, user_id, signal_id)
                if row.expires_at <= now:  # a later time may have been given to it
                    self.act(session, user_id, signal_id, "expire", by=CLOCK, note=NOT_IN_TIME)
                    count += 1
        return count

    def cancel(self, user_id: int, signal_id: int, *, by: str, note: str) -> PortfolioSignal:
        """Cancel the order of a signal; at a venue it is over once the venue says so.

        Raises NotFound, Conflict where there is no order that waits.
        """
        with self.database.write() as session:
            row = self.act(session, user_id, signal_id, "cancel", by=by, note=note)
            portfolio_id = row.portfolio_id
        self.withdrawing.withdraw_marked(portfolio_id)
        with self.database.read() as session:
            row = self.get(session, user_id, signal_id)
            session.expunge(row)
            return row

    def get(self, session: Session, user_id: int, signal_id: int) -> PortfolioSignal:
        """One of a person's signals. Raises NotFound."""
        found, _ = repository.signals(session, user_id, ids=(signal_id,), limit=1)
        if not found:
            raise NotFound("Signal")
        return found[0]

    def bulk(
        self, session: Session, user_id: int, ids: Sequence[int], action: str, *, by: str
    ) -> list[Json]:
        """Do the same with several; one that cannot be done does not keep the others."""
        results: list[Json] = []
        for signal_id in dict.fromkeys(ids):
            try:
                row = self.act(session, user_id, signal_id, action, by=by, note="")
                results.append({"signal_id": signal_id, "status": row.status, "detail": ""})
            except ApiError as error:
                results.append({"signal_id": signal_id, "status": None, "detail": error.detail})
        return results

    def explain(self, session: Session, user_id: int, signal_id: int) -> Json:
        """The entry rules with their values at the signal's close."""
        row = self.get(session, user_id, signal_id)
        portfolio = session.get_one(Portfolio, row.portfolio_id)
        return self.explain_day(portfolio, row.symbol, row.signal_date)

    def explain_day(self, portfolio: Portfolio, symbol: str, day: date) -> Json:
        """The rules with their values for a symbol at a close, as the scan saw them."""
        strategy, settings = parse_strategy(portfolio.document), settings_of(portfolio)
        panel = self.market.panel(
            settings.universe, portfolio.started_on or day, day, data_set=portfolio.data_set,
            warm_up_bars=warm_up_bars(strategy),
        )  # fmt: skip
        return explain(strategy, panel, symbol, day)

    def place(
        self,
        user_id: int,
        *,
        portfolio_id: int | None,
        signal_ids: Sequence[int] | None,
        dry_run: bool,
        by: str,
    ) -> Json:
        """Place what is in the cart. Raises BadRequest when nothing is, Conflict."""
        with self.database.read() as session:
            found, _ = repository.signals(
                session, user_id, portfolio_id=portfolio_id, statuses=(Status.IN_CART,)
            )
            wanted = [one for one in found if signal_ids is None or one.id in signal_ids]
            names = {one.id: one.symbol for one in wanted}
            by_portfolio: dict[int, list[int]] = {}
            for one in sorted(wanted, key=lambda one: one.rank):
                by_portfolio.setdefault(one.portfolio_id, []).append(one.id)
            executed = {
                one
                for one in by_portfolio
                if session.get_one(Portfolio, one).account_id is not None
            }
        if not wanted:
            raise BadRequest("Cart is empty", code="cart_empty")
        results: list[Json] = []
        for portfolio, ids in by_portfolio.items():
            if portfolio in executed:
                results += self.placing.place(portfolio, ids, by=by, dry_run=dry_run)
                continue
            results += self._place(user_id, portfolio, ids, names, dry_run=dry_run, by=by)
        counts = {name: sum(one["outcome"] == name for one in results) for name in
                  ("placed", "failed", "skipped")}  # fmt: skip
        return {**counts, "dry_run": dry_run, "results": results}

    def _place(
        self, user_id: int, portfolio_id: int, ids: list[int], names: dict[int, str],
        *, dry_run: bool, by: str,
    ) -> list[Json]:  # fmt: skip
        results: list[Json] = []
        judges: list[CandleJudge] = []

        def do(loaded: Loaded) -> bool:
            # Read after the portfolio: a switch that is turned on later changes its version.
            found = self.placing.execution.halt(user_id)
            halt = "" if found is None else f"The kill switch is on: {found.words}"
            results.clear()
            loaded.work.actor = by
            judges[:] = self.rules.judges(user_id, loaded)
            judge = judges[0] if judges else None
            results.extend(_placed(loaded, ids, names, halt=halt, judge=judge))
            return not dry_run and any(one["outcome"] != "skipped" for one in results)

        self.work.change(user_id, portfolio_id, _traded_until, do)
        if not dry_run:
            self.rules.keep(judges)
        return results

    def _demand_approvable(
        self, session: Session, portfolio: Portfolio, row: PortfolioSignal, now: datetime
    ) -> None:
        if row.side == "SELL":
            return  # a sale takes no capital, and a paused portfolio sells
        if portfolio.status != "active":
            raise Conflict(
                f"Portfolio {portfolio.id} is {portfolio.status} and takes no approvals",
                code="portfolio_not_active",
            )
        if row.expires_at <= now:
            at = row.expires_at.astimezone(IST)
            raise Conflict(f"Signal {row.id} expired at {at:%d %b %Y %H:%M}", code="signal_expired")
        capital = capital_of(portfolio, repository.live_signals(session, portfolio.id))
        free = capital.free(settings_of(portfolio).max_oversubscription)
        if commitment(row) > free:
            raise Conflict(
                f"Signal {row.id} needs {_rupees(commitment(row))}, and {_rupees(free)} is free",
                code="no_capital",
            )


def _set_quantity(row: PortfolioSignal, quantity: int | None) -> int | None:
    """Take over the approved quantity; it, if that is fewer than was proposed."""
    if quantity is None or quantity == row.quantity:
        return None
    if quantity > row.quantity:
        raise InvalidInput(
            f"at most the proposed {row.quantity} shares can be approved", pointer="/quantity"
        )
    row.quantity = quantity
    return quantity


def _demand_retry(portfolio: Portfolio, row: PortfolioSignal, now: datetime) -> None:
    """Raise Conflict for a signal that cannot be tried again, and make it fresh."""
    if row.status != Status.FAILED:
        return  # the state says why not
    if portfolio.account_id is None:
        raise Conflict(
            f"Signal {row.id} was judged by its candles: trying again changes nothing",
            code="signal_state",
        )
    if row.valid_until is not None and row.valid_until <= now:
        raise Conflict(
            f"Signal {row.id} is over since {row.valid_until:%d %b}", code="signal_state"
        )
    row.expires_at = row.valid_until or row.expires_at
    row.gtt_id = row.order_id = row.placement_key = row.failure_reason = None


def _placed(
    loaded: Loaded, ids: list[int], names: dict[int, str], *, halt: str, judge: CandleJudge | None
) -> list[Json]:
    """Place the signals of one portfolio; what became of each. halt: why nothing is bought now.
    judge: the person's risk rules, where there are any."""
    work, results = loaded.work, list[Json]()
    by_id = {one.id: one for one in work.signals}
    chosen: list[PortfolioSignal] = []
    for signal_id in ids:
        row = by_id.get(signal_id)
        detail = _why_not(loaded, row) or halt
        if row is not None and not detail and judge is not None:
            detail = judge.why_not(row, work.now)
        if row is None or detail:
            results.append(_result(signal_id, names[signal_id], row, "skipped", detail))
            continue
        chosen.append(row)
        work.place(row)
        row.fills_from = _fills_from(row.signal_date, work.now)
    if work.settings.paper_fill == "close" and chosen:
        buy_at_close(work, chosen)
    for row in chosen:
        outcome = "failed" if row.status == Status.FAILED else "placed"
        results.append(_result(row.id, row.symbol, row, outcome, row.failure_reason or ""))
    return results


def _why_not(loaded: Loaded, row: PortfolioSignal | None) -> str:
    if row is None or row.status != Status.IN_CART:
        return "It is no longer in the cart"
    if loaded.row.status != "active":
        return f"Portfolio {loaded.row.id} is {loaded.row.status}"
    if row.expires_at <= loaded.work.now:
        return "It has expired"
    return ""


def _fills_from(signal_date: date, now: datetime) -> date:
    """The first day whose candle may fill an order placed now: not one that is half over."""
    first, local = next_session(signal_date), now.astimezone(IST)
    if first == local.date() and local.time() >= SESSION_OPEN:
        return next_session(first)
    return first


def _traded_until(row: Portfolio) -> date:
    if row.traded_until is None:
        raise Conflict(f"Portfolio {row.id} has not been scanned yet")
    return row.traded_until


def _release(portfolio: Portfolio, row: PortfolioSignal) -> None:
    """Free the slot of a signal that is over."""
    if portfolio.account_id is not None:
        return
    book = book_of(portfolio)
    key = (row.symbol, row.signal_date)
    kept = tuple(one for one in book.resting if (one.symbol, one.signal_date) != key)
    portfolio.book = document(replace(book, resting=kept))


def _result(
    signal_id: int, symbol: str, row: PortfolioSignal | None, outcome: str, detail: str
) -> Json:
    return {
        "signal_id": signal_id,
        "symbol": symbol,
        "status": row.status if row is not None else None,
        "gtt_status": row.gtt_status if row is not None else None,
        "gtt_id": None,
        "outcome": outcome,
        "detail": detail,
    }


def _rupees(paise: int) -> str:
    return inr(rupees(paise))
