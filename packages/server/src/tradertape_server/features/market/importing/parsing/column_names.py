"""The names of columns in files of prices, as exchanges, brokers and vendors spell them.

Sources: NSE's bhavcopies (`cm01JAN2020bhav.csv`; UDiFF, from July 2024; `sec_bhavdata_full`;
`pd010120.csv` of the PR archive), its historical data per security as downloaded and as its API
names it (`CH_…`), `ind_close_all` and the historical indices; BSE's bhavcopy and historical data;
Yahoo; and common exports of brokers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGNS = re.compile(r"[^a-z0-9]+")


# NSE's list of securities says Band, its list of changes From and To.
BAND_NAMES = ("band", "bandpct", "bandpercent", "priceband", "pricebandpct", "newband", "to")


def plain(header: str) -> str:
    """Normalize a header for comparison: "Adj Close" becomes adjclose."""
    return _SIGNS.sub("", header.lower())


def _names(text: str) -> frozenset[str]:
    return frozenset(plain(name) for name in text.split(","))


# Our names to those in files.
ALIASES: Mapping[str, frozenset[str]] = {
    "date": _names(
        "Date, Timestamp, Datetime, Time, ts, Day, Trade Date, Trading Date, TRADING_DATE, TradDt,"
        "DATE1, CH_TIMESTAMP, mTIMESTAMP, HistoricalDate, Index Date, Ex Date, Effective Date,"
        "Valid From"
    ),
    "symbol": _names("Symbol, TckrSymb, Ticker, Trading Symbol, Scrip, Stock, CH_SYMBOL"),
    "index": _names("Index, Index Name"),
    "open": _names("Open, OpnPric, Open Price, OPEN_PRICE, CH_OPENING_PRICE, O, Open Index Value"),
    "high": _names(
        "High, HghPric, High Price, HIGH_PRICE, CH_TRADE_HIGH_PRICE, H, High Index Value"
    ),
    "low": _names("Low, LwPric, Low Price, LOW_PRICE, CH_TRADE_LOW_PRICE, L, Low Index Value"),
    "close": _names(
        "Close, ClsPric, Close Price, CLOSE_PRICE, Closing Price, CH_CLOSING_PRICE, C,"
        "Closing Index Value"
    ),
    "volume": _names(
        "Volume, Vol, V, TOTTRDQTY, TTL_TRD_QNTY, TtlTradgVol, Total Traded Quantity,"
        "Total Traded Qty, Total Traded Volume, Total Trade Quantity, CH_TOT_TRADED_QTY,"
        "NET_TRDQTY, Net Traded Qty, Traded Quantity, Traded Qty, Traded Volume, Quantity Traded,"
        "Qty Traded, Volume Traded, Trade Volume, Shares Traded, Total Shares Traded,"
        "No. of Shares, No of Shares Traded, Number of Shares, NO_OF_SHRS, Volume (Shares),"
        "Total Volume, Volume (Nos.)"
    ),
    "adj_close": _names("Adj Close, Adjusted Close, Adj Close Price, Adj. Closing Price"),
    "series": _names("Series, SctySrs, CH_SERIES"),
    "isin": _names("ISIN, ISIN Code, ISIN No, ISIN Number, CH_ISIN"),
    "basis": _names("Basis, Price Basis"),
}

_LIKE_VOLUME = re.compile(r"vol(?!atility)|qty|qnty|quantity|shares|shrs|shs|units")
# Counted in shares too, or named so, and yet another thing than the day's volume.
_NOT_VOLUME = re.compile(
    r"deliv|dly|turnover|value|trdval|outstanding|brdlot|marketlot|lotsize|lotqty|bid|offer|ask"
    r"|buy|sell|interest|pct|percent|face|floatshares|paid|issued"
)


def resembles_volume(header: str) -> bool:
    """Whether a column that no alias names may be the volume: "Qty", "Volume (Lakhs)"; not
    "Deliverable Qty"."""
    name = plain(header)
    if name in ALIASES["volume"] or "%" in header:
        return False
    return bool(_LIKE_VOLUME.search(name)) and not _NOT_VOLUME.search(name)
