"""Two years of daily scans of three strategies, each beside its backtest, through the API.

`python bench/two_years.py [FOLDER] [UNIVERSE] [DAYS]`: three strategies of different kinds are
deployed, each with its fill rule, and scanned evening by evening. Then the backtest of the same
days is run. Equity, cash, sales with their charges, and bought signals have to be equal to the
paisa; what is not is counted. FOLDER: where `nse_daily.parquet` and `nse_indices.parquet` are, `-`
for the simulated world; lists `universes/nifty200_*.csv.gz` in it are `nifty_200`. UNIVERSE: a
name, or how many stocks; 200 by default. Ends with 1 where anything differs, or where the median
scan takes longer than a second.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.sign_in.sessions import COOKIE, open_session
from tradertape_server.features.market.importing.request import ImportRequest
from tradertape_server.features.market.service import MarketService
from tradertape_server.main import create_app
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import upgrade
from tradertape_server.setting_groups import account_policy
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

Json = dict[str, Any]
KINDS = {"v1_momentum": "touch", "v3_dip_buyer": "next_open", "v4_alpha": "close"}
FILL_MODELS = {"close": "close", "next_open": "next_open", "touch": "gtt_touch"}
DAYS, WARM_AFTER, GATE_S = 494, 3, 1.0
EVENING = datetime(2026, 11, 20, 12, tzinfo=UTC)


class StoppedClock:
    """Always the same evening; durations are real."""

    def now(self) -> datetime:
        return EVENING

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Desk:
    """A person on a server in this process."""

    client: TestClient
    universe: str

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = self.client.request(method, f"/api{path}", json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json()

    def strategy(self, model: str) -> int:
        found = self.call("GET", "/strategies?is_template=true&limit=100")
        return next(one["id"] for one in found if one["base_model"] == model)

    def pages(self, path: str) -> list[Json]:
        """All of a list that is given 500 at a time."""
        found: list[Json] = []
        while True:
            page = self.call("GET", f"{path}&limit=500&offset={len(found)}")
            found += page
            if len(page) < 500:
                return found


def compare(desk: Desk, model: str, fill: str, days: list[date]) -> tuple[int, float]:
    """Scan the days, run their backtest and print what differs; mismatches and median seconds."""
    strategy_id, took = desk.strategy(model), list[float]()
    portfolio = desk.call("POST", "/model/portfolios/deploy", {
        "strategy_id": strategy_id, "name": model, "universe": desk.universe, "paper_fill": fill,
        "auto_place_signals": True,
    })["id"]  # fmt: skip
    created = 0
    for day in days:
        began = time.perf_counter()
        answer = desk.call(
            "POST", "/model/scan", {"portfolio_id": portfolio, "as_of": day.isoformat()}
        )
        took.append(time.perf_counter() - began)
        created += answer["portfolios"][0]["created"]
    report = desk.call("POST", "/backtest/run", {
        "strategy_id": strategy_id, "universe": desk.universe, "start_date": str(days[0]),
        "end_date": str(days[-1]), "fill_model": FILL_MODELS[fill], "save": False,
    })  # fmt: skip
    ours, theirs = _ours(desk, portfolio), _theirs(report)
    wrong = {name: len(ours[name] ^ theirs[name]) for name in ours}
    median = statistics.median(took[WARM_AFTER:])
    print(
        f"{model} ({fill}): {len(days)} scans, {created} signals, {len(ours['bought'])} bought, "
        f"{len(ours['sold'])} sold; mismatches: "
        + ", ".join(f"{name} {count}" for name, count in wrong.items())
        + f"; a scan: median {median * 1000:.0f} ms, worst {max(took[WARM_AFTER:]) * 1000:.0f} ms"
    )
    return sum(wrong.values()), median


def _ours(desk: Desk, portfolio: int) -> dict[str, set[Any]]:
    page = desk.call("GET", f"/model/dashboard?portfolio_id={portfolio}")
    positions = desk.pages(f"/model/positions?portfolio_id={portfolio}")
    signals = desk.pages(f"/model/signals?portfolio_id={portfolio}&status=executed")
    return {
        "days": {(str(one["date"]), one["equity"], one["cash"]) for one in page["equity_curve"]},
        "sold": {
            (one["symbol"], one["entry_date"], sale["date"], sale["quantity"], sale["charges"])
            for one in positions
            for sale in one["sales"]
        },
        "bought": {(one["symbol"], one["signal_date"]) for one in signals if one["side"] == "BUY"},
    }


def _theirs(report: Json) -> dict[str, set[Any]]:
    trades = report["trades"]
    return {
        "days": {(one["date"], one["equity"], one["cash"]) for one in report["equity_curve"]},
        "sold": {
            (one["symbol"], one["entry_date"], one["exit_date"], one["quantity"], one["charges"])
            for one in trades
        },
        "bought": {
            (one["symbol"], one["signal_date"]) for one in (*trades, *report["open_positions"])
        },
    }


def main(prices: str, universe: str, count: int) -> int:
    """Compare all three; 1 where anything differs or is too slow."""
    with tempfile.TemporaryDirectory() as folder:
        home, clock = Path(folder), StoppedClock()
        market = MarketService(home, clock)
        if prices == "-":
            market.ensure_simulated_world()
        else:
            data = Path(prices)
            market.import_files(ImportRequest((data / "nse_daily.parquet",), basis="split"))
            market.import_files(ImportRequest((data / "nse_indices.parquet",), kind="indices"))
            for file in (data / "universes").glob("nifty200_*.csv.gz"):
                market.import_files(ImportRequest((file,), universe="nifty_200"))
        url = f"sqlite:///{home / 'bench.db'}"
        settings = Settings(home=home, database_url=url, feed="off", requests_per_minute=1_000_000,
                            log_level="warning")  # fmt: skip
        database = Database(url)
        upgrade(database.engine)
        database.close()
        container = build_container(settings, clock=clock)
        app = create_app(container=container)
        with TestClient(app, base_url="http://localhost") as client:
            container.portfolios.schedule.stop()
            client.cookies.set(COOKIE, _signed_in(container, settings))
            client.headers["Origin"] = "http://localhost"
            days = container.market.columns()[1].dates.astype("datetime64[D]").tolist()[-count:]
            if universe.isdigit():
                symbols = container.market.columns()[1].symbols[: int(universe)]
                universe = f"custom:{','.join(symbols)}"
            desk = Desk(client, universe)
            stocks = len(container.market.members(universe)[2])
            print(f"{stocks} stocks, {days[0]} to {days[-1]}, {prices}")
            found = [compare(desk, model, fill, days) for model, fill in KINDS.items()]
    return int(any(wrong or median > GATE_S for wrong, median in found))


def _signed_in(container: Any, settings: Settings) -> str:
    user_id = container.auth.create_user("bench@example.com", password=None)
    with container.database.write() as session:
        return open_session(
            session, session.get_one(User, user_id), method="link", ip="127.0.0.1",
            user_agent="bench", now=container.clock.now(), life=account_policy(settings).life,
        )  # fmt: skip


if __name__ == "__main__":
    prices_of, universe_of, days_of = (
        *sys.argv[1:4],
        *("-", "200", DAYS)[len(sys.argv) - 1 :],
    )
    raise SystemExit(main(str(prices_of), str(universe_of), int(days_of)))
