"""How the simulated companies start: price and size at the beginning of 2015, or at listing.

Rounded figures from general knowledge of the market; they set the scale, not the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tradertape_core.market.universe_facts import FACTS, InstrumentFact


@dataclass(frozen=True, slots=True)
class Start:
    """A company enters the world.

    price: rupees a share as traded then. cap: market capitalisation in thousand crore rupees
    (1e10). listed: first trading day, None when before 2015. delisted: first day without trading.
    """

    symbol: str
    price: float
    cap: float
    listed: date | None = None
    delisted: date | None = None

    @property
    def fact(self) -> InstrumentFact:
        """The instrument's facts."""
        return FACTS[self.symbol]


# symbol, price, cap, then the day of listing after 2015 or, with a minus, of delisting.
_STARTS = """
ABB 1290 27|ADANIENSOL 28 3 2015-07-31|ADANIENT 500 55|ADANIGREEN 30 4.7 2018-06-18
ADANIPORTS 320 66|ADANIPOWER 45 13|AMBUJACEM 228 35|APOLLOHOSP 1140 16|ASIANPAINT 755 72
AXISBANK 500 118|BAJAJ-AUTO 2440 70|BAJAJFINSV 1330 21|BAJAJHLDNG 1420 16|BAJFINANCE 3480 17.5
BANKBARODA 216 46.6|BEL 2700 22|BHARTIARTL 353 141|BOSCHLTD 19500 61|BPCL 655 47
BRITANNIA 1850 22|CANBK 440 20|CGPOWER 190 12|CHOLAFIN 480 7|CIPLA 628 50|COALINDIA 383 242
CUMMINSIND 880 24|DIVISLAB 1730 23|DLF 138 25|DMART 640 40 2017-03-21|DRREDDY 3240 55
EICHERMOT 15100 41|ENRIN 2850 101 2025-06-19|ETERNAL 126 99 2021-07-23|GAIL 445 56
GODREJCP 965 33|GRASIM 3400 31|HAL 1130 38 2018-03-28|HCLTECH 1590 111
HDFCAMC 1815 38 2018-08-06|HDFCBANK 950 229|HDFCLIFE 344 69 2017-11-17|HINDALCO 158 33
HINDUNILVR 760 164|HINDZINC 170 72|HYUNDAI 1820 148 2024-10-22|ICICIBANK 352 204
INDHOTEL 120 10|INDIGO 878 32 2015-11-10|INFY 1965 226|IOC 333 81|IRFC 25 32 2021-01-29
ITC 368 295|JINDALSTEL 152 14|JIOFIN 252 160 2023-08-21|JSWSTEEL 1045 25|KOTAKBANK 1265 98
LODHA 463 20.7 2021-04-19|LT 1500 139|LTM 697 12 2016-07-21|M&M 1235 77|MARUTI 3335 101
MAXHEALTH 108 10 2020-08-21|MAZDOCK 173 3.5 2020-10-12|MOTHERSON 450 40|MUTHOOTFIN 185 7
NESTLEIND 6350 61|NTPC 143 118|ONGC 341 292|PFC 300 40|PIDILITIND 545 28|PNB 219 40
POWERGRID 138 72|RECLTD 335 33|RELIANCE 890 288|SBILIFE 707 71 2017-10-03|SBIN 312 233
SHREECEM 9400 33|SHRIRAMFIN 1110 25|SIEMENS 905 32|SOLARINDS 2500 4.5|SUNPHARMA 825 171
TATACAP 330 140 2025-10-13|TATACONSUM 160 10|TATAPOWER 82 22|TATASTEEL 400 39|TCS 2550 499
TECHM 2600 62|TITAN 380 34|TMCV 335 123 2025-11-12|TMPV 495 150|TORNTPHARM 1130 19
TRENT 1390 4.6|TVSMOTOR 267 12.7|ULTRACEMCO 2670 73|UNIONBANK 240 15|UNITDSPR 2810 41
VBL 445 8 2016-11-08|VEDL 215 64|WIPRO 555 137|ZYDUSLIFE 1590 32
ACC 1400 26|ASHOKLEY 52 15|AUROPHARMA 1130 33|BERGEPAINT 435 15|BHEL 265 65|BIOCON 425 8.5
CAIRN 240 45 -2017-04-26|COLPAL 1790 24|CONCOR 1340 26|DABUR 233 41|HAVELLS 282 17.6
HDFC 1135 178 -2023-07-13|HEROMOTOCO 3100 62|HINDPETRO 550 18.6|ICICIGI 661 30 2017-09-27
ICICIPRULI 300 43 2016-09-29|IDEA 154 55|IDFC 157 25 -2024-10-10|INDUSINDBK 800 42
INDUSTOWER 336 63|LICI 870 550 2022-05-17|LUPIN 1430 64|MARICO 325 21
MINDTREE 1280 10.7 -2022-11-24|NAUKRI 835 10|NMDC 144 57|PETRONET 207 15.5|SAIL 82 34
SAMMAANCAP 470 16.7|SBICARD 680 64 2020-03-16|UPL 345 14.8|YESBANK 770 32|ZEEL 380 36
"""


def _parse(row: str) -> Start:
    symbol, price, cap, *day = row.split()
    if not day:
        return Start(symbol, float(price), float(cap))
    if day[0].startswith("-"):
        return Start(symbol, float(price), float(cap), delisted=date.fromisoformat(day[0][1:]))
    return Start(symbol, float(price), float(cap), listed=date.fromisoformat(day[0]))


STARTS: tuple[Start, ...] = tuple(
    sorted(
        (_parse(row) for line in _STARTS.strip().splitlines() for row in line.split("|")),
        key=lambda start: start.symbol,
    )
)
