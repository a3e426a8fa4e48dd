"""The agent's pages in a real Chromium (web/apps/agent/e2e): here, and from another device."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packages.agent.tests.fake_cloud import served_cloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import served_sandbox
from waitress.server import create_server

from tradertape_agent.approvals import decide
from tradertape_agent.journal.signals import Verdict
from tradertape_agent.web.app import build_app
from tradertape_agent.web.network import address_of, own_addresses
from tradertape_agent.web.pages import find_pages
from tradertape_brokers.errors import OutcomeUnknown
from tradertape_brokers.kite.gtts import KiteGtts

ROOT = Path(__file__).parents[4]
PAGES = ROOT / "web" / "apps" / "agent"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "chromium")


@dataclass
class Served:
    """An agent that works, and where its pages are."""

    own: Machine
    port: int

    def play(self, folder: Path) -> None:
        """Run the journeys of web/apps/agent/e2e that need an agent alone, in one browser."""
        playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
        output = f"--output={folder / 'traces'}"
        done = subprocess.run(
            [playwright, "test", f"--config={PAGES}", "--project=pages", output],
            env={
                **os.environ,
                "AGENT_URL": f"http://127.0.0.1:{self.port}",
                "LAN_URL": f"http://{lan_address()}:{self.port}",
                "CHROMIUM": CHROMIUM,
                "SHOTS": os.environ.get("SHOTS", ""),
            },
            cwd=folder, capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"


def lan_address() -> str:
    """An address of this machine by which it counts as another device."""
    found = {one: address_of(one) for one in sorted(own_addresses())}
    usable = (name for name, one in found.items() if one and one.version == 4)
    return next((one for one in usable if not one.startswith("127.")), "")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An agent at a sandbox with two signals, obfuscated figures, drift, and an order in doubt."""
    if find_pages() is None:
        pytest.skip("the pages are not built: run `make web`")
    with served_cloud() as cloud, served_sandbox() as running:
        cloud.obfuscation = True
        cloud.expected = [{"symbol": "TCS", "exchange": "NSE", "isin": "", "quantity": 3}]
        with machine(tmp_path, cloud, running, auto_execute=False) as own:
            own.cycle()
            leave_in_doubt(own, 3)
            cloud.add(1, reason="close above its 20-day average", conviction=0.72)
            cloud.add(2, symbol="NSE:TCS", isin="", quantity=4)
            own.cycle()
            with serving(own) as port:
                yield Served(own, port)


def leave_in_doubt(own: Machine, signal_id: int) -> None:
    """Lose the answer to a placement while another terminal places the same trigger."""
    inner = KiteGtts.place

    def lost(self: KiteGtts, request: Any) -> str:
        inner(self, request)
        inner(self, request)
        raise OutcomeUnknown("no answer")

    own.cloud.add(signal_id)
    own.cycle()
    decide(own.agent.journal, str(signal_id), Verdict.APPROVED, own.agent.clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KiteGtts, "place", lost)
        own.cycle()
    while not own.agent.journal.intents.unclear():
        own.later(seconds=40)
        own.cycle()


@contextmanager
def serving(own: Machine) -> Iterator[int]:
    """The pages and the loop, as `run` has them, on threads of this process; its port."""
    app, loop = build_app(own.agent), own.agent.loop
    server = create_server(app, host="0.0.0.0", port=0, threads=6)  # noqa: S104 - as a user's
    threads = [threading.Thread(target=one) for one in (server.run, loop.run_after_pause)]
    for one in threads:
        one.start()
    try:
        yield int(server.effective_port)
    finally:
        loop.stop()
        server.close()
        for one in threads:
            one.join(10)


def test_the_agents_pages_work_on_a_phone_and_are_accessible(
    served: Served, tmp_path: Path
) -> None:
    """AC-09, AE-01, AI-02, AI-07, AR-03, AR-04: each section in both colour schemes and on both
    widths, pairing, a decision, drift and its corrections, an order in doubt, and a tradebook."""
    if not lan_address():
        pytest.skip("this machine has no address of a network")
    served.play(tmp_path)
