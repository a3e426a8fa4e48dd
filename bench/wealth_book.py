"""The pages of wealth with a book of 100,000 trades, and what its import and reckoning cost.

Starts a server on a new home folder with ten years of closes of the shares, imports one tradebook,
follows the reckoning, and reads every page 40 times. Then the server is started anew and its first
page is asked for. Prints the time of each page (p50, p99; gate 300 ms), the time of the import and
of the reckoning, the largest memory of the server and of a child process, the size of the book,
and the longest answer of a ping every 20 ms (gate 250 ms) beside the import, the reckoning and the
pages; and, as what the machine itself adds, the longest of a program that does nothing else.

usage: wealth_book.py [TRADES]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from uploads import PAGE_MS, STALL_MS, Peak, Pings, books, idle_program, server

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.market.data_sets.candles import CandleRows, rows_from
from tradertape_server.features.market.data_sets.draft import new_manifest, open_draft
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.clock import SystemClock

PAGES = {
    "summary": {}, "holdings": {}, "lots of a share": {}, "funds": {},
    "realised, all years": {"limit": 100}, "realised, page 500": {"limit": 100, "offset": 50_000},
    "realised, by profit": {"limit": 100, "sort": "profit", "fy": "2019-20"},
    "realised, 500 by symbol": {"limit": 500, "sort": "symbol"},
    "tax": {"fy": "2019-20"}, "dividends": {}, "networth": {}, "reconciliation": {},
    "unmatched": {"limit": 100}, "contracts": {"limit": 100}, "quality": {}, "status": {},
}  # fmt: skip
READS = 40


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pages of a server as one person. area: `wealth` or `journal`."""

    url: str
    headers: dict[str, str]
    client: httpx.Client
    area: str = "wealth"

    def get(self, page: str, **query: Any) -> httpx.Response:
        """The answer of a page."""
        return self.client.get(
            f"{self.url}/api/{self.area}/{page}", params=query, headers=self.headers, timeout=120
        )

    def timed_ms(self, page: str, **query: Any) -> float:
        """How long a page takes; it must succeed."""
        start = time.perf_counter()
        answer = self.get(page, **query)
        took = (time.perf_counter() - start) * 1000
        if answer.status_code != 200:
            raise SystemExit(f"{page}: {answer.status_code} {answer.text[:200]}")
        return took

    def until_ready(self) -> tuple[float, list[int]]:
        """Seconds until the book is of now, and the percents seen meanwhile."""
        start, seen = time.perf_counter(), []
        while (status := self.get("status").json())["state"] != "ready":
            if status["state"] == "failed":
                raise SystemExit(status["detail"])
            if not seen or seen[-1] != status["percent"]:
                seen.append(status["percent"])
            time.sleep(0.05)
        return time.perf_counter() - start, seen


def import_all(reader: Reader, many: int) -> float:
    """Import a tradebook; seconds until all is stored."""
    made = books.invented(1, many, first=date(2015, 1, 1), last=date(2024, 12, 31))
    content = books.kite_csv(made)
    start = time.perf_counter()
    answer = reader.client.post(
        f"{reader.url}/api/uploads/tradebook", files={"files[]": ("book.csv", content)},
        headers=reader.headers, timeout=120,
    ).json()  # fmt: skip
    job = answer["files"][0]["id"]
    while True:
        path = f"{reader.url}/api/uploads/{job}"
        shown = reader.client.get(path, headers=reader.headers, timeout=60).json()
        if shown["state"] != "importing":
            break
        time.sleep(0.1)
    if shown["state"] != "done":
        raise SystemExit(f"not imported: {shown['detail']}")
    return time.perf_counter() - start


def read_all(reader: Reader) -> bool:
    """Print the times of every page; whether each p99 is within its gate."""
    instrument = reader.get("holdings").json()["holdings"][0]["instrument"]
    is_good = True
    print(f"{'page':<26} {'p50 ms':>8} {'p99 ms':>8} {'kB':>7}")
    for name, query in PAGES.items():
        page = "lots" if name == "lots of a share" else name.split(",")[0]
        asked = {**query, **({"instrument": instrument} if page == "lots" else {})}
        times = sorted(reader.timed_ms(page, **asked) for _ in range(READS))
        size = len(reader.get(page, **asked).content) / 1024
        is_good &= times[-1] < PAGE_MS
        print(f"{name:<26} {statistics.median(times):>8.1f} {times[-1]:>8.1f} {size:>7.0f}")
    for form in ("csv", "xlsx"):
        took = reader.timed_ms("tax/export", fy="2019-20", format=form)
        print(f"export of a year, {form:<8} {took:>8.0f}")
    return is_good


def invent_market(home: str) -> None:
    """Write a data set with ten years of closes of the traded shares, and make it active."""
    clock = SystemClock()
    market = MarketService(Path(home), clock)
    days = np.array(nse_calendar().sessions_between(date(2015, 1, 1), date(2024, 12, 31)), "M8[D]")
    manifest = new_manifest(
        "bench", basis="split", stored_basis="split", clock=clock, source="bench/wealth_book.py"
    )
    rng = np.random.default_rng(1)

    def candles(names: list[str]) -> CandleRows:
        steps = rng.normal(0.0004, 0.012, (len(names), len(days)))
        close = (500 * np.exp(steps.cumsum(axis=1))).round(2).ravel()
        prices: list[str] = ["open", "high", "low", "close"]
        values = dict.fromkeys(prices, close)
        values["volume"] = np.full(len(close), 1000.0)
        return rows_from(np.repeat(np.array(names), len(days)), np.tile(days, len(names)), values)

    with open_draft(market.store, "bench", new=manifest) as draft:
        draft.candles = candles(list(books.SHARES))
        draft.indices = candles(["NIFTY 50"])
        draft.commit(clock)
    market.use("bench")


def first_load(url: str, headers: dict[str, str], many: int, pid: int) -> bool:
    """Import, reckon and read; whether all is within the gates."""
    with httpx.Client() as client, idle_program() as idle:
        reader = Reader(url, headers, client)
        reader.timed_ms("summary")
        pings, control = Pings(url), Pings(idle)
        with Peak(pid) as peak:
            imported_s = import_all(reader, many)
            stalls, usual = [pings.reset()], [control.reset()]
            before = reader.get("summary").json()["trades"]
            reckoned_s, percents = reader.until_ready()
            stalls.append(pings.reset())
            usual.append(control.reset())
        print(f"{many} trades imported in {imported_s:.1f} s, longest ping {stalls[0]:.0f} ms")
        print(
            f"the book is ready {reckoned_s:.1f} s later (a page until then: that of {before} "
            f"trades; {percents} %), longest ping {stalls[1]:.0f} ms"
        )
        print(f"peak memory: server {peak.server_mb:.0f} MB, a child {peak.child_mb:.0f} MB")
        print(f"the book in memory: {reader.get('status').json()['size_bytes'] / 2**20:.1f} MB")
        is_good = read_all(reader)
        stalls.append(pings.reset())
        usual.append(control.reset())
        pings.stop()
        control.stop()
        print(f"longest ping beside the pages {stalls[2]:.0f} ms")
        print(
            f"longest pings of an idle program meanwhile: {', '.join(f'{t:.0f}' for t in usual)} ms"
        )
        return is_good and max(stalls) < STALL_MS


def after_restart(url: str, headers: dict[str, str]) -> bool:
    """Read the first page of a new server on the same folder; whether nothing waited for it."""
    with httpx.Client() as client:
        reader, pings = Reader(url, headers, client), Pings(url)
        start = time.perf_counter()
        answer = reader.get("summary")
        took_ms = (time.perf_counter() - start) * 1000
        reckoned_s, _ = reader.until_ready()
        stall = pings.reset()
        pings.stop()
    print(
        f"after a restart: {answer.status_code} in {took_ms:.0f} ms, the book {reckoned_s:.1f} s "
        f"later, longest ping {stall:.0f} ms"
    )
    return took_ms < PAGE_MS and stall < STALL_MS


def main() -> None:
    """Import, reckon, read, start anew, read."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as home:
        invent_market(home)
        with server(home) as (url, headers, pid):
            is_good = first_load(url, headers, many, pid)
        with server(home) as (url, headers, _):
            is_good &= after_restart(url, headers)
    raise SystemExit(0 if is_good else 1)


if __name__ == "__main__":
    main()
