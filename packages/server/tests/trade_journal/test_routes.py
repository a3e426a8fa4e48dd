"""The journal over the API: trips, what is written about them, pictures, figures, two people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.conftest import SignIn
from packages.server.tests.wealth.conftest import SESSIONS, TCS, MakeTrade, Records, Uploaded
from PIL import Image

from tradertape_core.kernel.clock import IST
from tradertape_server.features.trade_journal import pictures
from tradertape_server.platform.errors import ApiError

URL = "/api/journal"


def get(client: TestClient, page: str, **query: object) -> Any:
    answer = client.get(f"{URL}/{page}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def png(width: int = 40, height: int = 30, kind: str = "PNG", **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(made, kind, **more)
    return made.getvalue()


@pytest.fixture
def traded(me: int, records: Records, trade: MakeTrade) -> Callable[[], list[Any]]:
    """Two closed trips, a gain in INFY and a loss in TCS, and an open one; newest first."""
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 10, 100, SESSIONS[0], at=at(0, 9)),
            trade("SELL", 10, 120, SESSIONS[3], charges=Decimal(20)),
            trade("BUY", 5, 200, SESSIONS[4], symbol="TCS", isin=TCS, at=at(4, 14)),
            trade("SELL", 5, 180, SESSIONS[5], symbol="TCS", isin=TCS),
            trade("BUY", 1, 100, SESSIONS[8]),
        )
    )
    return lambda: list(records.of[me].trades)


def at(session: int, hour: int) -> datetime:
    day = SESSIONS[session]
    return datetime(day.year, day.month, day.day, hour, 20, tzinfo=IST)


def test_without_uploads_every_page_is_an_empty_answer(signed_in: TestClient) -> None:
    for page in ("trips", "lost", "heatmap"):
        assert get(signed_in, page) == []
    assert get(signed_in, "calendar", year=2024) == []
    assert get(signed_in, "statistics")["total"]["count"] == 0
    assert "too few" in get(signed_in, "discovery")["text"]
    assert "Chased the price" in get(signed_in, "words")["mistakes"]
    assert signed_in.get(f"{URL}/export").text.count("\n") == 1


def test_trips_are_filtered_and_sorted(signed_in: TestClient, traded: Any) -> None:
    opened, tcs, infy = get(signed_in, "trips")
    assert (opened["symbol"], opened["net"], opened["closed_on"]) == ("INFY", None, None)
    assert (tcs["net"], tcs["return_pct"]) == ("-100.00", -10.0)
    assert (infy["net"], infy["gross"], infy["exit_price"]) == ("180.00", "200.00", "120.0000")
    assert [one["key"] for one in get(signed_in, "trips", state="closed", sort="net")] == [
        infy["key"], tcs["key"],
    ]  # fmt: skip
    assert get(signed_in, "trips", sort="net", order="asc")[-1]["key"] == opened["key"]
    assert get(signed_in, "trips", symbol="tc") == [tcs]
    assert get(signed_in, "trips", since=SESSIONS[5]) == [opened]
    wrong = signed_in.get(f"{URL}/trips", params={"since": "2024-02-01", "until": "2024-01-01"})
    assert (wrong.status_code, "swap them" in wrong.text) == (400, True)


def test_what_is_written_stays_with_a_trip_that_is_imported_again(
    signed_in: TestClient, traded: Any, me: int, records: Records
) -> None:
    infy = get(signed_in, "trips", symbol="INFY", state="closed")[0]
    path = f"{URL}/trips/{infy['key']}"
    body = {
        "setup": "Breakout", "tags": ["gap", "gap"], "mistakes": ["Sold too early"], "rating": 4,
        "stop_price": "95", "note": "=not a formula",
    }  # fmt: skip
    answer = signed_in.put(path, json=body)
    assert (answer.status_code, answer.json()["tags"]) == (200, ["gap"])
    told = get(signed_in, f"trips/{infy['key']}")["trip"]
    assert (told["entry"]["setup"], told["r_multiple"]) == ("Breakout", 3.6)
    assert len(get(signed_in, "trips", setup="Breakout")) == 1
    assert get(signed_in, "trips", tag="other") == []
    rows = list(csv.DictReader(io.StringIO(signed_in.get(f"{URL}/export").text)))
    assert (rows[0]["note"], rows[0]["net"], rows[1]["net"]) == (
        "'=not a formula",
        "180.00",
        "-100.00",
    )

    trades = records.of[me].trades
    records.of[me] = Uploaded(version=2)  # the upload is undone
    [lost] = get(signed_in, "lost")
    assert (lost["symbol"], lost["entry"]["note"]) == ("INFY", "=not a formula")
    assert signed_in.put(path, json=body).status_code == 404
    records.of[me] = Uploaded(trades=trades, version=3)
    assert get(signed_in, "lost") == []
    assert get(signed_in, f"trips/{infy['key']}")["trip"]["entry"]["rating"] == 4
    known = signed_in.delete(f"{URL}/lost/{infy['key']}")
    assert (known.status_code, known.headers["x-error-code"]) == (409, "trip_known")
    assert signed_in.put(path, json={}).json()["updated_at"] is None
    assert get(signed_in, "words")["setups"] == []


def test_a_lost_entry_is_deleted_with_its_pictures(
    signed_in: TestClient, traded: Any, me: int, records: Records
) -> None:
    infy = get(signed_in, "trips", symbol="INFY", state="closed")[0]
    path = f"{URL}/trips/{infy['key']}"
    signed_in.put(path, json={"note": "x"})
    picture = signed_in.post(f"{path}/screenshots", content=png()).json()
    records.of[me] = Uploaded(version=2)
    assert signed_in.delete(f"{URL}/lost/{infy['key']}").status_code == 204
    assert signed_in.get(f"{URL}/screenshots/{picture['id']}").status_code == 404
    assert get(signed_in, "lost") == []


def test_statistics_heat_map_and_calendar_by_hand(signed_in: TestClient, traded: Any) -> None:
    found = get(signed_in, "statistics", by="symbol")
    assert (found["total"]["count"], found["open_trips"]) == (2, 1)
    assert (found["total"]["net"], found["total"]["win_rate"]) == (80.0, 0.5)
    assert found["total"]["profit_factor"] == 1.8
    assert {one["name"]: one["figures"]["net"] for one in found["groups"]} == {
        "INFY": 180.0, "TCS": -100.0,
    }  # fmt: skip
    assert [one["name"] for one in get(signed_in, "statistics", by="hour")["groups"]] == [
        "09:00", "14:00",
    ]  # fmt: skip
    cells = get(signed_in, "heatmap")
    assert [(one["weekday"], one["hour"], one["net"]) for one in cells] == [
        (SESSIONS[0].weekday(), 9, 180.0), (SESSIONS[4].weekday(), 14, -100.0),
    ]  # fmt: skip
    days = get(signed_in, "calendar", year=SESSIONS[3].year)
    assert [(one["day"], one["net"]) for one in days] == [
        (SESSIONS[3].isoformat(), 180.0), (SESSIONS[5].isoformat(), -100.0),
    ]  # fmt: skip


def test_an_edge_is_told_in_words_and_noise_is_not(
    signed_in: TestClient, me: int, records: Records, trade: MakeTrade
) -> None:
    trades = []
    for number in range(120):
        day = SESSIONS[number]
        is_early = number % 3 == 0
        sold = 104 if is_early else 99 + number % 3
        when = datetime(day.year, day.month, day.day, 9 if is_early else 13, 30, tzinfo=IST)
        trades.append(trade("BUY", 1, 100, day, at=when))
        trades.append(trade("SELL", 1, sold, day, at=when + timedelta(hours=1)))
    records.of[me] = Uploaded(trades=tuple(trades))
    found = get(signed_in, "discovery")
    first = found["findings"][0]
    assert (first["dimension"], first["name"], first["stands_out"]) in {
        ("hour", "09:00", True), ("hour", "13:00", True),
    }  # fmt: skip
    assert "ranked" in first["text"]
    weekdays = [one for one in found["findings"] if one["dimension"] == "weekday"]
    assert len(weekdays) == 5
    assert all("not distinguishable from chance" in one["text"] for one in weekdays)
    assert "2 groups stand out" in found["text"]


def test_pictures_are_encoded_anew_and_limited(signed_in: TestClient, traded: Any) -> None:
    key = get(signed_in, "trips")[0]["key"]
    path = f"{URL}/trips/{key}/screenshots"
    exif = Image.Exif()
    exif[0x010E] = "my house"
    made = signed_in.post(path, content=png(3000, 300, "JPEG", exif=exif))
    assert made.status_code == 201, made.text
    assert (made.json()["width"], made.json()["height"]) == (2560, 256)
    shown = signed_in.get(f"{URL}/screenshots/{made.json()['id']}")
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert b"my house" not in shown.content
    assert Image.open(io.BytesIO(shown.content)).size == (2560, 256)
    for content in (b"", b"<svg onload=alert(1)>", png()[:60], png(kind="GIF"), b"GIF89a" * 90):
        refused = signed_in.post(path, content=content)
        assert (refused.status_code, "PNG, JPEG or WebP" in refused.text) == (400, True)
    bomb = signed_in.post(path, content=png(6000, 5000))
    assert (bomb.status_code, "25 megapixels" in bomb.text) == (413, True)
    for _ in range(9):
        assert signed_in.post(path, content=png()).status_code == 201
    assert signed_in.post(path, content=png()).status_code == 409
    detail = get(signed_in, f"trips/{key}")
    assert (detail["trip"]["screenshots"], len(detail["pictures"])) == (10, 10)
    assert signed_in.delete(f"{URL}/screenshots/{made.json()['id']}").status_code == 204
    assert len(get(signed_in, f"trips/{key}")["pictures"]) == 9


def test_what_a_person_may_store_has_a_limit(
    signed_in: TestClient, traded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradertape_server.features.trade_journal.service.MOST_STORED", 10)
    path = f"{URL}/trips/{get(signed_in, 'trips')[0]['key']}/screenshots"
    assert "200 MB" in signed_in.post(path, content=png()).json()["detail"]


def test_another_person_sees_nothing_of_it(
    signed_in: TestClient, traded: Any, sign_in: SignIn
) -> None:
    key = get(signed_in, "trips", state="closed")[0]["key"]
    signed_in.put(f"{URL}/trips/{key}", json={"setup": "Secret"})
    picture = signed_in.post(f"{URL}/trips/{key}/screenshots", content=png()).json()
    other = sign_in("other@example.com")
    assert (get(other, "trips"), get(other, "lost")) == ([], [])
    assert get(other, "words")["setups"] == []
    assert other.get(f"{URL}/trips/{key}").status_code == 404
    assert other.put(f"{URL}/trips/{key}", json={"note": "x"}).status_code == 404
    assert other.post(f"{URL}/trips/{key}/screenshots", content=png()).status_code == 404
    for method in ("GET", "DELETE"):
        assert other.request(method, f"{URL}/screenshots/{picture['id']}").status_code == 404
    assert other.delete(f"{URL}/lost/{key}").status_code == 404


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    """The header says 30,000 by 30,000."""
    whole = bytearray(png())
    whole[16:24] = (30_000).to_bytes(4) * 2
    with pytest.raises(ApiError) as refused:
        pictures.read_picture(bytes(whole))
    assert refused.value.status in (400, 413)
