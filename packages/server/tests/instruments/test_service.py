"""The instrument master: chains, tokens, near matches, Kite's file (D18; rules §7-8)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.chains import index_chains
from tradertape_core.market.instrument import InstrumentType
from tradertape_server.features.instruments.kite_dump import COLUMNS, read_dump
from tradertape_server.features.instruments.service import InstrumentService, UnknownInstrument
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService

LEVELS = {"NIFTY 50": 25_012.0, "NIFTY BANK": 55_480.0, "SENSEX": 82_040.0}
TODAY = date(2026, 1, 5)
HEAD = ",".join(COLUMNS)


@pytest.fixture
def service(tmp_path: Path, clock: object) -> InstrumentService:
    market = MarketService(tmp_path, clock)  # type: ignore[arg-type]
    return InstrumentService(market, LiveWorld(market), clock, home=tmp_path)  # type: ignore[arg-type]


class Morning:
    """Ten o'clock, always."""

    def now(self) -> datetime:
        return datetime(2026, 1, 5, 10, tzinfo=IST)

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture(scope="module")
def named_service(tmp_path_factory: pytest.TempPathFactory) -> InstrumentService:
    """One table for every name that is looked for."""
    home, clock = tmp_path_factory.mktemp("home"), Morning()
    market = MarketService(home, clock)
    return InstrumentService(market, LiveWorld(market), clock, home=home)


def test_a_contract_keeps_its_token_whatever_the_day_and_the_level() -> None:
    calendar = nse_calendar()
    before = {o.id: o.instrument_token for o in index_chains(LEVELS, TODAY, calendar)}
    moved = {name: level * 1.03 for name, level in LEVELS.items()}
    after = {
        o.id: o.instrument_token for o in index_chains(moved, TODAY + timedelta(days=7), calendar)
    }
    shared = before.keys() & after.keys()
    assert len(shared) > 1_000
    assert all(before[one] == after[one] for one in shared)
    every = {**before, **after}
    assert len(set(every.values())) == len(every)
    assert max(every.values()) < 2**32


def test_symbols_are_written_as_the_exchange_does() -> None:
    ids = {one.id for one in index_chains(LEVELS, TODAY, nse_calendar())}
    assert "NFO:NIFTY2610625000CE" in ids  # weekly, 6 January
    assert "NFO:NIFTY26JAN25000PE" in ids  # the last of the month
    assert "NFO:BANKNIFTY26JANFUT" in ids
    assert "BFO:SENSEX2610882000CE" in ids


def test_lots_freeze_quantities_and_steps_are_those_of_the_rules() -> None:
    chain = index_chains(LEVELS, TODAY, nse_calendar())
    facts = {
        (one.underlying, one.lot_size, one.freeze_quantity)
        for one in chain
        if one.expiry is not None and one.expiry >= date(2026, 1, 27)
    }
    assert facts == {("NIFTY", 65, 1800), ("BANKNIFTY", 30, 600), ("SENSEX", 20, 1000)}
    strikes = {one.strike for one in chain if one.underlying == "NIFTY" and one.strike}
    assert all(strike % 50 == 0 for strike in strikes)
    assert min(strikes) < 25_012 * 0.89 < 25_012 * 1.11 < max(strikes)
    assert {one.tick_size for one in chain if one.is_option} == {Decimal("0.05")}


def test_the_master_has_shares_indices_chains_and_share_futures(
    service: InstrumentService,
) -> None:
    kinds = {one.instrument_type for one in service.master.all()}
    assert kinds == set(InstrumentType)
    assert service.get("nse:infy").name == "Infosys"
    assert service.get(service.get("INFY").instrument_token).id == "NSE:INFY"
    assert service.spot_of(service.master.futures("SENSEX")[0]).id == "BSE:SENSEX"
    assert service.spot_of(service.master.futures("INFY")[0]).id == "NSE:INFY"


def test_a_lot_of_a_share_is_worth_what_the_exchange_asks(
    service: InstrumentService, tmp_path: Path, clock: object
) -> None:
    world = LiveWorld(MarketService(tmp_path, clock))  # type: ignore[arg-type]
    closes = {name: share.previous for name, share in world.day(TODAY).shares.items()}
    values = [
        one.lot_size * closes[one.underlying]
        for one in service.master.all()
        if one.instrument_type is InstrumentType.FUT and one.underlying in closes
    ]
    assert len(values) > 200
    assert 500_000 <= min(values) <= max(values) <= 1_000_000


def test_a_wrong_name_proposes_near_ones_and_a_wrong_token_none(
    service: InstrumentService,
) -> None:
    with pytest.raises(UnknownInstrument, match="NSE:RELIANCE"):
        service.get("RELINCE")
    with pytest.raises(UnknownInstrument) as error:
        service.get("999")
    assert error.value.near == ()


def test_search_wants_every_word_and_puts_the_nearest_first(service: InstrumentService) -> None:
    assert service.search("infy")[0].id == "NSE:INFY"
    found = service.search("nifty jan ce", exchange="NFO", limit=500)
    assert found
    assert all(o.option_type == "CE" and o.expiry and o.expiry.month == 1 for o in found)
    assert service.search("") == []
    assert service.search("no such thing") == []


def test_kites_file_wins_over_ours(service: InstrumentService, tmp_path: Path) -> None:
    ours = service.get("NSE:INFY")
    path = tmp_path / "instruments.csv"
    rows = [
        HEAD,
        '408065,1594,INFY,"INFOSYS",0,,0,0.1,1,EQ,NSE,NSE',
        "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE",
        '12345602,48225,NIFTY26JAN26000CE,"NIFTY",0,2026-01-27,26000,0.05,65,CE,NFO-OPT,NFO',
        "1,1,GOLD,GOLD,0,2026-01-27,0,1,1,FUT,MCX-FUT,MCX",
        "x,1,BAD,BAD,0,,0,0.05,1,EQ,NSE,NSE",
        '408065,1594,TWICE,"",0,,0,0.1,1,EQ,NSE,NSE',
    ]
    path.write_text("\n".join(rows))
    dump = service.import_dump(path)
    assert len(dump.instruments) == 3
    assert dump.refused.total() == 3
    assert service.get("NSE:INFY").instrument_token == 408_065 != ours.instrument_token
    assert service.get(256_265).instrument_type is InstrumentType.INDEX
    assert [one.id for one in service.master.options("NIFTY")] == ["NFO:NIFTY26JAN26000CE"]
    assert service.master.options("BANKNIFTY")  # the file has none: ours stay


@pytest.mark.parametrize(
    "content", [b"", b"a,b,c\n1,2,3", HEAD.encode(), b"\xff\xfe\x00", HEAD.encode() + b"\nx,y"]
)
def test_what_is_no_instrument_file_changes_nothing(
    service: InstrumentService, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    before = service.get("NSE:INFY")
    with pytest.raises(InvalidInput):
        service.import_dump(path)
    assert service.get("NSE:INFY") == before


@pytest.mark.parametrize(
    "row",
    [
        "5,1,X,X,0,2026-01-27,NaN,0.05,1,CE,NFO-OPT,NFO",
        "5,1,X,X,0,2026-01-27,Infinity,0.05,1,CE,NFO-OPT,NFO",
        "5,1,X,X,0,2026-13-27,100,0.05,1,CE,NFO-OPT,NFO",
        "-5,1,X,X,0,,0,0.05,1,EQ,NSE,NSE",
        "5,1,,X,0,,0,0.05,1,EQ,NSE,NSE",
        "5",
    ],
)
def test_a_damaged_row_is_refused_and_counted(row: str) -> None:
    good = "408065,1594,INFY,INFOSYS,0,,0,0.1,1,EQ,NSE,NSE"
    dump = read_dump([HEAD, good, row])
    assert [one.id for one in dump.instruments] == ["NSE:INFY"]
    assert dump.refused.total() == 1


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("nifty50", ["NSE:NIFTY 50"]),
        ("NSE:NIFTY", ["NSE:NIFTY 50"]),
        ("BANKNIFTY", ["NSE:NIFTY BANK", "NFO:BANKNIFTY26JANFUT"]),
        ("bank nifty", ["NSE:NIFTY BANK", "NFO:BANKNIFTY26JANFUT"]),
        ("vix", ["NSE:INDIA VIX"]),
        ("infosis", ["NSE:INFY"]),
        ("Infosys", ["NSE:INFY"]),
        ("INFY.NS", ["NSE:INFY"]),
        ("NSE:INFY-EQ", ["NSE:INFY"]),
        ("NSE INFY", ["NSE:INFY"]),
        ("BSE:INFY", ["NSE:INFY"]),
        ("MCX:INFY", ["NSE:INFY"]),
        ("NFO:INFY", ["NFO:INFY26JANFUT", "NFO:INFY26FEBFUT"]),
        ("nifty fut", ["NFO:NIFTY26JANFUT", "NFO:NIFTY26FEBFUT"]),
        ("NFO:NIFTY25DEC20000CE", ["NFO:NIFTY2610620000CE", "NFO:NIFTY2611320000CE"]),
        ("NIFTY26JAN20001PE", ["NFO:NIFTY2610620000PE"]),
        ("RELIANCE25DECFUT", ["NFO:RELIANCE26JANFUT"]),
        ("m & m", ["NSE:M&M"]),
        ("RELINCE", ["NSE:RELIANCE"]),
        ("qqqqqqqq", []),
        (":", []),
    ],
)
def test_what_people_mean_comes_first(
    named_service: InstrumentService, asked: str, meant: list[str]
) -> None:
    with pytest.raises(UnknownInstrument) as error:
        named_service.get(asked)
    assert list(error.value.near[: len(meant)]) == meant
    assert bool(error.value.near) == bool(meant)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("NIFTY25DEC20000CE", ": it expired in Dec 2025; did you mean NFO:NIFTY26106"),
        ("NIFTY2591620000CE", ": it expired on 16 Sep 2025; did you mean"),
        ("NIFTY26JAN1CE", "Unknown instrument NIFTY26JAN1CE; did you mean"),
        ("MCX:GOLD26JANFUT", ": exchange MCX is not supported, NSE, BSE, NFO, BFO are"),
        ("999", "Unknown instrument 999: no current instrument has this token"),
    ],
)
def test_an_unknown_name_is_told_why(
    named_service: InstrumentService, asked: str, said: str
) -> None:
    with pytest.raises(UnknownInstrument) as error:
        named_service.get(asked)
    assert said in error.value.detail


@pytest.mark.parametrize("asked", ["NSE:INFY ", " nse : infy", "infy", "Nse:Infy"])
def test_case_and_blanks_do_not_matter(named_service: InstrumentService, asked: str) -> None:
    assert named_service.get(asked).id == "NSE:INFY"


def test_search_finds_what_is_written_apart(named_service: InstrumentService) -> None:
    assert named_service.search("nifty50")[0].id == "NSE:NIFTY 50"
    assert [one.id for one in named_service.search("INFY.NS")][:1] == ["NSE:INFY"]
    assert named_service.search("...") == []
