"""What a linked chat can ask for, as sentences; the rights are those of the channel's owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.kernel.format import grouped, inr, price_text
from tradertape_server.features.auth import queries as accounts
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios import queries as portfolios
from tradertape_server.features.portfolios.signals import SignalService
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Unauthenticated
from tradertape_server.platform.http.identity import Identity

Json = dict[str, Any]
BY = "Telegram"
MOST_LINES, MOST_NEAR = 20, 5
NO_PORTFOLIO = (
    "No model portfolio is deployed, so no signals come: deploy one in the console, under "
    "Portfolios."
)


@dataclass(frozen=True, slots=True)
class ChatActions:
    """Asks the features. kill: turns an account's kill switch on, with a reason. overview: all
    portfolios of a person, as the page Home shows them."""

    database: Database
    clock: Clock
    signals: SignalService
    execution: ExecutionService
    kill: Callable[[Identity, str], None]
    overview: Callable[[Session, int], Json]

    def pending(self, user_id: int) -> list[tuple[int, str, str]]:
        """Signals that await approval: id, a label for buttons, and a line about each."""
        with self.database.read() as session:
            found = portfolios.signals_in(session, user_id, "pending_approval")
            now = self.clock.now()
            waiting = [one for one in found if one.expires_at > now]
            return [
                (one.id, _label(session, user_id, one), _line(session, user_id, one))
                for one in waiting
            ]

    def approve(self, user_id: int, signal_id: int) -> tuple[str, str]:
        """Put a signal into the cart; return what is said, and the label of the button that places
        it. Raises ApiError where it cannot be."""
        with self.database.write() as session:
            row = self.signals.act(session, user_id, signal_id, "approve", by=BY, note="")
            text = f"{row.symbol} is in the cart, not placed yet: {_line(session, user_id, row)}"
            return text, f"Place {_label(session, user_id, row)}"

    def reject(self, user_id: int, signal_id: int) -> str:
        """Reject a signal. Raises ApiError."""
        with self.database.write() as session:
            row = self.signals.act(session, user_id, signal_id, "reject", by=BY, note="")
            return f"{row.symbol} is rejected."

    def place(self, user_id: int, signal_id: int) -> str:
        """Place one signal of the cart, or say what became of it. Raises ApiError."""
        with self.database.read() as session:
            row = portfolios.own_signal(session, user_id, signal_id)
            if row is not None and row.status != "in_cart":
                return f"{row.symbol} is not in the cart: it is {_state(row)}."
        found = self.signals.place(
            user_id, portfolio_id=None, signal_ids=[signal_id], dry_run=False, by=BY
        )
        (result,) = found["results"]
        detail = f": {result['detail']}" if result["detail"] else "."
        return f"{result['symbol']} {result['outcome']}{detail}"

    def status(self, user_id: int) -> str:
        """A few lines: kill switch, portfolios, signals, positions."""
        halt = self.execution.halt(user_id)
        with self.database.read() as session:
            active = portfolios.active(session, user_id)
            waiting = portfolios.signals_in(session, user_id, "pending_approval")
            held = self._by_candles(session, user_id)
            lines = [
                "Kill switch: " + (f"ON, {halt.words}" if halt else "off"),
                *(f"{one.name}: {one.status}" for one in active[:MOST_LINES]),
                f"Signals awaiting approval: {len(waiting)}",
                f"Open positions: {len(held) + len(self.execution.positions_of_user(user_id))}",
            ]
        at = self.clock.now().astimezone(IST)
        return "\n".join([*lines, f"{at:%d %b %H:%M:%S} IST"])

    def positions(self, user_id: int) -> str:
        """Open positions of portfolios and accounts."""
        with self.database.read() as session:
            lines = [
                f"{one.symbol} {grouped(one.open_quantity)} at {grouped(one.average_price, 2)}, "
                f"last close {grouped(one.last_close, 2)} (on paper, by candles)"
                for one in self._by_candles(session, user_id)
            ]
        lines += [
            f"{position.key.instrument} {grouped(position.quantity)} at "
            f"{price_text(position.average_price)} ({account.scope})"
            for position, account in self.execution.positions_of_user(user_id)
        ]
        more = [f"… and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
        return "\n".join([*lines[:MOST_LINES], *more]) or "No open positions."

    def _by_candles(self, session: Session, user_id: int) -> list[portfolios.PortfolioPosition]:
        """Open positions that no account has; those of orders are in the accounts."""
        held = portfolios.open_positions_of(session, user_id)
        return [one for one in held if one.run_id is None]

    def summary(self, user_id: int) -> str:
        """The day of all portfolios in figures, what waits, what is near, and what is next."""
        with self.database.read() as session:
            page = self.overview(session, user_id)
        waiting, scan = page["waiting"], page["next_scan"].astimezone(IST)
        lines = [
            *([] if page["portfolios"] else [f"Portfolios: 0, worth {inr(page['equity'])}"]),
            *(line for one in page["by_money"] for line in _worth(one)),
            f"Signals awaiting approval: {waiting['pending']}, in the cart: {waiting['in_cart']}, "
            f"orders placed: {waiting['placed']}",
            f"Open positions of portfolios: {page['open_positions']}",
            *(f"{one['position'].symbol} is {one['distance_pct']:.2f}% from its {one['level']}"
              for one in page["near"][:MOST_NEAR]),
            *(f"! {one['text']}" for one in page["alerts"][:MOST_NEAR]),
            *([] if page["portfolios"] else [NO_PORTFOLIO]),
            f"Next scan {scan:%d %b %H:%M} IST",
        ]  # fmt: skip
        return "\n".join(lines)

    def stop_everything(self, user_id: int) -> str:
        """Turn the kill switch on."""
        with self.database.read() as session:
            who = accounts.account_by_id(session, user_id)
        if who is None:
            raise Unauthenticated
        self.kill(who, f"by {BY}")
        return (
            "The kill switch is ON: nothing new is opened on any path. Exits and cancellations are "
            "allowed. Turn it off in the console."
        )


def _worth(one: Json) -> tuple[str, str]:
    """The portfolios of one kind of money: real money is never added to paper."""
    percent = "" if one["day_pnl_pct"] is None else f" ({one['day_pnl_pct']:+.2f}%)"
    return (
        f"{one['money'].upper()} portfolios: {len(one['portfolio_ids'])}, worth "
        f"{inr(one['equity'])}",
        f"Last day {inr(one['day_pnl'], signed=True)}{percent}, in all "
        f"{inr(one['total_pnl'], signed=True)}",
    )


def _state(row: portfolios.PortfolioSignal) -> str:
    words = {"approved": "placed already", "pending_approval": "not approved yet"}
    return words.get(row.status, row.status.replace("_", " "))


def _label(session: Session, user_id: int, row: portfolios.PortfolioSignal) -> str:
    portfolio = portfolios.own(session, user_id, row.portfolio_id)
    money = f" · {portfolios.money_of(portfolio)}" if portfolio else ""
    return f"{row.side} {grouped(row.quantity)} {row.symbol}{money}"


def _line(session: Session, user_id: int, row: portfolios.PortfolioSignal) -> str:
    """An order in numbers, and whose money it moves."""
    portfolio = portfolios.own(session, user_id, row.portfolio_id)
    where = f"in {portfolio.name}, {portfolios.money_of(portfolio)}, " if portfolio else ""
    until = row.expires_at.astimezone(IST)
    price = row.limit_price or row.ref_price
    return (
        f"{row.side} {grouped(row.quantity)} {row.symbol} at about {inr(price)}, {where}"
        f"until {until:%d %b %H:%M} IST"
    )
