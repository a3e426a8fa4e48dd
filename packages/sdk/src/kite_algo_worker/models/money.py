"""Profit and loss of a run, funds of an account. Amounts are rupees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kite_algo_worker.models.base import JsonDict, Model


@dataclass(frozen=True)
class WorkerRunPnlTotals(Model):
    """A run's sums in rupees; `net_pnl` is `gross_pnl` less `charges`."""

    realized_pnl: float = 0.0
    unrealized_pnl: float = 0.0
    gross_pnl: float = 0.0
    charges: float = 0.0
    net_pnl: float = 0.0
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerRunPnlLeg(Model):
    """One instrument and product of a run; quantities in units, amounts in rupees.

    side: `LONG`, `SHORT` or `FLAT`. is_stale: the price is too old.
    """

    instrument_token: int | None = None
    exchange: str | None = None
    tradingsymbol: str | None = None
    product: str | None = None
    net_quantity: int = 0
    side: str = "FLAT"
    average_price: float = 0.0
    last_price: float = 0.0
    realized_pnl: float = 0.0
    unrealized_pnl: float = 0.0
    gross_pnl: float = 0.0
    charges: float = 0.0
    net_pnl: float = 0.0
    broker_net_quantity: int | None = None
    is_stale: bool = False
    last_reconciled_at: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerRunPnlSnapshot(Model):
    """A run's profit and loss at the latest prices. A dry run has no legs and zero totals."""

    strategy_run_id: str
    execution_mode: str
    status: str
    currency: str = "INR"
    totals: WorkerRunPnlTotals = field(default_factory=WorkerRunPnlTotals)
    legs: list[WorkerRunPnlLeg] = field(default_factory=list[WorkerRunPnlLeg])
    position_count: int = 0
    is_realtime: bool = False
    is_stale: bool = False
    updated_at: str = ""
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerFundsSegment(Model):
    """Funds of one segment in rupees; `net` is what new orders may use."""

    net: float = 0.0
    available_cash: float = 0.0
    opening_balance: float = 0.0
    live_balance: float | None = None
    collateral: float | None = None
    utilised: float = 0.0
    m2m_realised: float = 0.0
    m2m_unrealised: float = 0.0
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerFundsSnapshot(Model):
    """Funds of an account, by segment (`equity`)."""

    account_scope: str
    mode: str
    currency: str = "INR"
    source: str = ""
    segments: dict[str, WorkerFundsSegment] = field(default_factory=dict[str, WorkerFundsSegment])
    allocation: JsonDict = field(default_factory=JsonDict)
    stale: bool = False
    updated_at: str = ""
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


def read_funds(
    body: Mapping[str, Any], *, mode: str, account_scope: str | None
) -> WorkerFundsSnapshot:
    """Return the funds of either form of the answer.

    One has segments; the other is `{available, utilized, net}`, which becomes the segment
    `equity`. It names neither account nor mode, so those of the request are used.
    """
    if "segments" in body or "net" not in body:
        return WorkerFundsSnapshot.model_validate(body)
    available = cast("Mapping[str, Any]", body.get("available") or {})
    utilized = cast("Mapping[str, Any]", body.get("utilized") or {})
    segment = {
        "net": body["net"],
        "available_cash": available.get("cash"),
        "collateral": available.get("collateral"),
        "utilised": utilized.get("debits"),
    }
    return WorkerFundsSnapshot.model_validate(
        {
            "account_scope": account_scope or "",
            "mode": mode,
            "segments": {"equity": segment},
            **body,
        }
    )
