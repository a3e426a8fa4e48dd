"""A server killed during a large import: the upload is whole or absent, never half or at work for
ever, and the same file uploaded again gives the same totals to the paisa (FAULTS §1, §7)."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow_servers import HTTP, Server, Servers, eventually

pytestmark = pytest.mark.slow

MANY = 20_000
HEADER = (
    "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,"
    "order_id,order_execution_time"
)
Totals = tuple[int, Decimal, Decimal]


def tradebook() -> tuple[bytes, Totals]:
    """A tradebook of Kite, and what it comes to."""
    lines, values = [HEADER], {"buy": Decimal(0), "sell": Decimal(0)}
    for number in range(MANY):
        day, side = date(2021, 1, 1) + timedelta(number // 20), ("buy", "sell")[number % 2]
        quantity, price = number % 90 + 1, Decimal(100_000 + number * 7 % 50_000) / 100
        values[side] += quantity * price
        lines.append(
            f"INFY,INE009A01021,{day},NSE,EQ,EQ,{side},false,{quantity}.000000,{price:.6f},"
            f"{7_500_000 + number},{1_100_000 + number},{day}T09:15:01"
        )
    return "\n".join(lines).encode(), (MANY, values["buy"], values["sell"])


class Uploader:
    """A person who uploads a tradebook of many trades, and undoes it."""

    def __init__(self, servers: Servers) -> None:
        self.server: Server = servers.servers[0]
        self._headers = {"Cookie": servers.cookie, "Origin": self.server.url}
        self._file = Path(servers.database_url.removeprefix("sqlite:///"))
        self._content, self.totals = tradebook()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = HTTP.request(
            method, f"{self.server.url}/api/uploads{path}", headers=self._headers, timeout=90,
            **options,
        )  # fmt: skip
        assert answer.status_code < 500, answer.text
        return answer

    def upload(self) -> dict[str, Any]:
        files = {"files[]": ("tradebook.csv", self._content)}
        return self.ask("POST", "/tradebook", files=files).json()["files"][0]

    def uploads(self) -> list[dict[str, Any]]:
        return self.ask("GET", "").json()

    def stored(self) -> int:
        """Rows of all uploads, whatever their state."""
        return self._rows("SELECT count(*) FROM imported_trades")[0][0]

    def counted(self) -> Totals:
        """What counts: the rows of completed uploads."""
        query = (
            "SELECT side, quantity, price FROM imported_trades AS trade JOIN uploads ON "
            "uploads.id = trade.upload_id WHERE uploads.state = 'done'"
        )
        rows = self._rows(query)
        values = {"BUY": Decimal(0), "SELL": Decimal(0)}
        for side, quantity, price in rows:
            values[side.upper()] += Decimal(quantity) * Decimal(price)
        return len(rows), values["BUY"], values["SELL"]

    def kill_once(self, is_there: Callable[[], bool], doing: Callable[[], Any]) -> None:
        """Do it, kill the server as soon as it is there, and start it again."""
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(doing)
            eventually(is_there, 60, "the point of the kill is reached")
            self.server.send(signal.SIGKILL)
            pending.exception()  # the answer may be lost, or have come before
        self.server.start()
        self.server.wait_until_up()

    def _rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self._file, timeout=30) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def uploader(alone: Servers) -> Uploader:
    return Uploader(alone)


def is_being_read(uploader: Uploader) -> bool:
    import psutil

    assert uploader.server.process is not None
    children = psutil.Process(uploader.server.process.pid).children()
    return any("uploads.reading.main" in " ".join(one.cmdline()) for one in children)


def test_up_01_a_kill_at_any_point_of_an_import_leaves_it_whole_or_absent(
    uploader: Uploader,
) -> None:
    points: list[Callable[[], bool]] = [
        lambda: is_being_read(uploader),
        lambda: uploader.stored() > 0,
        lambda: uploader.stored() > MANY // 2,
        lambda: uploader.stored() >= MANY - 1000,
    ]
    for number, point in enumerate(points):
        uploader.kill_once(point, uploader.upload)
        shown = uploader.uploads()
        assert all(one["state"] in ("failed", "done") for one in shown), shown
        if any(one["state"] == "done" for one in shown):  # it was over before the signal came
            assert uploader.counted() == uploader.totals
            continue
        assert uploader.counted() == (0, 0, 0)
        for one in shown:
            assert "nothing was imported: upload the file again" in one["detail"], one
        assert len(shown) >= number  # the one that was being read is not there at all
        eventually(lambda: uploader.stored() == 0, 30, "its rows are removed")

    sent = uploader.upload()
    eventually(
        lambda: uploader.ask("GET", f"/{sent['id']}").json()["state"] == "done", 60, "imported"
    )
    assert uploader.counted() == uploader.totals
    again = uploader.upload()
    assert (again["imported"], again["duplicates"]) == (0, MANY)

    first = sent["id"]
    eventually(
        lambda: uploader.ask("GET", f"/{again['id']}").json()["state"] == "done", 60, "imported"
    )
    before = uploader.stored()
    uploader.kill_once(
        lambda: uploader.stored() < before, lambda: uploader.ask("DELETE", f"/{first}")
    )
    eventually(
        lambda: first not in [one["id"] for one in uploader.uploads()], 30, "the undo is finished"
    )
    eventually(lambda: uploader.stored() == MANY, 30, "its rows alone are removed")
    assert uploader.counted() == uploader.totals
