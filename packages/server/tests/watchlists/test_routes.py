"""Watch lists: what a person may put on one, and that it is theirs alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.features.watchlists.models import Watchlist

URL = "/api/watchlists"


@pytest.fixture
def make(signed_in: TestClient) -> Callable[..., dict[str, Any]]:
    def make(name: str = "Mine", *instruments: str) -> dict[str, Any]:
        response = signed_in.post(URL, json={"name": name, "instruments": list(instruments)})
        assert response.status_code == 201, response.text
        return response.json()

    return make


def test_a_list_keeps_its_order_and_names_what_is_on_it(signed_in: TestClient, make) -> None:
    made = make("  Mine ", "NSE:INFY", "nse:tcs", "NSE:NIFTY 50", "NSE:INFY")
    assert made["name"] == "Mine"
    assert made["instruments"] == ["NSE:INFY", "NSE:TCS", "NSE:NIFTY 50"]
    assert signed_in.get(URL).json() == [made]
    watched = signed_in.get(f"{URL}/{made['id']}/instruments").json()
    assert [(one["instrument"], one["instrument_type"], one["is_listed"]) for one in watched] == [
        ("NSE:INFY", "EQ", True), ("NSE:TCS", "EQ", True), ("NSE:NIFTY 50", "INDEX", True),
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_universe_makes_a_list_of_its_members(with_market: None, signed_in: TestClient) -> None:
    made = signed_in.post(URL, json={"name": "Starter", "universe": "nifty_50"}).json()
    assert len(made["instruments"]) == 50
    assert "NSE:RELIANCE" in made["instruments"]


def test_two_windows_that_add_do_not_overwrite_each_other(signed_in: TestClient, make) -> None:
    url = f"{URL}/{make('Mine', 'NSE:INFY')['id']}"
    signed_in.patch(url, json={"add": ["NSE:TCS"]})
    signed_in.patch(url, json={"add": ["NSE:ITC"], "remove": ["NSE:INFY"]})
    after = signed_in.patch(url, json={"add": ["NSE:TCS"]}).json()
    assert after["instruments"] == ["NSE:TCS", "NSE:ITC"]


def test_a_list_is_renamed_and_put_in_another_order(signed_in: TestClient, make) -> None:
    url = f"{URL}/{make('Mine', 'NSE:INFY', 'NSE:TCS')['id']}"
    after = signed_in.patch(url, json={"name": "Tech", "instruments": ["NSE:TCS", "NSE:INFY"]})
    assert after.json()["name"] == "Tech"
    assert after.json()["instruments"] == ["NSE:TCS", "NSE:INFY"]
    assert signed_in.patch(url, json={"name": "tech"}).json()["name"] == "tech"


def test_an_unknown_name_is_reported_with_a_suggestion(signed_in: TestClient, make) -> None:
    url = f"{URL}/{make()['id']}"
    refused = signed_in.patch(url, json={"add": ["NSE:TCS", "NSE:INFYY"]})
    assert refused.status_code == 422
    [problem] = refused.json()["detail"]
    assert problem["pointer"] == "/add/1"
    assert "did you mean NSE:INFY" in problem["msg"]
    assert signed_in.get(URL).json()[0]["instruments"] == []


def test_an_expired_contract_stays_until_it_is_removed(
    signed_in: TestClient, make, container: Container
) -> None:
    made = make("Mine", "NSE:INFY")
    gone = "NFO:NIFTY20JAN12000CE"
    with container.database.write() as session:
        session.get_one(Watchlist, made["id"]).instruments = [gone, "NSE:INFY"]
    url = f"{URL}/{made['id']}"
    assert signed_in.get(f"{url}/instruments").json()[0] == {
        "instrument": gone, "exchange": "NFO", "tradingsymbol": "NIFTY20JAN12000CE", "name": "",
        "instrument_type": "", "expiry": None, "is_listed": False,
    }  # fmt: skip
    moved = signed_in.patch(url, json={"instruments": ["NSE:INFY", gone], "add": ["NSE:TCS"]})
    assert moved.json()["instruments"] == ["NSE:INFY", gone, "NSE:TCS"]
    assert signed_in.patch(url, json={"remove": [gone]}).json()["instruments"] == [
        "NSE:INFY",
        "NSE:TCS",
    ]


def test_a_derivative_shows_its_expiry(signed_in: TestClient, make) -> None:
    found = signed_in.get("/api/instruments/search", params={"query": "NIFTY FUT", "limit": 1})
    future = found.json()[0]
    made = make("Mine", future["instrument"])
    [watched] = signed_in.get(f"{URL}/{made['id']}/instruments").json()
    assert date.fromisoformat(watched["expiry"]) == date.fromisoformat(future["expiry"])


def test_a_name_is_used_once_whatever_its_case(signed_in: TestClient, make) -> None:
    first, second = make("Mine"), make("Other")
    assert signed_in.post(URL, json={"name": "MINE"}).status_code == 409
    assert signed_in.patch(f"{URL}/{second['id']}", json={"name": "mine"}).status_code == 409
    signed_in.delete(f"{URL}/{first['id']}")
    assert signed_in.post(URL, json={"name": "MINE"}).status_code == 201


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("École", "École"),
        ("École", "ÉCOLE"),
        ("École", "E\u0301cole"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("बाज़ार", "बाज़ार"),
        ("ŉ" * 40, "ŉ" * 40),
    ],
)
def test_a_name_is_used_once_in_every_language(
    signed_in: TestClient, make, name: str, again: str
) -> None:
    """FAULTS: SQLite compared ASCII only, and the same name twice was a 500."""
    make(name)
    other = make("Other")
    assert signed_in.post(URL, json={"name": again}).status_code == 409
    assert signed_in.patch(f"{URL}/{other['id']}", json={"name": again}).status_code == 409


def test_a_name_taken_by_a_request_at_the_same_time_is_a_conflict(
    signed_in: TestClient, make, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = make("Other"), make("Mine")
    monkeypatch.setattr(
        "tradertape_server.features.watchlists.repository.has_name", lambda *_, **__: False
    )
    assert signed_in.post(URL, json={"name": "mine"}).status_code == 409
    assert signed_in.patch(f"{URL}/{other['id']}", json={"name": "mine"}).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "  "},
        {"name": "x" * 41},
        {"name": "x", "instruments": ["NSE:INFY"] * 501},
        {"name": "x", "colour": "red"},
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_bad_list_is_a_422(signed_in: TestClient, body: dict[str, Any]) -> None:
    assert signed_in.post(URL, json=body).status_code == 422


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_account_has_twenty_lists_at_most(signed_in: TestClient, make) -> None:
    for number in range(20):
        make(f"List {number}")
    refused = signed_in.post(URL, json={"name": "One more"})
    assert refused.status_code == 409
    assert "delete one" in refused.json()["detail"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_list_holds_five_hundred_at_most(
    signed_in: TestClient, make, container: Container
) -> None:
    made = make()
    kept = [f"NSE:OLD{number}" for number in range(500)]
    with container.database.write() as session:
        session.get_one(Watchlist, made["id"]).instruments = kept
    refused = signed_in.patch(f"{URL}/{made['id']}", json={"add": ["NSE:INFY"]})
    assert refused.status_code == 422
    assert "500 at most" in refused.text


def test_another_persons_list_is_not_found(sign_in: Any, make) -> None:
    made, stranger = make("Mine", "NSE:INFY"), sign_in("b@example.com")
    url = f"{URL}/{made['id']}"
    assert stranger.get(URL).json() == []
    for response in (
        stranger.get(f"{url}/instruments"),
        stranger.patch(url, json={"add": ["NSE:TCS"]}),
        stranger.delete(url),
    ):
        assert response.status_code == 404
    assert stranger.post(URL, json={"name": "Mine"}).status_code == 201
    assert sign_in().get(URL).json() == [made]


def test_a_deleted_list_is_gone(signed_in: TestClient, make) -> None:
    made = make()
    assert signed_in.delete(f"{URL}/{made['id']}").status_code == 204
    assert signed_in.get(URL).json() == []
    assert signed_in.delete(f"{URL}/{made['id']}").status_code == 404
