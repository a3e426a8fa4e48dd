"""One list of sector names, whatever the source calls them.

The limit of positions in a sector counts names, so two names of one sector would double it.
Sources: the macro-economic sectors and industries of NSE Indices' classification (June 2023), as in
its index constituents (`ind_nifty500list.csv`); names of NSE's sector indices; GICS and Yahoo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_SIGNS = re.compile(r"[^a-z]+")

# Our name to other names of the sector.
_NAMES: Mapping[str, str] = {
    "Automobile": "Auto, Automobiles, Automobile and Auto Components, Auto Components, Nifty Auto",
    "Banks": "Bank, Banking, Private Bank, PSU Bank, Nifty Bank, Nifty PSU Bank, Nifty Pvt Bank,"
    "Nifty Private Bank",
    "Capital Goods": "Industrials, Industrial Manufacturing, Engineering",
    "Cement": "Construction Materials, Cement & Cement Products, Building Materials",
    "Chemicals": "Chemical, Fertilisers & Agrochemicals, Fertilizers & Agrochemicals",
    "Construction": "Infrastructure, Construction & Engineering",
    "Consumer": "Consumer Durables, Consumer Services, Consumer Discretionary, Consumer Cyclical,"
    "Retailing, Nifty Consumer Durables, Nifty Consr Durbl",
    "FMCG": "Fast Moving Consumer Goods, Consumer Staples, Consumer Defensive, Consumer Goods,"
    "Nifty FMCG",
    "Financial Services": "Finance, Financials, Financial Service, NBFC, Insurance,"
    "Nifty Fin Service, Nifty Financial Services",
    "Healthcare": "Health Care, Pharma, Pharmaceuticals, Healthcare Services, Nifty Pharma,"
    "Nifty Healthcare, Nifty Healthcare Index",
    "IT": "Information Technology, Technology, Software, IT Services, IT - Software, Nifty IT",
    "Media": "Media Entertainment & Publication, Entertainment, Media & Entertainment, Nifty Media",
    "Metals": "Metal, Metals & Mining, Mining, Basic Materials, Nifty Metal",
    "Oil & Gas": "Oil Gas & Consumable Fuels, Oil and Gas, Oil Gas, Nifty Oil & Gas,"
    "Nifty Oil and Gas",
    "Power": "Power Generation, Electric Utilities",
    "Realty": "Real Estate, Nifty Realty",
    "Telecom": "Telecommunication, Telecommunications, Communication Services, Telecom Services",
    "Transport": "Transportation, Logistics, Transport Services, Transport Infrastructure",
}


def sector_name(text: str) -> str:
    """Normalize a sector: "Information Technology" and "NIFTY IT" become IT.

    Case and punctuation do not matter. A name outside the list is kept, without the spaces around
    it; what stands for no name becomes "".
    """
    name = text.strip()
    return _KNOWN.get(_plain(name), name)


@lru_cache(maxsize=1024)
def sector_key(text: str) -> str:
    """The form in which sectors are compared: by our name, without regard to case."""
    return sector_name(text).casefold()


def _plain(name: str) -> str:
    return _SIGNS.sub("", name.lower().replace("&", "and"))


_NO_NAMES = ("-", "n/a", "na", "nan", "none", "unknown", "others")
_KNOWN = {
    **{_plain(other): us for us, them in _NAMES.items() for other in (us, *them.split(","))},
    **dict.fromkeys(map(_plain, _NO_NAMES), ""),
}
