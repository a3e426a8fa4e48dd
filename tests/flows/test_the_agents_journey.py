"""A server, a sandbox broker and an agent, each a process: from a scan to a position and its drift.

The decision is made in the agent's pages, in a real Chromium as wide as a phone
(web/apps/agent/e2e/journey.spec.ts).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from flow_servers import eventually, free_port

from tradertape_agent.web.pages import find_pages
from tradertape_sandbox.wire.sessions import SANDBOX_API_KEY, SANDBOX_SECRET

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "web" / "apps" / "agent"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "chromium")
EVENING = "2026-06-10T19:00:00+05:30"
Json = dict[str, Any]


@dataclass
class Program:
    """A process of the journey, and where it answers."""

    port: int
    process: subprocess.Popen[bytes] | None = None
    python: str = sys.executable

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, command: list[str], log: Path, **settings: str) -> None:
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [self.python, *command], stdout=output, stderr=output,
                env={**os.environ, **settings},
            )  # fmt: skip

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)


@pytest.fixture
def agent() -> Iterator[Program]:
    """The agent, which starts when the person has a key.

    TRADERTAPE_AGENT_PYTHON: another interpreter with the agent installed, such as Python 3.10.
    """
    made = Program(free_port())
    made.python = os.environ.get("TRADERTAPE_AGENT_PYTHON", sys.executable)
    yield made
    made.stop()


@pytest.fixture
def sandbox(agent: Program, tmp_path: Path) -> Iterator[Program]:
    """The broker; it starts beside the server."""
    made = Program(free_port())
    back = f"{agent.url}/brokers/kite/callback"
    command = ["-m", "tradertape_server", "sandbox", "serve", "--port", str(made.port)]
    made.start([*command, "--kite-redirect-url", back], tmp_path / "sandbox.log")
    yield made
    made.stop()


class Person(httpx.Client):
    """Who has a portfolio that the agent executes."""

    def __init__(self, server: Any) -> None:
        cookies = {"kite_session": server.session_token}
        super().__init__(base_url=server.url, cookies=cookies, timeout=60)

    def ask(self, path: str, **body: Any) -> Json:
        answer = self.post(f"/api/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def scanned(self) -> tuple[Json, Json]:
        """A portfolio and the best signal of its scan, which waits for approval."""
        strategy = self.ask("strategies", name="Momentum", base_model="v1_momentum")
        portfolio = self.ask(
            "model/portfolios/deploy", strategy_id=strategy["id"], name="Journey",
            universe="nifty_50", paper_mode=False, confirm_live=True, placed_by="agent",
            paper_fill="live", atr_stop_multiplier=2.0,
        )  # fmt: skip
        self.ask("model/scan", portfolio_id=portfolio["id"])
        found = self.get("/api/model/signals", params={"portfolio_id": portfolio["id"]})
        return portfolio, found.json()[0]


def configuration(folder: Path, server_url: str, key: str) -> Path:
    """The agent's file, as `configure` writes it."""
    path = folder / "agent.json"
    document = {
        "cloud_url": server_url, "api_key": key, "primary_broker": "kite", "auto_execute": False,
        "kite_api_key": SANDBOX_API_KEY, "kite_api_secret": SANDBOX_SECRET, "poll_interval": 5,
    }  # fmt: skip
    path.write_text(json.dumps(document))
    path.chmod(0o600)
    return path


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_ai_02_ae_04_ar_01_a_scan_becomes_a_position_through_the_agent(
    sandbox: Program, agent: Program, moved_server: Any, tmp_path: Path
) -> None:
    """AE-01, AE-04, AI-02, AR-01: scan, approval on a phone, GTT, fill, report, P&L, drift."""
    if find_pages() is None:
        pytest.skip("the pages are not built: run `make web`")
    clock = moved_server.environment["MOVED_CLOCK"]
    Path(clock).write_text(EVENING)
    with Person(moved_server) as person:
        portfolio, signal = person.scanned()
        key = person.ask("auth/agent-keys", label="journey")["token"]
    eventually(lambda: answers(f"{sandbox.url}/admin/"), 60, "the sandbox answers")
    price = {f"NSE:{signal['symbol']}": str(signal["ref_price"])}
    httpx.put(f"{sandbox.url}/admin/prices", json={"prices": price}).raise_for_status()
    agent.start(
        [str(ROOT / "tests" / "flows" / "moved_agent.py"), "--port", str(agent.port)],
        tmp_path / "agent.out", MOVED_CLOCK=clock,
        TRADERTAPE_AGENT_CONFIG=str(configuration(tmp_path, moved_server.url, key)),
        TRADERTAPE_KITE_ROOT=sandbox.url, TRADERTAPE_KITE_LOGIN_ROOT=f"{sandbox.url}/kite",
    )  # fmt: skip
    eventually(lambda: answers(agent.url), 60, "the agent's pages answer")
    play(
        tmp_path, AGENT_URL=agent.url, SERVER_URL=moved_server.url, SANDBOX_URL=sandbox.url,
        SERVER_SESSION=moved_server.session_token, PORTFOLIO=str(portfolio["id"]),
        SIGNAL=str(signal["id"]), SESSIONS=str(tmp_path / "agent.sessions"),
        AGENT_LOG=str(tmp_path / "agent.out"),
    )  # fmt: skip


def play(folder: Path, **settings: str) -> None:
    """Run the journey's steps in the browser."""
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    output = f"--output={folder / 'traces'}"
    done = subprocess.run(
        [playwright, "test", f"--config={PAGES}", "--project=journey", output],
        env={**os.environ, "CHROMIUM": CHROMIUM, **settings},
        cwd=folder, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    log = Path(settings["AGENT_LOG"]).read_text()[-4000:]
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}\n{log}"
