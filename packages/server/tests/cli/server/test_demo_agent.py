"""`tradertape demo-agent`, and the line of the demo that names it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tradertape_server.cli.server import demo_agent, serve
from tradertape_server.settings import Settings

ROOT = Path(__file__).parents[5]


def test_the_demo_names_the_line_that_starts_the_agent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Path.cwd() / ".venv" / "bin" / "tradertape"
    monkeypatch.setattr(sys, "argv", [str(program), "serve", "--demo"])
    assert serve._about_sandbox(settings)[-1] == "  .venv/bin/tradertape demo-agent"
    monkeypatch.setattr(sys, "argv", ["/opt/tradertape/bin/tradertape", "serve"])
    assert serve._about_sandbox(settings)[-1] == "  /opt/tradertape/bin/tradertape demo-agent"


def test_without_a_demo_it_says_what_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADERTAPE_HOME", str(tmp_path))
    done = CliRunner().invoke(demo_agent.app, [])
    assert done.exit_code == 1
    assert "start `tradertape serve --demo` first" in done.output


@pytest.mark.slow
def test_a_newcomer_has_an_approved_trigger_at_the_sandbox_within_three_minutes() -> None:
    done = subprocess.run(
        [sys.executable, "agent_first_steps.py", "journey"],
        cwd=ROOT / "bench", capture_output=True, text=True, timeout=390,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gate 180 s: met" in done.stdout
