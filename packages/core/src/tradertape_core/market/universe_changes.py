"""How the NIFTY 50 changed since 2015 and which symbols were renamed, typed as facts.

Changes name each company by its current symbol, so that a rename is no change of membership.
Sources are NSE Indices' press releases by file name; entries without a source are marked. Companies
that a demerger put into the index for a few days (JIOFIN in 2023, ITCHOTELS and TMCV in 2025) are
left out: no fund could hold the index through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_IN_2015 = """
ACC AMBUJACEM ASIANPAINT AXISBANK BAJAJ-AUTO BANKBARODA BHARTIARTL BHEL BPCL CAIRN
CIPLA COALINDIA DLF DRREDDY GAIL GRASIM HCLTECH HDFC HDFCBANK HEROMOTOCO
HINDALCO HINDUNILVR ICICIBANK IDFC INDUSINDBK INFY ITC JINDALSTEL KOTAKBANK LT
LUPIN M&M MARUTI NMDC NTPC ONGC PNB POWERGRID RELIANCE SBIN
SUNPHARMA TATAPOWER TATASTEEL TCS TECHM TMPV ULTRACEMCO VEDL WIPRO ZEEL
"""

# Members at the start of 2015, from memory; forward through the changes they give the membership
# of January 2018 that press releases confirm.
NIFTY_50_IN_2015: tuple[str, ...] = tuple(_IN_2015.split())


@dataclass(frozen=True, slots=True)
class IndexChange:
    """Companies that joined and left an index from the open of `effective` on."""

    effective: date
    joined: tuple[str, ...]
    left: tuple[str, ...]
    source: str
    from_memory: bool = False


def _change(
    effective: str, joined: str, left: str, source: str, *, from_memory: bool = False
) -> IndexChange:
    day = date.fromisoformat(effective)
    return IndexChange(day, tuple(joined.split()), tuple(left.split()), source, from_memory)


NIFTY_50_CHANGES: tuple[IndexChange, ...] = (
    _change("2015-03-27", "IDEA YESBANK", "DLF JINDALSTEL", "review of Feb 2015", from_memory=True),
    _change("2015-05-29", "BOSCHLTD", "IDFC", "IDFC's demerger", from_memory=True),
    _change("2015-09-28", "ADANIPORTS", "NMDC", "ind_prs24082015.pdf", from_memory=True),
    _change(
        "2016-04-01",
        "AUROPHARMA EICHERMOT INDUSTOWER TATAMTRDVR",
        "CAIRN PNB VEDL",
        "review of Feb 2016; 51 securities since Tata Motors counted twice",
        from_memory=True,
    ),
    _change("2017-03-31", "IOC SAMMAANCAP", "BHEL IDEA", "ind_prs16022017.pdf"),
    _change("2017-05-26", "VEDL", "GRASIM", "Grasim's merger and demerger", from_memory=True),
    _change(
        "2017-09-29",
        "BAJFINANCE HINDPETRO UPL",
        "ACC BANKBARODA TATAMTRDVR TATAPOWER",
        "ind_prs28082017.pdf",
    ),
    _change(
        "2018-04-02",
        "BAJAJFINSV GRASIM TITAN",
        "AMBUJACEM AUROPHARMA BOSCHLTD",
        "ind_prs21022018.pdf",
    ),
    _change("2018-09-28", "JSWSTEEL", "LUPIN", "ind_prs28082018.pdf"),
    _change("2019-03-29", "BRITANNIA", "HINDPETRO", "ind_prs25022019.pdf"),
    _change("2019-09-27", "NESTLEIND", "SAMMAANCAP", "ind_prs28082019.pdf"),
    _change("2020-03-19", "SHREECEM", "YESBANK", "Yes Bank's rescue", from_memory=True),
    _change("2020-07-31", "HDFCLIFE", "VEDL", "ind_prs02072020_1.pdf"),
    _change("2020-09-25", "DIVISLAB SBILIFE", "INDUSTOWER ZEEL", "ind_prs20082020.pdf"),
    _change("2021-03-31", "TATACONSUM", "GAIL", "ind_prs23022021.pdf"),
    _change("2022-03-31", "APOLLOHOSP", "IOC", "ind_prs24022022_1.pdf"),
    _change("2022-09-30", "ADANIENT", "SHREECEM", "ind_prs01092022.pdf"),
    _change("2023-07-13", "LTM", "HDFC", "HDFC's merger into HDFC Bank", from_memory=True),
    _change("2024-03-28", "SHRIRAMFIN", "UPL", "ind_prs28022024.pdf"),
    _change("2024-09-30", "BEL TRENT", "DIVISLAB LTM", "ind_prs23082024.pdf"),
    _change("2025-03-28", "ETERNAL JIOFIN", "BPCL BRITANNIA", "ind_prs21022025.pdf"),
    _change("2025-09-30", "INDIGO MAXHEALTH", "HEROMOTOCO INDUSINDBK", "ind_prs22082025.pdf"),
)


@dataclass(frozen=True, slots=True)
class Rename:
    """A company's symbol changed; prices before and after belong to one instrument.

    effective: first day under the new symbol, None where the day is not confirmed.
    """

    old: str
    new: str
    effective: date | None
    note: str = ""


RENAMES: tuple[Rename, ...] = (
    Rename("SSLT", "VEDL", None, "2015"),
    Rename("CROMPGREAV", "CGPOWER", None, "2017"),
    Rename("IDFCBANK", "IDFCFIRSTB", None, "December 2018"),
    Rename("RNAM", "NAM-INDIA", None, "October 2019"),
    Rename("TATAGLOBAL", "TATACONSUM", None, "February 2020"),
    Rename("NIITTECH", "COFORGE", None, "August or September 2020"),
    Rename("INFRATEL", "INDUSTOWER", date(2020, 12, 10), "merger with Indus Towers"),
    Rename("ADANIGAS", "ATGL", date(2021, 1, 1)),
    Rename("CADILAHC", "ZYDUSLIFE", None, "March 2022"),
    Rename("MOTHERSUMI", "MOTHERSON", None, "2022"),
    Rename("LTI", "LTM", None, "first to LTIM: merger with Mindtree, November 2022"),
    Rename("SRTRANSFIN", "SHRIRAMFIN", None, "December 2022"),
    Rename("ADANITRANS", "ADANIENSOL", None, "2023"),
    Rename("MCDOWELL-N", "UNITDSPR", None, "after May 2023"),
    Rename("IBULHSGFIN", "SAMMAANCAP", None, "2024"),
    Rename("GMRINFRA", "GMRAIRPORT", date(2024, 12, 11)),
    Rename("ZOMATO", "ETERNAL", date(2025, 4, 9)),
    Rename("TATAMOTORS", "TMPV", date(2025, 10, 24), "commercial vehicles split off as TMCV"),
    Rename("LTIM", "LTM", date(2026, 2, 27)),
)
