"""Holdings, positions and margins in Groww's words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradertape_core.ledger.charges import Charges
from tradertape_core.orders.order import OrderRequest, Product
from tradertape_core.risk.margins import Requirement
from tradertape_sandbox.exchange.portfolio import Funds, Holding, PositionRow
from tradertape_sandbox.wire.groww.names import exchange_of, segment_of, trading_symbol


def holding_row(one: Holding) -> dict[str, object]:
    """Delivered shares of one company."""
    return {
        "isin": one.instrument.isin,
        "trading_symbol": trading_symbol(one.instrument),
        "quantity": one.total_quantity,
        "average_price": rounded(one.average_price),
        "pledge_quantity": 0,
        "demat_locked_quantity": 0,
        "groww_locked_quantity": 0,
        "repledge_quantity": 0,
        "t1_quantity": one.t1_quantity,
        "demat_free_quantity": one.quantity,
        "corporate_action_additional_quantity": 0,
        "active_demat_transfer_quantity": 0,
    }


def position_row(one: PositionRow) -> dict[str, object]:
    """A position; `credit` is bought, `debit` sold, what was carried over apart from the day's."""
    carried_in = one.bought.quantity - one.day_bought.quantity
    carried_out = one.sold.quantity - one.day_sold.quantity
    in_price = _average(one.bought.paise - one.day_bought.paise, carried_in)
    out_price = _average(one.sold.paise - one.day_sold.paise, carried_out)
    return {
        "trading_symbol": trading_symbol(one.instrument),
        "segment": segment_of(one.instrument),
        "credit_quantity": one.day_bought.quantity,
        "credit_price": _average(one.day_bought.paise, one.day_bought.quantity),
        "debit_quantity": one.day_sold.quantity,
        "debit_price": _average(one.day_sold.paise, one.day_sold.quantity),
        "carry_forward_credit_quantity": carried_in,
        "carry_forward_credit_price": in_price,
        "carry_forward_debit_quantity": carried_out,
        "carry_forward_debit_price": out_price,
        "exchange": exchange_of(one.instrument),
        "symbol_isin": one.instrument.isin,
        "quantity": one.quantity,
        "product": one.product.value,
        "net_carry_forward_quantity": one.overnight_quantity,
        "net_price": rounded(one.average_price),
        "net_carry_forward_price": in_price or out_price,
        "realised_pnl": rounded(one.realised),
    }


def margin_row(funds: Funds) -> dict[str, object]:
    """The money of an account: the ledger's cash, what is held back, what is free."""
    free = rupees(funds.available_paise)
    derivatives = funds.span_paise + funds.exposure_paise - funds.hedged_paise
    shares = funds.utilised_paise - derivatives
    return {
        "clear_cash": rupees(funds.cash_paise),
        "net_margin_used": rupees(funds.utilised_paise),
        "brokerage_and_charges": rupees(funds.charges_paise),
        "collateral_used": 0.0,
        "collateral_available": 0.0,
        "adhoc_margin": 0.0,
        "fno_margin_details": {
            "net_fno_margin_used": rupees(derivatives),
            "span_margin_used": rupees(funds.span_paise),
            "exposure_margin_used": rupees(funds.exposure_paise),
            "future_balance_available": free,
            "option_buy_balance_available": free,
            "option_sell_balance_available": free,
        },
        "equity_margin_details": {
            "net_equity_margin_used": rupees(shares),
            "cnc_margin_used": rupees(shares - funds.equity_margin_paise),
            "mis_margin_used": rupees(funds.equity_margin_paise),
            "cnc_balance_available": free,
            "mis_balance_available": free,
        },
        "commodity_margin_details": dict.fromkeys(
            (
                "commodity_span_margin",
                "commodity_exposure_margin",
                "commodity_tender_margin",
                "commodity_special_margin",
                "commodity_additional_margin",
                "commodity_unrealised_m2m",
                "commodity_realised_m2m",
            ),
            0.0,
        ),
    }


def order_margin_row(
    requests: Sequence[OrderRequest], need: Requirement, charges: Charges
) -> dict[str, object]:
    """What orders need together. total_requirement: with the charges they cost when filled."""
    equity = need.after.equity_paise - need.before.equity_paise
    hedged = need.after.hedged_paise - need.before.hedged_paise
    span = need.after.span_paise - need.before.span_paise - hedged
    has_cnc = any(one.product is Product.CNC for one in requests)
    return {
        "exposure_required": rupees(need.after.exposure_paise - need.before.exposure_paise),
        "span_required": rupees(span),
        "option_buy_premium": rupees(need.premium_paid_paise),
        "brokerage_and_charges": rupees(charges.total),
        "total_requirement": rupees(need.total_paise + charges.total),
        "cash_cnc_margin_required": rupees(need.delivery_paise) if has_cnc else 0.0,
        "cash_mis_margin_required": rupees(equity),
        "physical_delivery_margin_requirement": 0.0,
    }


def rupees(paise: int) -> float:
    """Paise as rupees, for JSON."""
    return float(Decimal(paise) / 100)


def rounded(amount: Decimal) -> float:
    """Rupees to the paisa, for JSON."""
    return float(round(amount, 2))


def _average(paise: int, quantity: int) -> float:
    return rounded(Decimal(paise) / 100 / quantity) if quantity else 0.0
