"""Which columns the brokers' files have, and a person's own mapping of columns.

Sources: exports of Zerodha Console, Upstox and Groww as other public projects describe them,
August and September 2026. Columns are found by name; their order does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.statements.sheets import named


class Kind(str, Enum):
    """What a file states."""

    TRADEBOOK = "tradebook"
    REALISED_PNL = "realised_pnl"  # pairs of a purchase and a sale
    LEDGER = "ledger"
    FUNDS = "cas"


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of a broker's file.

    columns: by field, the names its column may have. required: fields without which a table is
    not of this layout.
    """

    name: str
    broker: str
    kind: Kind
    columns: Mapping[str, tuple[str, ...]]
    required: frozenset[str]
    month_first: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])

    def places(self, found: Mapping[str, int]) -> dict[str, int] | None:
        """The place of each field in a row with these column names; None for another layout."""
        places: dict[str, int] = {}
        for name, texts in self.columns.items():
            place = next((found[text] for text in texts if text in found), None)
            if place is not None:
                places[name] = place
            elif name in self.required:
                return None
        return places


KITE_TRADEBOOK = Layout(
    "kite_tradebook", "kite", Kind.TRADEBOOK,
    {
        "account": ("client id",), "symbol": ("symbol",), "isin": ("isin",),
        "traded_on": ("trade date",), "exchange": ("exchange",), "segment": ("segment",),
        "series": ("series",), "side": ("trade type",), "auction": ("auction",),
        "quantity": ("quantity",), "price": ("price",), "trade_id": ("trade id",),
        "order_id": ("order id",), "at": ("order execution time",), "expiry": ("expiry date",),
    },
    frozenset({"symbol", "traded_on", "side", "quantity", "price", "trade_id", "order_id"}),
)  # fmt: skip

UPSTOX_TRADES = Layout(
    "upstox_trades", "upstox", Kind.TRADEBOOK,
    {
        "traded_on": ("date",), "symbol": ("company",), "value": ("amount",),
        "exchange": ("exchange",), "segment": ("segment",), "instrument": ("instrument type",),
        "strike": ("strike price",), "expiry": ("expiry",), "trade_id": ("trade num",),
        "clock": ("trade time",), "side": ("side",), "quantity": ("quantity",),
        "price": ("price",), "scrip_code": ("scrip code",),
    },
    frozenset({"traded_on", "symbol", "scrip_code", "trade_id", "side", "quantity", "price"}),
)  # fmt: skip

UPSTOX_PNL = Layout(
    "upstox_realised_pnl", "upstox", Kind.REALISED_PNL,
    {
        "name": ("scrip name",), "symbol": ("symbol",), "isin": ("isin",),
        "option": ("scrip opt",), "quantity": ("qty",), "bought_on": ("buy date",),
        "buy_price": ("buy rate",), "buy_value": ("buy amt",), "sold_on": ("sell date",),
        "sell_price": ("sell rate",), "sell_value": ("sell amt",), "pnl": ("total pl",),
    },
    frozenset({"name", "quantity", "bought_on", "buy_price", "sold_on", "sell_price"}),
)  # fmt: skip

GROWW_ORDERS = Layout(
    "groww_orders", "groww", Kind.TRADEBOOK,
    {
        "account": ("unique client code",), "name": ("stock name",), "symbol": ("symbol",),
        "isin": ("isin",), "side": ("type",), "quantity": ("quantity",), "value": ("value",),
        "exchange": ("exchange",), "order_id": ("exchange order id",),
        "at": ("execution date and time",), "status": ("order status",),
    },
    frozenset({"name", "symbol", "side", "quantity", "value", "order_id", "at"}),
)  # fmt: skip

KITE_LEDGER = Layout(
    "kite_ledger", "kite", Kind.LEDGER,
    {
        "particulars": ("particulars",), "posted_on": ("posting date",),
        "voucher_type": ("voucher type",), "debit": ("debit",), "credit": ("credit",),
        "balance": ("net balance",), "account": ("client id",),
    },
    frozenset({"particulars", "posted_on", "voucher_type", "debit", "credit", "balance"}),
)  # fmt: skip

# How an agent sends the transactions of an account statement that it has read and scaled.
FUND_ROWS = Layout(
    "agent_funds", "", Kind.FUNDS,
    {
        "registrar": ("registrar",), "folio": ("folio",), "isin": ("isin",),
        "scheme": ("scheme",), "happened_on": ("date",), "kind": ("transaction",),
        "units": ("units",), "nav": ("nav",), "amount": ("amount",),
    },
    frozenset({"registrar", "folio", "scheme", "happened_on", "kind", "units", "nav", "amount"}),
)  # fmt: skip

LAYOUTS = (KITE_TRADEBOOK, UPSTOX_TRADES, UPSTOX_PNL, GROWW_ORDERS, KITE_LEDGER)

# What a person's own mapping may name, and what it must.
MAPPED_FIELDS = {
    Kind.TRADEBOOK: (
        "symbol", "isin", "traded_on", "at", "exchange", "segment", "series", "side", "quantity",
        "price", "value", "trade_id", "order_id", "account", "expiry", "charges",
    ),
    Kind.LEDGER: (
        "particulars", "posted_on", "voucher_type", "debit", "credit", "balance", "account",
    ),
}  # fmt: skip
DEFAULTED = ("exchange", "segment", "account")


def mapped_layout(
    name: str, kind: Kind, columns: Mapping[str, str], *,
    month_first: bool = False, defaults: Mapping[str, str] | None = None,
) -> Layout:  # fmt: skip
    """A layout from a person's mapping: the column name of each field.

    defaults: the exchange, segment and account of files without such a column.
    Raises InvalidInput, with a pointer, for an unknown field or if one that is needed is missing.
    """
    known = MAPPED_FIELDS.get(kind)
    if known is None:
        raise InvalidInput("a mapping is for a tradebook or a ledger", pointer="/kind")
    for field_name, column in columns.items():
        if field_name not in known:
            raise InvalidInput(
                f"is not known here; choose from: {', '.join(known)}",
                pointer=f"/columns/{field_name}",
            )
        if not named(column):
            raise InvalidInput("is empty; name a column", pointer=f"/columns/{field_name}")
    for field_name in defaults or {}:
        if field_name not in DEFAULTED:
            raise InvalidInput(
                f"cannot have a default; only: {', '.join(DEFAULTED)}",
                pointer=f"/defaults/{field_name}",
            )
    _demand(kind, columns)
    texts = {field_name: (named(column),) for field_name, column in columns.items()}
    return Layout(
        name, name, kind, texts, frozenset(texts), month_first=month_first,
        defaults=dict(defaults or {}),
    )  # fmt: skip


def _demand(kind: Kind, columns: Mapping[str, str]) -> None:
    needed = (
        [("symbol",), ("traded_on", "at"), ("side",), ("quantity",), ("price", "value")]
        if kind is Kind.TRADEBOOK
        else [("particulars",), ("posted_on",), ("debit",), ("credit",)]
    )
    for choice in needed:
        if not any(one in columns for one in choice):
            raise InvalidInput(f"name the column of {' or '.join(choice)}", pointer="/columns")
