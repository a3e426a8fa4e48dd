"""The mutual funds of the sandbox and their net asset values, the same at every start."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_SINCE = date(2026, 1, 1)
_STEP = Decimal("0.0001")

COLUMNS = (
    "tradingsymbol", "amc", "name", "purchase_allowed", "redemption_allowed",
    "minimum_purchase_amount", "purchase_amount_multiplier",
    "minimum_additional_purchase_amount", "minimum_redemption_quantity",
    "redemption_quantity_multiplier", "dividend_type", "scheme_type", "plan", "settlement_type",
    "last_price", "last_price_date",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """One scheme. Amounts are rupees; growth_a_day: what its value gains each day."""

    tradingsymbol: str
    name: str
    scheme_type: str
    base: Decimal
    growth_a_day: Decimal
    minimum_purchase: Decimal = Decimal(500)
    purchase_multiple: Decimal = Decimal(1)
    minimum_redemption: Decimal = Decimal("0.001")
    is_open_for_purchase: bool = True

    def value_on(self, day: date) -> Decimal:
        """Net asset value of a unit, rupees."""
        growth = (1 + self.growth_a_day) ** max(0, (day - _SINCE).days)
        return (self.base * growth).quantize(_STEP)


FUNDS = {
    fund.tradingsymbol: fund
    for fund in (
        Fund(
            tradingsymbol="INF000S01016",
            name="Sandbox Large Cap Fund - Direct Growth",
            scheme_type="equity",
            base=Decimal("104.3021"),
            growth_a_day=Decimal("0.0004"),
        ),
        Fund(
            tradingsymbol="INF000S01024",
            name="Sandbox Index Fund NIFTY 50 - Direct Growth",
            scheme_type="equity",
            base=Decimal("38.1170"),
            growth_a_day=Decimal("0.0003"),
            minimum_purchase=Decimal(100),
        ),
        Fund(
            tradingsymbol="INF000S01032",
            name="Sandbox Tax Saver Fund - Direct Growth",
            scheme_type="elss",
            base=Decimal("61.9404"),
            growth_a_day=Decimal("0.0004"),
            purchase_multiple=Decimal(500),
        ),
        Fund(
            tradingsymbol="INF000S01040",
            name="Sandbox Liquid Fund - Direct Growth",
            scheme_type="liquid",
            base=Decimal("2841.0752"),
            growth_a_day=Decimal("0.00018"),
            minimum_purchase=Decimal(5000),
        ),
        Fund(
            tradingsymbol="INF000S01057",
            name="Sandbox Small Cap Fund - Direct Growth",
            scheme_type="equity",
            base=Decimal("151.2280"),
            growth_a_day=Decimal("0.0005"),
            is_open_for_purchase=False,
        ),
    )
}


def funds_csv(today: date) -> str:
    """GET /mf/instruments."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for fund in FUNDS.values():
        writer.writerow(_row(fund, today))
    return text.getvalue()


def _row(fund: Fund, today: date) -> tuple[object, ...]:
    return (
        fund.tradingsymbol, "SandboxMutualFund_MF", fund.name, int(fund.is_open_for_purchase), 1,
        float(fund.minimum_purchase), float(fund.purchase_multiple),
        float(fund.minimum_purchase), float(fund.minimum_redemption),
        float(fund.minimum_redemption), "growth", fund.scheme_type, "direct", "T2",
        float(fund.value_on(today)), today.isoformat(),
    )  # fmt: skip
