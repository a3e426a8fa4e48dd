from __future__ import annotations

from datetime import date

import pytest

from tradertape_server.features.market.data_sets.reference_rows import Spell

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
PATHS = (
    "data-sets",
    "universes",
    "universes/all",
    "symbols",
    "candles/INFY",
    "calendar?from=2024-01-01&to=2024-01-31",
)


@pytest.fixture
def filled(make_set, container):
    spells = [
        Spell("toy_2", "INFY", date(2024, 1, 1)),
        Spell("toy_2", "M&M", date(2024, 1, 1), date(2024, 2, 1)),
        Spell("toy_2", "ABB", date(2024, 2, 1)),
    ]
    symbols = ["INFY", "M&M", "TCS"]
    return make_set("toy", symbols, spells=spells, gaps=[("INFY", 5)], into=container.market)


@pytest.mark.parametrize("path", PATHS)
def test_market_data_is_for_people_who_signed_in(filled, client, path):
    assert client.get(f"/api/market/{path}").status_code == 401


def test_data_sets_say_what_they_hold(filled, signed_in):
    (found,) = signed_in.get("/api/market/data-sets").json()
    assert found["name"] == "toy"
    assert found["active"]
    assert not found["simulated"]
    assert found["data_version"] == filled.data_version
    assert found["gaps"] == 1
    assert found["indices"] == ["NIFTY 50"]
    assert found["first"] == "2024-01-01"


def test_universes_have_sizes_on_a_day(filled, signed_in):
    found = {u["name"]: u for u in signed_in.get("/api/market/universes").json()}
    assert (found["toy_2"]["members"], found["toy_2"]["with_candles"]) == (2, 1)
    assert found["toy_2"]["since"] == "2024-01-01"
    assert found["nifty_100"]["since"] is None
    assert found["all"]["members"] == 3


def test_members_are_those_of_the_day(filled, signed_in):
    early = signed_in.get("/api/market/universes/toy_2", params={"date": "2024-01-15"}).json()
    late = signed_in.get("/api/market/universes/toy_2").json()
    assert [row["symbol"] for row in early["members"]] == ["INFY", "M&M"]
    assert [row["symbol"] for row in late["members"]] == ["ABB", "INFY"]
    assert late["members"][0]["first"] is None


def test_candles_come_for_a_range_without_the_missing_day(filled, signed_in):
    asked = {"from": "2024-01-01", "to": "2024-01-10"}
    answer = signed_in.get("/api/market/candles/INFY", params=asked).json()
    assert [c["date"] for c in answer["candles"]] == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
        "2024-01-04",
        "2024-01-05",
        "2024-01-09",
        "2024-01-10",
    ]
    first = answer["candles"][0]
    assert first["low"] <= first["close"] <= first["high"]
    assert answer["name"] == "Infosys"
    assert not answer["simulated"]


def test_symbols_with_signs_and_index_names_work_in_the_url(filled, signed_in):
    assert signed_in.get("/api/market/candles/M%26M").json()["symbol"] == "M&M"
    index = signed_in.get("/api/market/candles/NIFTY%2050").json()
    assert index["candles"][0]["volume"] is None


def test_symbols_are_paged(filled, signed_in):
    answer = signed_in.get("/api/market/symbols", params={"limit": 2})
    assert [row["symbol"] for row in answer.json()] == ["INFY", "M&M"]
    assert answer.headers["X-Total-Count"] == "3"
    assert "offset=2" in answer.headers["Link"]


def test_the_calendar_tells_hours_and_special_sessions(signed_in):
    asked = {"from": "2024-10-30", "to": "2024-11-04"}
    found = {s["date"]: s for s in signed_in.get("/api/market/calendar", params=asked).json()}
    assert list(found) == ["2024-10-30", "2024-10-31", "2024-11-01", "2024-11-04"]
    assert found["2024-10-30"]["open"] == "2024-10-30T09:15:00+05:30"
    assert found["2024-11-01"]["special"] == "muhurat"
    assert found["2024-11-01"]["open"].startswith("2024-11-01T18:00")


def test_the_calendar_says_which_days_only_follow_the_rule(signed_in):
    asked = {"from": "2026-12-31", "to": "2027-01-04"}
    found = signed_in.get("/api/market/calendar", params=asked).json()
    assert [(one["date"], one["published"]) for one in found] == [
        ("2026-12-31", True), ("2027-01-01", False), ("2027-01-04", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("candles/NOSUCH", "no symbol"),
        ("universes/nifty_5000", "there is no universe"),
        ("universes?data_set=nosuch", "there is no data set"),
        ("universes?data_set=../../etc", "not a valid name of a data set"),
        ("calendar?from=2024-02-01&to=2024-01-01", "must not be before"),
        ("calendar?from=2015-01-01&to=2024-01-01", "three years"),
    ],
)
def test_a_wrong_question_is_a_clear_400(filled, signed_in, path, words):
    answer = signed_in.get(f"/api/market/{path}")
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("path", ["candles/INFY?from=yesterday", "calendar", "symbols?limit=501"])
def test_a_malformed_question_is_a_422(filled, signed_in, path):
    assert signed_in.get(f"/api/market/{path}").status_code == 422


def test_without_data_the_answer_says_so(signed_in):
    answer = signed_in.get("/api/market/universes")
    assert answer.status_code == 400
    assert "no market data yet" in answer.json()["detail"]
    assert signed_in.get("/api/market/data-sets").json() == []
