"""A run's profit and loss and a person's funds, as the worker API has them."""

from __future__ import annotations

import threading
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.ledger.pnl import Pnl, PnlLeg
from tradertape_server.features.execution.broker_figures import BrokerFigures
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.funds import Funds
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.monitoring.broker_funds import broker_funds
from tradertape_server.features.workers.runs.live_gate import BrokerAccounts, is_live
from tradertape_server.features.workers.runs.run_limits import allocation_cap
from tradertape_server.features.workers.runs.transactions import ref
from tradertape_server.features.workers.runs.views import totals_of
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.streaming.streams import ascii_json

Json = dict[str, Any]
FRAME_LIFE_S = 0.2  # readers of a run within it share a frame


class PnlService:
    """compat: bodies as the published client's strict models want them."""

    def __init__(
        self, execution: ExecutionService, clock: Clock, brokers: BrokerAccounts, *, compat: bool
    ) -> None:
        self._brokers = brokers
        self._execution = execution
        self._clock = clock
        self._compat = compat
        self._frames: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    def snapshot(self, run: WorkerRun) -> Json:
        """The run's profit and loss at the latest prices."""
        pnl = self._execution.pnl(ref(run))
        at_broker = self._brokers.figures(run.account_id) if is_live(run) else None
        legs = [] if run.venue == "dry_run" else [_leg(leg, at_broker) for leg in pnl.legs]
        return {
            "strategy_run_id": run.public_id,
            "execution_mode": mode_of(run.venue),
            "status": run.status,
            "currency": "INR",
            "totals": totals_of(pnl.totals, compat=self._compat),
            "legs": legs,
            "position_count": pnl.position_count,
            "is_realtime": pnl.is_realtime,
            "is_stale": pnl.is_stale,
            "updated_at": in_ist(self._clock.now()),
        }

    def frame(self, run: WorkerRun) -> bytes:
        """The snapshot as one line of JSON, built once for all readers within 0.2 s."""
        key, now = run.strategy_run_id, self._clock.monotonic()
        with self._lock:
            at, line = self._frames.get(key, (0.0, b""))
            if line and now - at < FRAME_LIFE_S:
                return line
            line = ascii_json(self.snapshot(run))
            self._frames[key] = (now, line)
            if len(self._frames) > 2_000:
                self._frames.pop(next(iter(self._frames)))
            return line

    def run_funds(self, run: WorkerRun) -> Json:
        """How much of its allocation a run uses."""
        pnl: Pnl = self._execution.pnl(ref(run))
        cap = allocation_cap(run)
        used = pnl.gross_exposure_paise / 100
        return {
            "strategy": {
                "allocation": {
                    "cap": cap,
                    "cap_inr": cap,
                    "usage_gross_exposure": used,
                    "remaining": None if cap is None else round(cap - used, 2),
                }
            }
        }

    def funds(self, account_id: int, scope: str) -> Json:
        """An account's funds: the documented body, or with compat the strict model's."""
        at_broker = self._brokers.figures(account_id)
        if at_broker is not None:
            return broker_funds(at_broker, scope, self._clock.now(), compat=self._compat)
        funds = self._execution.funds(account_id)
        return _strict_funds(funds, scope) if self._compat else _funds(funds)


def _leg(leg: PnlLeg, at_broker: BrokerFigures | None) -> Json:
    amounts = leg.amounts
    place = f"{leg.exchange}:{leg.tradingsymbol}", leg.product
    return {
        "instrument_token": leg.instrument_token,
        "exchange": leg.exchange,
        "tradingsymbol": leg.tradingsymbol,
        "product": leg.product.value,
        "net_quantity": leg.quantity,
        "side": leg.side.value,
        "average_price": float(leg.average_price),
        "last_price": 0.0 if leg.last_price is None else float(leg.last_price),
        "realized_pnl": amounts.realised_paise / 100,
        "unrealized_pnl": amounts.unrealised_paise / 100,
        "gross_pnl": amounts.gross_paise / 100,
        "charges": amounts.charges_paise / 100,
        "net_pnl": amounts.net_paise / 100,
        # A paper account has no broker to differ from.
        "broker_net_quantity": at_broker.quantity(place) if at_broker else None,
        "is_stale": leg.is_stale,
        "last_reconciled_at": in_ist(at_broker.at) if at_broker else None,
    }


def _funds(funds: Funds) -> Json:
    used = funds.blocked_paise + funds.reserved_paise + funds.held_loss_paise
    return {
        "available": {
            "cash": funds.available_paise / 100,
            "collateral": 0.0,
            "intraday_payin": 0.0,
        },
        "utilized": {
            "debits": (used + funds.delivery_paise) / 100,
            "exposure": funds.exposure_paise / 100,
            "m2m": (funds.realised_paise + funds.unrealised_paise) / 100,
            "option_premium": funds.option_premium_paise / 100,
            "span": used / 100,
            "holding_sales": 0.0,
            "turnover": 0.0,
        },
        "net": funds.available_paise / 100,
    }


def _strict_funds(funds: Funds, scope: str) -> Json:
    used = funds.blocked_paise + funds.reserved_paise + funds.held_loss_paise
    return {
        "account_scope": scope,
        "mode": "paper",
        "currency": "INR",
        "source": "paper",
        "segments": {
            "equity": {
                "net": funds.available_paise / 100,
                "available_cash": funds.available_paise / 100,
                "opening_balance": funds.opening_paise / 100,
                "utilised": used / 100,
                "m2m_realised": funds.realised_paise / 100,
                "m2m_unrealised": funds.unrealised_paise / 100,
                "live_balance": funds.cash_paise / 100,
                "collateral": 0.0,
            }
        },
        "allocation": {
            "exposure": funds.exposure_paise / 100,
            "delivery": funds.delivery_paise / 100,
            "option_premium": funds.option_premium_paise / 100,
            "charges": funds.charges_paise / 100,
        },
        "stale": funds.is_stale,
        "updated_at": in_ist(funds.at),
    }
