"""Portfolios on the simulated world."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_core.kernel.clock import IST
from tradertape_server.container import Container
from tradertape_server.settings import Settings

Json = dict[str, Any]
ALWAYS = {
    "type": "compare", "left": {"type": "indicator", "name": "close"}, "op": ">",
    "right": {"type": "literal", "value": 0},
}  # fmt: skip


class Desk:
    """A signed-in person, and the days of the data set."""

    def __init__(self, client: TestClient, container: Container, clock: Any) -> None:
        self.client, self.container, self.clock = client, container, clock
        _, columns = container.market.columns()
        self.days: list[date] = columns.dates.astype("datetime64[D]").tolist()

    def strategy(self, base_model: str = "v1_momentum", **more: Any) -> int:
        body = {"name": f"My {base_model}", "base_model": base_model, **more}
        made = self.client.post("/api/strategies", json=body)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def deploy(self, strategy_id: int | None = None, status: int = 201, **settings: Any) -> Json:
        wanted = {"strategy_id": strategy_id or self.strategy(), "name": "Mine",
                  "universe": "nifty_50", **settings}  # fmt: skip
        made = self.client.post("/api/model/portfolios/deploy", json=wanted)
        assert made.status_code == status, made.text
        return made.json()

    def post(self, path: str, body: Json | None = None, status: int = 200) -> Any:
        answer = self.client.post(f"/api/model/{path}", json=body or {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/model/{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    def scan(self, portfolio: Json, day: date | None = None, **more: Any) -> Json:
        body = {"portfolio_id": portfolio["id"], "as_of": day.isoformat() if day else None, **more}
        (found,) = self.post("scan", body)["portfolios"]
        return found

    def signals(self, portfolio: Json, *statuses: str) -> list[Json]:
        wanted = "".join(f"&status={one}" for one in statuses)
        return self.get(f"signals?portfolio_id={portfolio['id']}&limit=500{wanted}")

    def evening_of(self, day: date) -> None:
        """Move the clock to the evening of a trading day."""
        wanted = datetime.combine(day, time(19), IST)
        self.clock.set_wrong(seconds=(wanted - self.clock.now()).total_seconds())

    def first_signals(self, portfolio: Json, back: int = 5) -> tuple[int, list[Json]]:
        """Scan the evening of a day `back` days before the last; its number, and the signals."""
        at = len(self.days) - 1 - back
        self.evening_of(self.days[at])
        self.scan(portfolio, self.days[at])
        return at, self.signals(portfolio)


@pytest.fixture
def desk(with_market: None, signed_in: TestClient, container: Container, clock: Any) -> Desk:
    container.portfolios.schedule.stop()  # a test that takes a minute would be scanned beside
    return Desk(signed_in, container, clock)


@pytest.fixture(scope="session")
def real_home(real_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the real prices, imported as a person does; shared, never changed."""
    home = tmp_path_factory.mktemp("real")
    for file, *more in (
        ("nse_daily.parquet", "--basis", "split"), ("nse_indices.parquet", "--kind", "indices"),
    ):  # fmt: skip
        arguments = ["data", "import", str(real_data_dir / file), "--data-set", "nse", *more]
        subprocess.run(
            [sys.executable, "-m", "tradertape_server", *arguments],
            env={**os.environ, "TRADERTAPE_HOME": str(home)}, check=True, capture_output=True,
            timeout=300,
        )  # fmt: skip
    return home


@pytest.fixture
def with_real_market(settings: Settings, real_home: Path) -> None:
    """Put the real prices into the home of the test's app (before `client`)."""
    target = settings.effective_home / "market"
    shutil.copytree(real_home / "market", target, copy_function=os.link)


@pytest.fixture
def real_desk(
    with_real_market: None, signed_in: TestClient, container: Container, clock: Any
) -> Desk:
    container.portfolios.schedule.stop()
    return Desk(signed_in, container, clock)
