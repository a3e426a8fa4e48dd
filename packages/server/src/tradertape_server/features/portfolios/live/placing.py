"""Placing signals of the cart: a key is stored first, then the venue is asked, once.

A signal is leased by its state: whoever moves it from the cart to `placing` sends its order. An
answer that was lost is looked for under the key, which at the same time ends what may still be on
its way; nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.order import Product, Side
from tradertape_core.portfolio.orders import placed
from tradertape_core.portfolio.signals import Event, GttStatus, Status, placement_key
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.execution.orders.idempotency import CallersKey
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.days import order_validity
from tradertape_server.features.portfolios.live.accounts import PortfolioAccounts
from tradertape_server.features.portfolios.live.mirror import Mirror
from tradertape_server.features.portfolios.live.orders import GTT, Orders, Wanted
from tradertape_server.features.portfolios.live.run_ids import instrument_of, ref_of, run_id_of
from tradertape_server.features.portfolios.live.verdicts import Verdicts
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.state import commitment, move, settings_of
from tradertape_server.features.risk.queries import has_rules
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, Conflict, Unavailable

Json = dict[str, Any]
_UNKNOWN = GttStatus.UNKNOWN
RUNNING_S = 30.0  # a placement that takes longer was interrupted
DOUBT_AFTER_S = 5.0  # an answer is looked for that has not come by then
VENUE = "market"
AGENT_TAKES_IT = "Your agent takes it when it asks for signals the next time."
WITHDRAWN_FIRST = (
    "Its stop and target are being withdrawn at the broker first; then it is placed by itself."
)
NONE_THERE = "The broker has none of {} to sell: see Reconciliation. The position stays guarded."
INTERRUPTED = "The placement was interrupted before the market had the order."
LOST_WORDS = {
    Event.LOST: "The broker's answer was lost: its list of triggers is read.",
    Event.REFUSED: "The broker does not have the trigger.",
}


@dataclass(frozen=True, slots=True)
class Leased:
    """A signal whose order this caller sends."""

    signal_id: int
    portfolio_id: int
    attempt: int
    key: str
    wanted: Wanted


@dataclass(slots=True)
class Placing:
    """Places entries and exits."""

    database: Database
    clock: Clock
    execution: ExecutionService
    orders: Orders
    mirror: Mirror
    accounts: PortfolioAccounts

    def place(
        self,
        portfolio_id: int,
        signal_ids: Sequence[int],
        *,
        by: str,
        dry_run: bool = False,
        alone: bool = True,
        for_agent: bool = False,
    ) -> list[Json]:
        """Place signals of one portfolio; what became of each.

        alone: raise Conflict while another placement of the portfolio is running. for_agent: the
        person's agent has asked for its entries.
        """
        results: dict[int, Json] = {}
        leased: list[Leased] = []
        broken = self._rules_against(signal_ids)
        with self.database.read() as session:
            unable = self.accounts.why_not_now(session.get(Portfolio, portfolio_id))
        with self.database.write() as session:
            portfolio = repository.lock(session, portfolio_id)
            if portfolio is None:
                return []
            if alone:
                self._demand_alone(portfolio, repository.live_signals(session, portfolio_id))
            rows = repository.signals_by_id(session, signal_ids)
            for signal_id in signal_ids:
                row = rows.get(signal_id)
                if row is None or row.portfolio_id != portfolio_id:
                    continue
                is_standing = repository.has_standing(session, row)
                wanted, why = self._judge(portfolio, row, is_standing=is_standing)
                why = why or broken.get(signal_id, "")
                if row.side == "BUY":
                    is_agents_turn = not for_agent and _is_agents(portfolio)
                    why = why or unable or (AGENT_TAKES_IT if is_agents_turn else "")
                if why or dry_run:
                    outcome = "skipped" if why else "placed"
                    results[signal_id] = result(row, outcome, why)
                    continue
                leased.append(self._lease(portfolio, row, wanted, by))
            if leased:
                portfolio.version += 1
        for one in leased:
            results[one.signal_id] = self._send(one)
        return [results[one] for one in signal_ids if one in results]

    def settle_doubts(self, *, at_start: bool = False) -> int:
        """Find out what became of orders whose answer was lost; how many were settled.

        at_start: nobody is waiting for an answer, so those that are being placed too.
        """
        now = self.clock.now()
        with self.database.read() as session:
            found = repository.executed_signals(session, (Status.APPROVED,), repository.IN_FLIGHT)
            lost = [
                (row.id, of)
                for row, of in found
                if at_start or abs((now - row.updated_at).total_seconds()) >= DOUBT_AFTER_S
            ]
            session.expunge_all()
        return sum(self._settle_doubt(signal_id, of) for signal_id, of in lost)

    # --- before -------------------------------------------------------------------------------

    def _demand_alone(self, portfolio: Portfolio, live: Sequence[PortfolioSignal]) -> None:
        fresh = self.clock.now() - timedelta(seconds=RUNNING_S)
        for one in live:
            is_placing = one.gtt_status == GttStatus.PLACING and one.updated_at > fresh
            if is_placing:
                raise Conflict(
                    f"A placement for portfolio {portfolio.id} is running. Try again in a moment.",
                    code="placement_running",
                )

    def _rules_against(self, signal_ids: Sequence[int]) -> dict[int, str]:
        """Which entries the person's risk rules would refuse now, and why.

        They judge the order again when its trigger is reached; a sale is never refused.
        """
        with self.database.read() as session:
            entries = [
                (row, session.get_one(Portfolio, row.portfolio_id))
                for row in repository.signals_by_id(session, signal_ids).values()
                if row.side == "BUY" and row.status == Status.IN_CART
            ]
            ruled = {
                user_id: has_rules(session, user_id)
                for user_id in {of.user_id for _, of in entries}
            }
            session.expunge_all()
        verdicts = Verdicts(self.execution, self.orders)
        found = {row.id: verdicts.against(row, of) for row, of in entries if ruled[of.user_id]}
        return {signal_id: why for signal_id, why in found.items() if why}

    def _judge(
        self, portfolio: Portfolio, row: PortfolioSignal, *, is_standing: bool
    ) -> tuple[Wanted, str]:
        """The order of a signal, and why it is not to be placed now; "" where it is.

        is_standing: a trigger at the broker stands for stop and target of what it would sell.
        """
        nothing = Wanted(GTT, {})
        if row.status != Status.IN_CART:
            return nothing, "It is no longer in the cart"
        if row.side == "SELL":
            wanted = self.orders.exit(row)
            return wanted, wanted.detail or (WITHDRAWN_FIRST if is_standing else "")
        if portfolio.status != "active":
            return nothing, f"Portfolio {portfolio.id} is {portfolio.status}"
        if row.expires_at <= self.clock.now():
            return nothing, "It has expired"
        halt = self.execution.halt(portfolio.user_id)
        if halt is not None:
            return nothing, f"The kill switch is on: {halt.words}"
        wanted = self.orders.entry(row)
        return wanted, wanted.detail

    def _lease(self, portfolio: Portfolio, row: PortfolioSignal, wanted: Wanted, by: str) -> Leased:
        now = self.clock.now()
        row.attempts += 1
        key = row.placement_key = placement_key(row.id, row.attempts)
        row.order_type = wanted.order_type
        row.run_id = row.run_id or run_id_of(portfolio, row.id)
        if row.side == "BUY":
            row.committed_paise = row.committed_paise or commitment(row)
            days = parse_strategy(portfolio.document).entry.valid_days
            row.valid_until = row.valid_until or order_validity(row.signal_date, days)
        row.withdraw_reason = row.failure_reason = None
        move(row, Event.PLACE, by=by, now=now)
        return Leased(row.id, portfolio.id, row.attempts, key, wanted)

    # --- the venue ----------------------------------------------------------------------------

    def _send(self, one: Leased) -> Json:
        """Ask the venue, and store what it says."""
        with self.database.read() as session:
            row = repository.signal(session, one.signal_id)
            portfolio = session.get_one(Portfolio, one.portfolio_id)
            session.expunge_all()
        if row is None:
            return {}
        crash_point("before_send")
        try:
            self._bound(portfolio, row, one)
            gtt_id, order_id = self._ask(portfolio, row, one)
        except Unavailable as error:
            return self._store(one, Event.LOST, detail=error.detail)
        except (ApiError, InvalidInput) as error:
            detail = error.detail if isinstance(error, ApiError) else error.message
            return self._store(one, Event.REFUSED, detail=detail)
        crash_point("after_send")
        if gtt_id is None:
            event, detail = self._of_order(portfolio, order_id)
            return self._store(one, event, order_id=order_id, detail=detail)
        event, detail = self._of_trigger(portfolio, gtt_id)
        return self._store(one, event, gtt_id=gtt_id, detail=detail)

    def _bound(self, portfolio: Portfolio, row: PortfolioSignal, one: Leased) -> None:
        """Have a sale ask for no more than the broker is known to have: it would reject all of it.

        What is left stays guarded. Raises Conflict where it has none.
        """
        if row.side != "SELL":
            return
        place = instrument_of(row.symbol), Product.CNC
        ref = ref_of(portfolio, str(row.run_id))
        most = self.execution.most_to_close(ref, place, Side.SELL)
        if most is None or most >= row.quantity:
            return
        if most == 0:
            raise Conflict(NONE_THERE.format(row.symbol), code="not_at_broker")
        for order in one.wanted.document.get("orders", [one.wanted.document]):
            order["quantity"] = most
        with self.database.write() as session:
            stored = repository.signal(session, row.id)
            if stored is not None and stored.attempts == one.attempt:
                stored.reason += f" The broker has {most} of {row.quantity}: they are sold."
                stored.quantity = most

    def _ask(
        self, portfolio: Portfolio, row: PortfolioSignal, one: Leased
    ) -> tuple[int | None, str | None]:
        """Send the order of a signal under its key. Returns the trigger's id, or the order's."""
        ref, document = ref_of(portfolio, str(row.run_id)), one.wanted.document
        if one.wanted.order_type == GTT:
            key = _gtt_key(str(row.run_id), one.key)
            gtt_id = self.execution.create_gtt(ref.account_id, document, key=key, run_id=ref.run_id)
            return gtt_id, None
        if row.side == "SELL" and one.wanted.order_type == "market" and self._is_all(row):
            self.execution.exit_run(ref, key=one.key, reason=row.reason)
            return None, None
        reply = self.execution.place(ref, document, key=one.key)
        return None, reply.document.get("order_id")

    def _of_trigger(self, portfolio: Portfolio, gtt_id: int) -> tuple[Event | None, str]:
        """What became of the placement of a trigger, and why where it was not placed.

        One at a broker may be without an answer for minutes: it is looked for in the broker's list.
        None: an agent is to place it, and has not reported yet.
        """
        gtt = self.execution.get_gtt(portfolio.account_id or 0, gtt_id)
        problem = gtt.at_broker.problem if gtt.at_broker is not None else None
        event = placed(gtt)
        is_lost = gtt.at_broker is not None and gtt.at_broker.in_doubt
        if event is Event.LOST and not is_lost and _is_agents(portfolio):
            return None, ""
        return event, "" if event is Event.ACCEPTED else problem or LOST_WORDS[event]

    def _of_order(self, portfolio: Portfolio, order_id: str | None) -> tuple[Event | None, str]:
        """The same of an order: where others than an agent place it, it was taken."""
        if order_id is None or not _is_agents(portfolio):
            return Event.ACCEPTED, ""
        order = self.execution.orders_by_id([order_id]).get(order_id)
        if order is None or order.venue_order_id is not None or order.has_fills:
            return Event.ACCEPTED, ""
        if order.in_doubt:
            return Event.LOST, LOST_WORDS[Event.LOST]
        return (None, "") if order.is_open else (Event.REFUSED, order.status_message or "")

    def _is_all(self, row: PortfolioSignal) -> bool:
        held = self.execution.positions(run_id=row.run_id, open_only=True)
        return sum(one.quantity for one in held) <= row.quantity

    def _store(
        self,
        one: Leased,
        event: Event | None,
        *,
        gtt_id: int | None = None,
        order_id: str | None = None,
        detail: str = "",
    ) -> Json:
        now = self.clock.now()
        with self.database.write() as session:
            portfolio = repository.lock(session, one.portfolio_id)
            row = repository.signal(session, one.signal_id)
            if portfolio is None or row is None:
                return {}
            is_ours = row.attempts == one.attempt and row.gtt_status in repository.IN_FLIGHT
            if is_ours and event is None:
                row.gtt_id, row.order_id = gtt_id or row.gtt_id, order_id or row.order_id
            elif event and is_ours and not (event is Event.LOST and row.gtt_status == _UNKNOWN):
                row.failure_reason = detail or None
                row.gtt_id, row.order_id = gtt_id or row.gtt_id, order_id or row.order_id
                row.placed_at = now if event is Event.ACCEPTED else row.placed_at
                move(row, event, by=VENUE, now=now, note=detail)
                portfolio.version += 1
            session.flush()
            run_id, is_sale = row.run_id, row.side == "SELL"
            answer = result(row, _outcome(row), row.failure_reason or "")
        # An order may be filled at once, and a trigger that sells takes the place of the stop.
        is_followed = is_sale or (event is Event.ACCEPTED and gtt_id is None)
        if is_followed and run_id is not None:
            self.mirror.refresh(run_id)
        return answer

    # --- doubt --------------------------------------------------------------------------------

    def _settle_doubt(self, signal_id: int, portfolio: Portfolio) -> bool:
        with self.database.read() as session:
            row = repository.signal(session, signal_id)
            session.expunge_all()
        if row is None or row.gtt_status not in repository.IN_FLIGHT or row.run_id is None:
            return False
        order_type = GTT if row.order_type == GTT else "market"
        one = Leased(
            row.id, row.portfolio_id, row.attempts, str(row.placement_key), Wanted(order_type, {})
        )
        ref = ref_of(portfolio, row.run_id)
        if _is_agents(portfolio) and (row.gtt_id is not None or row.order_id is not None):
            return self._settle_reported(one, portfolio, row)
        if row.order_type == GTT:
            gtt_id = self.execution.void_gtt(ref.account_id, key=_gtt_key(row.run_id, one.key))
            event, detail = Event.REFUSED, INTERRUPTED
            if gtt_id is not None:
                event, detail = self._of_trigger(portfolio, gtt_id)
            self._store(one, event, gtt_id=gtt_id, detail=detail)
            return event not in (None, Event.LOST)
        order_id = self.execution.void_order(ref, key=one.key)
        event, detail = Event.REFUSED, INTERRUPTED
        if order_id is not None:
            event, detail = self._of_order(portfolio, order_id or None)
        self._store(one, event, order_id=order_id or None, detail=detail)
        return event is not None

    def settle(self, signal_id: int, portfolio: Portfolio) -> bool:
        """Bring a signal up to date whose agent has reported; whether anything is settled."""
        return self._settle_doubt(signal_id, portfolio)

    def _settle_reported(self, one: Leased, portfolio: Portfolio, row: PortfolioSignal) -> bool:
        """What an agent has reported of its order so far; nothing yet changes nothing."""
        if row.gtt_id is not None:
            event, detail = self._of_trigger(portfolio, row.gtt_id)
        else:
            event, detail = self._of_order(portfolio, row.order_id)
        if event is None:
            return False
        self._store(one, event, detail=detail)
        return event is not Event.LOST


def _is_agents(portfolio: Portfolio) -> bool:
    return settings_of(portfolio).is_placed_by_agent


def _gtt_key(run_id: str, key: str) -> CallersKey:
    return CallersKey(run_id, key, {"signal": key})


def _outcome(row: PortfolioSignal) -> str:
    return "failed" if row.status == Status.FAILED else "placed"


def result(row: PortfolioSignal, outcome: str, detail: str) -> Json:
    """A line of the answer to a placement."""
    return {
        "signal_id": row.id,
        "symbol": row.symbol,
        "status": row.status,
        "gtt_status": row.gtt_status,
        "gtt_id": row.gtt_id,
        "outcome": outcome,
        "detail": detail,
    }
