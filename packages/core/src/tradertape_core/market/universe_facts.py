"""Companies of the NIFTY 100 as of 2026-03-30 and some that left it, typed as facts.

Symbols are NSE's current ones; sectors follow NSE's industry with banks separate from other
financial companies and a few small industries joined. ISINs are those of the latest listing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

AS_OF = date(2026, 3, 30)  # review announced on 2026-02-23 (ind_prs23022026.pdf)

# Name of each sector to its universe's name.
SECTORS: Mapping[str, str] = {
    "Automobile": "sector_auto",
    "Banks": "sector_banks",
    "Capital Goods": "sector_capital_goods",
    "Cement": "sector_cement",
    "Chemicals": "sector_chemicals",
    "Construction": "sector_construction",
    "Consumer": "sector_consumer",
    "FMCG": "sector_fmcg",
    "Financial Services": "sector_financial_services",
    "Healthcare": "sector_healthcare",
    "IT": "sector_it",
    "Media": "sector_media",
    "Metals": "sector_metals",
    "Oil & Gas": "sector_oil_gas",
    "Power": "sector_power",
    "Realty": "sector_realty",
    "Telecom": "sector_telecom",
    "Transport": "sector_transport",
}


@dataclass(frozen=True, slots=True)
class InstrumentFact:
    """A listed company: NSE symbol, name, ISIN and sector (a key of SECTORS)."""

    symbol: str
    name: str
    isin: str
    sector: str


_F = InstrumentFact

NIFTY_100: tuple[InstrumentFact, ...] = (
    _F("ABB", "ABB India", "INE117A01022", "Capital Goods"),
    _F("ADANIENSOL", "Adani Energy Solutions", "INE931S01010", "Power"),
    _F("ADANIENT", "Adani Enterprises", "INE423A01024", "Metals"),
    _F("ADANIGREEN", "Adani Green Energy", "INE364U01010", "Power"),
    _F("ADANIPORTS", "Adani Ports and SEZ", "INE742F01042", "Transport"),
    _F("ADANIPOWER", "Adani Power", "INE814H01029", "Power"),
    _F("AMBUJACEM", "Ambuja Cements", "INE079A01024", "Cement"),
    _F("APOLLOHOSP", "Apollo Hospitals Enterprise", "INE437A01024", "Healthcare"),
    _F("ASIANPAINT", "Asian Paints", "INE021A01026", "Consumer"),
    _F("AXISBANK", "Axis Bank", "INE238A01034", "Banks"),
    _F("BAJAJ-AUTO", "Bajaj Auto", "INE917I01010", "Automobile"),
    _F("BAJAJFINSV", "Bajaj Finserv", "INE918I01026", "Financial Services"),
    _F("BAJAJHLDNG", "Bajaj Holdings & Investment", "INE118A01012", "Financial Services"),
    _F("BAJFINANCE", "Bajaj Finance", "INE296A01032", "Financial Services"),
    _F("BANKBARODA", "Bank of Baroda", "INE028A01039", "Banks"),
    _F("BEL", "Bharat Electronics", "INE263A01024", "Capital Goods"),
    _F("BHARTIARTL", "Bharti Airtel", "INE397D01024", "Telecom"),
    _F("BOSCHLTD", "Bosch", "INE323A01026", "Automobile"),
    _F("BPCL", "Bharat Petroleum Corporation", "INE029A01011", "Oil & Gas"),
    _F("BRITANNIA", "Britannia Industries", "INE216A01030", "FMCG"),
    _F("CANBK", "Canara Bank", "INE476A01022", "Banks"),
    _F("CGPOWER", "CG Power and Industrial Solutions", "INE067A01029", "Capital Goods"),
    _F("CHOLAFIN", "Cholamandalam Investment and Finance", "INE121A01024", "Financial Services"),
    _F("CIPLA", "Cipla", "INE059A01026", "Healthcare"),
    _F("COALINDIA", "Coal India", "INE522F01014", "Oil & Gas"),
    _F("CUMMINSIND", "Cummins India", "INE298A01020", "Capital Goods"),
    _F("DIVISLAB", "Divi's Laboratories", "INE361B01024", "Healthcare"),
    _F("DLF", "DLF", "INE271C01023", "Realty"),
    _F("DMART", "Avenue Supermarts", "INE192R01011", "Consumer"),
    _F("DRREDDY", "Dr. Reddy's Laboratories", "INE089A01031", "Healthcare"),
    _F("EICHERMOT", "Eicher Motors", "INE066A01021", "Automobile"),
    _F("ENRIN", "Siemens Energy India", "INE1NPP01017", "Capital Goods"),
    _F("ETERNAL", "Eternal", "INE758T01015", "Consumer"),
    _F("GAIL", "GAIL (India)", "INE129A01019", "Oil & Gas"),
    _F("GODREJCP", "Godrej Consumer Products", "INE102D01028", "FMCG"),
    _F("GRASIM", "Grasim Industries", "INE047A01021", "Cement"),
    _F("HAL", "Hindustan Aeronautics", "INE066F01020", "Capital Goods"),
    _F("HCLTECH", "HCL Technologies", "INE860A01027", "IT"),
    _F("HDFCAMC", "HDFC Asset Management Company", "INE127D01025", "Financial Services"),
    _F("HDFCBANK", "HDFC Bank", "INE040A01034", "Banks"),
    _F("HDFCLIFE", "HDFC Life Insurance Company", "INE795G01014", "Financial Services"),
    _F("HINDALCO", "Hindalco Industries", "INE038A01020", "Metals"),
    _F("HINDUNILVR", "Hindustan Unilever", "INE030A01027", "FMCG"),
    _F("HINDZINC", "Hindustan Zinc", "INE267A01025", "Metals"),
    _F("HYUNDAI", "Hyundai Motor India", "INE0V6F01027", "Automobile"),
    _F("ICICIBANK", "ICICI Bank", "INE090A01021", "Banks"),
    _F("INDHOTEL", "Indian Hotels Company", "INE053A01029", "Consumer"),
    _F("INDIGO", "InterGlobe Aviation", "INE646L01027", "Transport"),
    _F("INFY", "Infosys", "INE009A01021", "IT"),
    _F("IOC", "Indian Oil Corporation", "INE242A01010", "Oil & Gas"),
    _F("IRFC", "Indian Railway Finance Corporation", "INE053F01010", "Financial Services"),
    _F("ITC", "ITC", "INE154A01025", "FMCG"),
    _F("JINDALSTEL", "Jindal Steel", "INE749A01030", "Metals"),
    _F("JIOFIN", "Jio Financial Services", "INE758E01017", "Financial Services"),
    _F("JSWSTEEL", "JSW Steel", "INE019A01038", "Metals"),
    _F("KOTAKBANK", "Kotak Mahindra Bank", "INE237A01036", "Banks"),
    _F("LODHA", "Lodha Developers", "INE670K01029", "Realty"),
    _F("LT", "Larsen & Toubro", "INE018A01030", "Construction"),
    _F("LTM", "LTM (LTIMindtree)", "INE214T01019", "IT"),
    _F("M&M", "Mahindra & Mahindra", "INE101A01026", "Automobile"),
    _F("MARUTI", "Maruti Suzuki India", "INE585B01010", "Automobile"),
    _F("MAXHEALTH", "Max Healthcare Institute", "INE027H01010", "Healthcare"),
    _F("MAZDOCK", "Mazagon Dock Shipbuilders", "INE249Z01020", "Capital Goods"),
    _F("MOTHERSON", "Samvardhana Motherson International", "INE775A01035", "Automobile"),
    _F("MUTHOOTFIN", "Muthoot Finance", "INE414G01012", "Financial Services"),
    _F("NESTLEIND", "Nestle India", "INE239A01024", "FMCG"),
    _F("NTPC", "NTPC", "INE733E01010", "Power"),
    _F("ONGC", "Oil and Natural Gas Corporation", "INE213A01029", "Oil & Gas"),
    _F("PFC", "Power Finance Corporation", "INE134E01011", "Financial Services"),
    _F("PIDILITIND", "Pidilite Industries", "INE318A01026", "Chemicals"),
    _F("PNB", "Punjab National Bank", "INE160A01022", "Banks"),
    _F("POWERGRID", "Power Grid Corporation of India", "INE752E01010", "Power"),
    _F("RECLTD", "REC", "INE020B01018", "Financial Services"),
    _F("RELIANCE", "Reliance Industries", "INE002A01018", "Oil & Gas"),
    _F("SBILIFE", "SBI Life Insurance Company", "INE123W01016", "Financial Services"),
    _F("SBIN", "State Bank of India", "INE062A01020", "Banks"),
    _F("SHREECEM", "Shree Cement", "INE070A01015", "Cement"),
    _F("SHRIRAMFIN", "Shriram Finance", "INE721A01047", "Financial Services"),
    _F("SIEMENS", "Siemens", "INE003A01024", "Capital Goods"),
    _F("SOLARINDS", "Solar Industries India", "INE343H01029", "Chemicals"),
    _F("SUNPHARMA", "Sun Pharmaceutical Industries", "INE044A01036", "Healthcare"),
    _F("TATACAP", "Tata Capital", "INE976I01016", "Financial Services"),
    _F("TATACONSUM", "Tata Consumer Products", "INE192A01025", "FMCG"),
    _F("TATAPOWER", "Tata Power Company", "INE245A01021", "Power"),
    _F("TATASTEEL", "Tata Steel", "INE081A01020", "Metals"),
    _F("TCS", "Tata Consultancy Services", "INE467B01029", "IT"),
    _F("TECHM", "Tech Mahindra", "INE669C01036", "IT"),
    _F("TITAN", "Titan Company", "INE280A01028", "Consumer"),
    _F("TMCV", "Tata Motors (commercial vehicles)", "INE1TAE01010", "Automobile"),
    _F("TMPV", "Tata Motors Passenger Vehicles", "INE155A01022", "Automobile"),
    _F("TORNTPHARM", "Torrent Pharmaceuticals", "INE685A01028", "Healthcare"),
    _F("TRENT", "Trent", "INE849A01020", "Consumer"),
    _F("TVSMOTOR", "TVS Motor Company", "INE494B01023", "Automobile"),
    _F("ULTRACEMCO", "UltraTech Cement", "INE481G01011", "Cement"),
    _F("UNIONBANK", "Union Bank of India", "INE692A01016", "Banks"),
    _F("UNITDSPR", "United Spirits", "INE854D01024", "FMCG"),
    _F("VBL", "Varun Beverages", "INE200M01039", "FMCG"),
    _F("VEDL", "Vedanta", "INE205A01025", "Metals"),
    _F("WIPRO", "Wipro", "INE075A01022", "IT"),
    _F("ZYDUSLIFE", "Zydus Lifesciences", "INE010B01027", "Healthcare"),
)

# Members of the NIFTY 50 since 2015, and some of the NIFTY 100, that are in it no more.
FORMER_MEMBERS: tuple[InstrumentFact, ...] = (
    _F("ACC", "ACC", "INE012A01025", "Cement"),
    _F("ASHOKLEY", "Ashok Leyland", "INE208A01029", "Automobile"),
    _F("AUROPHARMA", "Aurobindo Pharma", "INE406A01037", "Healthcare"),
    _F("BERGEPAINT", "Berger Paints India", "INE463A01038", "Consumer"),
    _F("BHEL", "Bharat Heavy Electricals", "INE257A01026", "Capital Goods"),
    _F("BIOCON", "Biocon", "INE376G01013", "Healthcare"),
    _F("CAIRN", "Cairn India", "INE910H01017", "Oil & Gas"),
    _F("COLPAL", "Colgate Palmolive (India)", "INE259A01022", "FMCG"),
    _F("CONCOR", "Container Corporation of India", "INE111A01025", "Transport"),
    _F("DABUR", "Dabur India", "INE016A01026", "FMCG"),
    _F("HAVELLS", "Havells India", "INE176B01034", "Consumer"),
    _F("HDFC", "Housing Development Finance Corporation", "INE001A01036", "Financial Services"),
    _F("HEROMOTOCO", "Hero MotoCorp", "INE158A01026", "Automobile"),
    _F("HINDPETRO", "Hindustan Petroleum Corporation", "INE094A01015", "Oil & Gas"),
    _F("ICICIGI", "ICICI Lombard General Insurance", "INE765G01017", "Financial Services"),
    _F("ICICIPRULI", "ICICI Prudential Life Insurance", "INE726G01019", "Financial Services"),
    _F("IDEA", "Vodafone Idea", "INE669E01016", "Telecom"),
    _F("IDFC", "IDFC", "INE043D01016", "Financial Services"),
    _F("INDUSINDBK", "IndusInd Bank", "INE095A01012", "Banks"),
    _F("INDUSTOWER", "Indus Towers", "INE121J01017", "Telecom"),
    _F("LICI", "Life Insurance Corporation of India", "INE0J1Y01017", "Financial Services"),
    _F("LUPIN", "Lupin", "INE326A01037", "Healthcare"),
    _F("MARICO", "Marico", "INE196A01026", "FMCG"),
    _F("MINDTREE", "Mindtree", "INE018I01017", "IT"),
    _F("NAUKRI", "Info Edge (India)", "INE663F01032", "Consumer"),
    _F("NMDC", "NMDC", "INE584A01023", "Metals"),
    _F("PETRONET", "Petronet LNG", "INE347G01014", "Oil & Gas"),
    _F("SAIL", "Steel Authority of India", "INE114A01011", "Metals"),
    _F("SAMMAANCAP", "Sammaan Capital", "INE148I01020", "Financial Services"),
    _F("SBICARD", "SBI Cards and Payment Services", "INE018E01016", "Financial Services"),
    _F("TATAMTRDVR", "Tata Motors (DVR)", "IN9155A01020", "Automobile"),
    _F("UPL", "UPL", "INE628A01036", "Chemicals"),
    _F("YESBANK", "Yes Bank", "INE528G01035", "Banks"),
    _F("ZEEL", "Zee Entertainment Enterprises", "INE256A01028", "Media"),
)

FACTS: Mapping[str, InstrumentFact] = {fact.symbol: fact for fact in NIFTY_100 + FORMER_MEMBERS}
