"""A split or bonus ends triggers in the old prices: their signals are proposed in the new ones."""

from __future__ import annotations

from fractions import Fraction

from tradertape_core.kernel.clock import IST
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.ledger.hand_actions import is_applied
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.live.run_ids import instrument_of
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal

_PRICES = ("ref_price", "trigger_price", "limit_price", "stop_price", "target_price")
_SAME = (
    "portfolio_id", "epoch", "symbol", "side", "kind", "signal_date", "conviction", "rank",
    "sector", "company", "isin", "expires_at", "valid_until",
)  # fmt: skip


class SignalRescaling:
    """Called with every corporate action, in the transaction that applies it."""

    def __call__(
        self, uow: UnitOfWork, action: CorporateAction, account_id: int | None = None
    ) -> None:
        """Propose anew each entry whose trigger the action ends; once for an action."""
        waiting = repository.executed_signals(uow.session, (Status.APPROVED,), ("active",))
        for row, portfolio in waiting:
            is_before = row.created_at.astimezone(IST).date() < action.ex_date
            is_his = account_id in (None, portfolio.account_id)
            if row.side != "BUY" or not is_before or not is_his:
                continue
            if instrument_of(row.symbol) == action.instrument and not _is_done(row, action):
                self._propose(uow, row, portfolio, action)

    def _propose(
        self, uow: UnitOfWork, row: PortfolioSignal, portfolio: Portfolio, action: CorporateAction
    ) -> None:
        ratio, now = Fraction(action.new, action.old), uow.now
        words = (
            f"{row.reason} In the prices after {action.new}:{action.old}; signal {row.id} ended."
        )
        fresh = PortfolioSignal(
            **{name: getattr(row, name) for name in _SAME}, status=Status.PENDING.value,
            reason=words, quantity=int(row.quantity * ratio), committed_paise=0, attempts=0,
            filled_quantity=0, version=1, created_at=now, updated_at=now,
            history=[{"event": "raised", "by": "corporate action", "at": now.isoformat(),
                      "status": Status.PENDING.value}],
            **{
                name: None if (price := getattr(row, name)) is None else price / float(ratio)
                for name in _PRICES
            },
        )  # fmt: skip
        fresh.expires_at = row.valid_until or row.expires_at
        fresh.number = repository.next_number(uow.session, fresh)
        uow.session.add(fresh)
        done = {"event": "rescaled", "by": "corporate action", "at": now.isoformat(),
                "status": row.status, "note": action.action_id}  # fmt: skip
        row.history = [*row.history, done]
        portfolio.version += 1
        uow.session.flush()


def _is_done(row: PortfolioSignal, action: CorporateAction) -> bool:
    done = [
        str(one["note"]) for one in row.history if one["event"] == "rescaled" and one.get("note")
    ]
    return is_applied(action, done)
