"""The columns of brokers' statements, by what becomes of them. Names as `key_of` writes them."""

from __future__ import annotations

from typing import Final

QUANTITIES: Final = frozenset({"quantity", "qty", "qty.", "units"})
FRACTIONS: Final = frozenset({"units"})  # of mutual funds: with up to four decimals
AMOUNTS: Final = frozenset({"amount", "value", "debit", "credit", "net balance", "balance"})
PRICES: Final = frozenset({"price", "average price", "nav"})
IDS: Final = frozenset({"trade id", "order id", "trade num", "exchange order id", "folio"})
FACTS: Final = frozenset(
    {
        "symbol", "isin", "trade date", "exchange", "segment", "series", "trade type", "auction",
        "order execution time", "date", "company", "stock name", "scrip code", "instrument type",
        "trade time", "side", "type", "execution date and time", "order status", "posting date",
        "voucher type", "expiry", "expiry date", "strike price", "cost center", "registrar",
        "scheme", "transaction",
    }
)  # fmt: skip
ACCOUNTS: Final = frozenset({"client id", "unique client code"})  # sent once, for the whole file
TEXTS: Final = frozenset({"particulars", "narration", "remarks", "remark"})


def key_of(text: str) -> str:
    """A column's name as it is recognised: without regard to case, spaces and underscores."""
    return " ".join(text.replace("_", " ").lower().split())
