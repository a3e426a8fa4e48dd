"""The console's journeys in a real Chromium against a real server (web/apps/console/e2e)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
CONSOLE = ROOT / "web" / "apps" / "console"
WEB_STEP = ROOT / "scripts" / "web.sh"
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "chromium")
# The published workers' client, as tests/conformance keeps it; without a network our own.
PUBLISHED = "kite-algo-worker==0.7.4"
ASIDE = ROOT / ".tools" / "kite-algo-worker-0.7.4"
OURS = ROOT / "packages" / "sdk" / "src"


def workers_client() -> Path:
    """A folder from which a worker can import its client."""
    if not (ASIDE / "kite_algo_worker").is_dir():
        command = ["uv", "pip", "install", "-q", "--target", str(ASIDE), PUBLISHED]
        if shutil.which("uv") is None or subprocess.run(command, check=False).returncode:
            return OURS
    return ASIDE


@pytest.mark.xdist_group("live server")
def test_a_new_user_signs_in_and_saves_a_strategy_in_chromium(
    live_server: Any, tmp_path: Path
) -> None:
    """By a link, by a code, and with the template that the journeys fork."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=journeys", "--grep=fork a template", f"--output={tmp_path / 'traces'}"]
    # In a folder of its own, where it keeps who is signed in: the other journeys run beside it.
    play([playwright, "test", f"--config={CONSOLE}", *only], live_server, folder=tmp_path)


@pytest.mark.slow
def test_paper_accounts_are_opened_in_two_browsers(fresh_server: Any, tmp_path: Path) -> None:
    """On the list of one person, beside a second one: without the journeys before it."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    command = [playwright, "test", f"--config={CONSOLE}", "--no-deps"]
    other = {"OTHER_EMAIL": fresh_server.email, "OTHER_PASSWORD": fresh_server.password}
    for only in (["--project=sign-in"], ["--project=navigation", "paper-accounts"]):
        output = f"--output={tmp_path / 'traces'}"
        play(
            [*command, output, *only], fresh_server, folder=tmp_path,
            SHOTS=os.environ.get("SHOTS", ""), **other,
        )  # fmt: skip


@pytest.mark.slow
def test_the_consoles_journeys_pass_in_chromium(fresh_server: Any) -> None:
    play(
        [WEB_STEP, "e2e"],
        fresh_server,
        SERVER_PID=str(fresh_server.pid),
        SHOTS=os.environ.get("SHOTS", ""),
        WORKER_PYTHON=sys.executable,
        WORKER_SDK=str(workers_client()),
        OTHER_EMAIL=fresh_server.email,
        OTHER_PASSWORD=fresh_server.password,
    )


@pytest.mark.slow
def test_a_paper_portfolio_goes_from_deployment_to_a_position_in_chromium(
    moved_server: Any, tmp_path: Path
) -> None:
    """PF-02, PF-03, SG-02, SG-03, SG-05, PO-01: two days of a portfolio, by keyboard and mouse."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=models", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        moved_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
    )


@pytest.mark.slow
def test_a_risk_rule_is_made_and_seen_in_chromium(fresh_server: Any, tmp_path: Path) -> None:
    """RK-01 to RK-05 on the Risk page, wide and on a phone."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=risk", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
    )


@pytest.mark.slow
def test_po_03_differences_are_looked_at_and_corrected_in_chromium(
    fresh_server: Any, tmp_path: Path
) -> None:
    """PO-03 (D11): evidence, two readings, ignore, adopt, an uploaded tradebook, undo, a ticket."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=reconciliation", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        UNUSED_SERVER="1",
        SHOTS=os.environ.get("SHOTS", ""),
    )


@pytest.mark.slow
def test_up_01_a_tradebook_is_uploaded_in_chromium(fresh_server: Any, tmp_path: Path) -> None:
    """UP-01 on the Uploads page: preview, row errors, mapping, import, undo; on a phone too."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=uploads", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
    )


@pytest.mark.slow
def test_an_uploads_book_and_journal_are_used_in_chromium(
    fresh_server: Any, tmp_path: Path
) -> None:
    """Uploads, the net worth with its tax report, and the journal, one after the other."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=journal", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
    )


@pytest.mark.slow
def test_fm_03_two_people_share_a_family_in_chromium(fresh_server: Any, tmp_path: Path) -> None:
    """FM-03, FM-04: invited by a link, accepted on a phone, removed."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=family", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
        OTHER_EMAIL=fresh_server.email,
        OTHER_PASSWORD=fresh_server.password,
    )


@pytest.mark.slow
def test_amounts_are_hidden_on_every_page_in_chromium(fresh_server: Any, tmp_path: Path) -> None:
    """D10: discreet mode by its hotkey, on every page of an account with data, in two tabs."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=discreet", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
        WORKER_PYTHON=sys.executable,
        WORKER_SDK=str(workers_client()),
        OTHER_EMAIL=fresh_server.email,
        OTHER_PASSWORD=fresh_server.password,
    )


@pytest.mark.slow
def test_channels_webhooks_and_jobs_are_used_in_chromium(fresh_server: Any, tmp_path: Path) -> None:
    """A channel and its log, an alert of TradingView, and a scan that is run by hand."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=reporting", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        SHOTS=os.environ.get("SHOTS", ""),
    )


@pytest.mark.slow
def test_a_worker_trades_live_at_the_sandbox_in_chromium(fresh_server: Any, tmp_path: Path) -> None:
    """BP-01, BP-03, KC-03: connect in two clicks, trade, see the broker's book, a GTT, an exit."""
    subprocess.run([WEB_STEP, "install"], check=True, capture_output=True)
    playwright = ROOT / "web" / "node_modules" / ".bin" / "playwright"
    only = ["--project=live", f"--output={tmp_path / 'traces'}"]
    play(
        [playwright, "test", f"--config={CONSOLE}", *only],
        fresh_server,
        folder=tmp_path,
        UNUSED_SERVER="1",
        WORKER_PYTHON=sys.executable,
        WORKER_SDK=str(workers_client()),
        SHOTS=os.environ.get("SHOTS", ""),
    )


def play(command: list[str | Path], server: Any, *, folder: Path = ROOT, **settings: str) -> None:
    """Run Playwright on a server; settings: what web/apps/console/playwright.config.ts reads."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **server.environment,
            "BASE_URL": server.url,
            "TRADERTAPE_OUTBOX": str(server.home / "outbox"),
            "CHROMIUM": CHROMIUM,
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
