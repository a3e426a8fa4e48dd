"""What a backtest paid: charges by kind and slippage, against what was traded; dividends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_core.backtest.config import BacktestConfig, FlatCharges, Simulation
from tradertape_core.backtest.metrics.summary import finite
from tradertape_core.backtest.metrics.trades import TradeTable
from tradertape_core.ledger import charge_table as c
from tradertape_core.market.panel import Panel

Ints = NDArray[np.int64]


def cost_summary(
    simulation: Simulation,
    panel: Panel,
    config: BacktestConfig,
    *,
    table: TradeTable,
    summary: Mapping[str, Any],
) -> dict[str, Any]:
    """Charges and slippage in rupees, their parts, and both in basis points of what was traded."""
    traded = float(simulation.turnover.sum()) / 100.0
    costs = summary["total_charges"] + summary["total_slippage"]
    return {
        "gross_pnl": round(float(table.gross_pnl.sum()), 2),
        "charges": summary["total_charges"],
        "slippage": summary["total_slippage"],
        "dividends": summary["total_dividends"],
        "traded": round(traded, 2),
        "charges_bps": finite(summary["total_charges"] / traded * 1e4, 4) if traded else None,
        "costs_bps": finite(costs / traded * 1e4, 4) if traded else None,
        "components": components(simulation, panel, config),
    }


def components(simulation: Simulation, panel: Panel, config: BacktestConfig) -> dict[str, float]:
    """Rupees of brokerage and of each tax and fee; together exactly the charges of all trades.

    Taxes and fees are those of one purchase and one sale a trade. The rest is under
    demat_and_other: the depository's fee, and further orders of positions that were added to.
    """
    rates = _rates(panel, config)
    sold = simulation.exit_row >= 0
    value = simulation.exit_price[sold] * simulation.quantity[sold] * 100
    parts = [
        _order(rates[simulation.entry_row], simulation.invested, selling=False),
        _order(rates[simulation.exit_row[sold]], np.rint(value).astype(np.int64), selling=True),
    ]
    names = ("brokerage", "stt", "transaction", "sebi", "stamp", "gst")
    found = {name: sum(int(part[name].sum()) for part in parts) for name in names}
    found["demat_and_other"] = int(simulation.charges.sum()) - sum(found.values())
    return {name: paise / 100 for name, paise in found.items()}


def _rates(panel: Panel, config: BacktestConfig) -> Ints:
    if isinstance(config.charges, FlatCharges):
        flat = config.charges
        return c.flat_table(flat.bps, flat.per_order, panel.dates.size).rates
    return c.table_for(config.charges, panel.dates).rates


def _order(rates: Ints, turnover: Ints, *, selling: bool) -> dict[str, Ints]:
    """The parts of `fill_charges`, paise, of many orders at once; rates: (K, COLUMNS)."""
    transaction, sebi = rates[:, c.TRANSACTION_RATE], rates[:, c.SEBI_RATE]
    stt, stamp = (c.STT_SELL, c.STAMP_SELL) if selling else (c.STT_BUY, c.STAMP_BUY)
    brokerage = _brokerage(rates, turnover)
    taxed: Ints = transaction + sebi * rates[:, c.TAX_ON_SEBI]
    return {
        "brokerage": brokerage,
        "stt": _part(turnover, rates[:, stt]),
        "transaction": _part(turnover, transaction),
        "sebi": _part(turnover, sebi),
        "stamp": _part(turnover, rates[:, stamp]),
        "gst": _service_tax(brokerage, turnover, taxed, rates[:, c.TAX]),
    }


def _brokerage(rates: Ints, turnover: Ints) -> Ints:
    amount = _part(turnover, rates[:, c.RATE])
    cap, ceiling = rates[:, c.CAP], rates[:, c.CEILING]
    amount = np.where(cap > 0, np.minimum(amount, cap), amount)
    amount = np.maximum(amount, rates[:, c.MINIMUM]) + rates[:, c.FIXED]
    most = np.where(ceiling > 0, _part(turnover, ceiling), amount)
    return np.minimum(amount, most)


def _part(turnover: Ints, rate: Ints) -> Ints:
    """`charge_table.part` on arrays: rate billionths of turnover, rounded half up."""
    whole: Ints = turnover // c.RATE_UNIT * rate
    return whole + (turnover % c.RATE_UNIT * rate + c.RATE_UNIT // 2) // c.RATE_UNIT


def _service_tax(brokerage: Ints, turnover: Ints, rate: Ints, tax: Ints) -> Ints:
    """`charge_table.service_tax` on arrays; a float holds these amounts to far below a paisa."""
    base = brokerage + turnover * (rate / c.RATE_UNIT)
    return np.floor(base * tax / c.TAX_UNIT + 0.5 + 1e-6).astype(np.int64)
